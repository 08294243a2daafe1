"""Corruptions: common changes of photographs that leave what they show as it is, each in five severities."""
