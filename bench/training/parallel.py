"""A network made ready to be trained by a team: statistics are those of the whole batch, and gradients add up."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from .team import Team, at_least_single, summed_over_team

_NEW, _OLD = "forward_sync_buffers", "broadcast_buffers"
_BUFFERS_STAY: dict[str, Any] = {_NEW if _NEW in inspect.signature(DistributedDataParallel).parameters else _OLD: False}
"""Each process computes the same running statistics, so they need not be sent; torch renamed the option."""


class WholeBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation by the statistics of all processes' images together, on any device.

    torch's own `SyncBatchNorm` works on GPUs alone. In evaluation mode it is what it inherits.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Normalised maps `(n, C, h, w)`; every process must call this, also for no images."""
        if not self.training:
            return super().forward(input)
        maps = at_least_single(input)
        size = maps.shape[2] * maps.shape[3]
        own = torch.cat([maps.sum((0, 2, 3)), maps.new_tensor([len(maps) * size])])
        total = summed_over_team(own)
        count = total[-1].detach()
        mean = total[:-1] / count
        centred = maps - mean.view(1, -1, 1, 1)
        variance = summed_over_team(centred.square().sum((0, 2, 3))) / count
        self._remember(mean.detach(), variance.detach() * (count / (count - 1)))
        scale = self.weight * (variance + self.eps).rsqrt()
        made: Tensor = centred * scale.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)
        return made.to(input.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


def shared_model(model: nn.Module, team: Team, device: torch.device) -> nn.Module:
    """`model` for one process of a team, which is changed in place but keeps its parameters and its state's names.

    After a backward pass each gradient is the team's mean, so a loss is to be multiplied by the team's size.
    """
    if team.size == 1:
        return model
    if device.type == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return DistributedDataParallel(model, device_ids=[device], **_BUFFERS_STAY)
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is nn.BatchNorm2d:
                setattr(module, name, _converted(child))
    return DistributedDataParallel(model, **_BUFFERS_STAY)


def _converted(norm: nn.BatchNorm2d) -> WholeBatchNorm2d:
    """The same layer, with the same tensors."""
    made = WholeBatchNorm2d(norm.num_features, eps=norm.eps, momentum=norm.momentum)
    state: dict[str, Any] = {**norm._parameters, **norm._buffers}
    for name, tensor in state.items():
        setattr(made, name, tensor)
    made.train(norm.training)
    return made
