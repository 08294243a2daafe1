"""Which device computes, and what is to be said of it in a result."""

from __future__ import annotations

import platform
import re
from typing import TYPE_CHECKING

from bench.errors import BenchError

if TYPE_CHECKING:
    import torch

CHOICES = ("auto", "cpu", "cuda", "mps")


def pick_device(choice: str = "auto") -> torch.device:
    """The device of that name (`cuda:1` is fine); `auto` is CUDA, else MPS, else the CPU.

    Raises `BenchError` for a name of no device and for one that this machine does not have.
    """
    import torch

    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if choice == "auto":
        return torch.device(next(name for name in ("cuda", "mps", "cpu") if available[name]))
    if not re.fullmatch(r"(cpu|cuda|mps)(:\d+)?", choice):
        raise BenchError(f"Unknown device '{choice}'. Choose one of {', '.join(CHOICES)}, or cuda:N.")
    device = torch.device(choice)
    if not available[device.type] or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise BenchError(f"Device '{choice}' is not available on this machine. Use --device cpu or auto.")
    return device


def is_quick_in_bf16(device: torch.device) -> bool:
    """Whether networks train faster in bf16 than in float32 there, and not many times slower, as where it is emulated.

    Of CPUs those with AVX-512 do, of CUDA devices those of compute capability 8.0 and later.
    """
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    return device.type == "mps" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def describe_device(device: torch.device) -> str:
    """The device's model name, for provenance."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type}: {platform.processor() or platform.machine()}"
