"""Progress on stderr with the time left; quiet lines now and then when stderr is not a terminal."""

from __future__ import annotations

import sys
import time

TERMINAL_SECONDS, FILE_SECONDS = 0.2, 30.0


_QUIET: list[bool] = []


def be_quiet() -> None:
    """Say nothing from now on in this process: whoever it works for tells what is to be told."""
    _QUIET.append(True)


def say(message: str) -> None:
    """One line for people, on stderr, so that stdout holds results only."""
    if not _QUIET:
        print(message, file=sys.stderr, flush=True)


class Progress:
    """Counts towards a total. `update` may be called often; it prints seldom."""

    def __init__(self, label: str, total: int) -> None:
        self.label, self.total, self.note = label, total, ""
        self.started = self.printed = time.monotonic()
        self.first: int | None = None
        self.on_terminal = sys.stderr.isatty()

    def update(self, done: int, note: str = "") -> None:
        """Say that `done` of the total are done; `note` (a loss, an accuracy) stays until replaced."""
        self.first = done if self.first is None else self.first
        self.note = note or self.note
        now = time.monotonic()
        if now - self.printed >= (TERMINAL_SECONDS if self.on_terminal else FILE_SECONDS):
            self.printed = now
            self._print(self.line(done))

    def step(self, done: int, what: str) -> None:
        """Say that `what` has made `done` of the total done: a line that stays on a terminal, else as `update`."""
        if self.on_terminal:
            say(f"{self.line(done)}: {what}")
        else:
            self.update(done)

    def finish(self, note: str = "") -> None:
        """Replace the moving line by a last one with the time it took."""
        took = format_seconds(time.monotonic() - self.started)
        end = f"{self.label}: done in {took}" + (f", {note}" if note else "")
        self._print(end, last=True)

    def line(self, done: int) -> str:
        """What is done of the total, and the time left if it goes on like this."""
        now = time.monotonic()
        new = done - (self.first or 0)
        left = (now - self.started) / new * (self.total - done) if new else float("nan")
        when = f", {format_seconds(left)} left" if new else ""
        return f"{self.label}: {100 * done / self.total:.0f} %{when}" + (f", {self.note}" if self.note else "")

    def _print(self, line: str, *, last: bool = False) -> None:
        if self.on_terminal and not _QUIET:
            print(f"\r\x1b[K{line}", end="\n" if last else "", file=sys.stderr, flush=True)
        else:
            say(line)


def format_seconds(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
