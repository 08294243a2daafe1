"""How a pass is run: what may change its speed and the last digits of its outputs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from bench.errors import BenchError

Precision = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class PassOptions:
    """`precision` bf16 means autocast; outputs are float32 in any case. `workers` threads read images ahead.

    `compile` gives the network to `torch.compile` first, which takes a minute and pays for large sets only.
    """

    precision: Precision = "fp32"
    batch_size: int = 256
    workers: int = 1
    compile: bool = False

    def __post_init__(self) -> None:
        if self.precision not in get_args(Precision):
            raise BenchError(f"The precision must be {' or '.join(get_args(Precision))}, not '{self.precision}'.")
        if self.batch_size < 1 or self.workers < 1:
            raise BenchError(
                f"Batch size and number of workers must be at least 1, got {self.batch_size} and {self.workers}."
            )

    @property
    def identity(self) -> str:
        """What of the options the outputs depend on."""
        return f"{self.precision} compiled" if self.compile else self.precision

    def describe(self) -> dict[str, Any]:
        """The options as plain data, for provenance."""
        return asdict(self)
