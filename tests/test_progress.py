"""What people are told while they wait."""

import sys

import pytest

from bench.progress import Progress, format_seconds, say


class Clock:
    """Time that passes only when told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("bench.progress.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_words_go_to_stderr_and_never_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    say("hello")
    Progress("label", 3).finish("3 images")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "hello\nlabel: done in 0 s, 3 images\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (3599.4, "59 min 59 s"),
        (3599.6, "1 h 00 min"), (7500, "2 h 05 min"), (100 * 3600, "100 h 00 min"),
    ],
)  # fmt: skip
def test_durations_read_well(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


def test_without_a_terminal_it_speaks_twice_a_minute(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    shown = Progress("Training", 600)
    for second in range(1, 121):
        clock.now += 1
        shown.update(second, "accuracy 90 %" if second == 5 else "")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert lines[-1].startswith("Training: 20 %, ")
    assert lines[-1].endswith(" left, accuracy 90 %")


@pytest.mark.parametrize("done_before", [0, 300])
def test_the_time_left_counts_what_this_run_did(
    clock: Clock, capsys: pytest.CaptureFixture[str], done_before: int
) -> None:
    """Two images a second; what an interrupted run had done before takes no time."""
    shown = Progress("Training", 600)
    for second in range(101):
        shown.update(done_before + 2 * second)
        clock.now += 1
    spoken = [line for line in capsys.readouterr().err.splitlines() if "left" in line]
    seconds_left = (600 - (done_before + 2 * 90)) / 2
    assert f"{format_seconds(seconds_left)} left" in spoken[-1]


def test_on_a_terminal_one_line_is_overwritten_and_the_last_one_stays(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown = Progress("Extracting", 10)
    for done in range(1, 11):
        clock.now += 1
        shown.update(done)
    shown.finish()
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.endswith("\r\x1b[KExtracting: done in 10 s\n")
    assert err.count("\r\x1b[K") == 11


def test_a_step_has_a_line_of_its_own_on_a_terminal_only(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Progress("Cells", 4)
    elsewhere.step(1, "msp")
    assert capsys.readouterr().err == ""
    clock.now += 60
    elsewhere.step(2, "energy")
    assert capsys.readouterr().err == "Cells: 50 %, 2 min 00 s left\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    Progress("Cells", 4).step(2, "msp")
    assert capsys.readouterr().err == "Cells: 50 %, 0 s left: msp\n"
