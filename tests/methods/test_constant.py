"""A constant."""

from typing import Any

from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.constant import scores

METHOD = METHODS.get("constant")


def test_it_is_a_tie_that_is_worth_one_half(case: Any) -> None:
    found = METHOD().fit(case.data).score(case.id)
    assert found.tolist() == scores(METHOD(), case.data, case.id)
    assert auroc(found, METHOD().score(case.ood)) == 0.5
