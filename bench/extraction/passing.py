"""The pass of a network over a data set: every wanted view and probe of every batch, each batch decoded once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.data.images import Images, Pixels
from bench.data.transform import InputTransform
from bench.networks.classifier import Classifier, NetworkOutput
from bench.networks.mode import evaluating

from .options import PassOptions
from .outputs import Name
from .passage import Passage, layers_with_parameters, noted_calls
from .probe import Probe, Seen
from .step import moved
from .view import CLEAN, InputLoss, View

Wanted = Mapping[View, Sequence[Probe]]
"""The views of a pass, and the probes that look at each."""

Ran = tuple[Sequence[Tensor], NetworkOutput]
"""The maps between the stages of a network, where they were asked for, and what it says."""


@dataclass
class Piece:
    """What is known of one view of one batch: arrays `(B, …)` in float32, and the seconds that each took.

    The seconds of `logits` are those of the view beyond one forward pass: a backward pass and another forward one
    where the images are moved, else nothing. Those of that one forward pass are called `forward`, and stand beside the
    plain view.
    """

    arrays: dict[Name, NDArray[np.float32]] = field(default_factory=dict)
    seconds: dict[Name, float] = field(default_factory=dict)


class Pass:
    """One network with one input transform, run over batches of images.

    Gradients are taken with respect to images and maps only: the network's mode, buffers, parameters and `.grad` stay
    as they were.
    """

    def __init__(
        self, model: nn.Module, transform: InputTransform, wanted: Wanted, device: torch.device, options: PassOptions
    ) -> None:
        self.model, self.transform, self.wanted, self.device, self.options = model, transform, wanted, device, options
        self._forward: nn.Module = torch.compile(model) if options.compile else model  # type: ignore[assignment]

    def batches(
        self, images: Images, start: int = 0, stop: int | None = None
    ) -> Iterator[tuple[int, dict[View, Piece]]]:
        """The number of images done, and a piece for each view, batch by batch from the image `start` up to `stop`."""
        with evaluating(self.model):
            for done, pixels in _read_ahead(images, start, len(images) if stop is None else stop, self.options):
                yield done, self._views_of(self.transform(pixels, self.device))

    def _views_of(self, batch: Tensor) -> dict[View, Piece]:
        moving = [(view, view.loss) for view in self.wanted if view.loss is not None]
        losses = list(dict.fromkeys(loss for _, loss in moving))
        found: dict[View, Piece] = {}
        if losses or self._layers_are_looked_at:
            ways_back, clean = self._with_gradients(batch, losses)
            found = {CLEAN: clean} if CLEAN in self.wanted else {}
            for view, loss in moving:
                gradient, way_back = ways_back[loss]
                started = self._clock()
                images = moved(batch, gradient, view, self.transform)
                output = self._run_without_gradients(images, view)
                found[view] = self._piece(images, view, output, {"logits": way_back + self._clock() - started})
        elif CLEAN in self.wanted:
            started = self._clock()
            output = self._run_without_gradients(batch, CLEAN)
            found[CLEAN] = self._piece(batch, CLEAN, output, {"logits": 0.0, "forward": self._clock() - started})
        return {view: found[view] for view in self.wanted}

    def _run(self, images: Tensor, view: View) -> Ran:
        """What the network says, with the maps between its stages where one of the view's probes looks at them."""
        with self._autocast():
            if any(probe.stages for probe in self.wanted.get(view, ())):
                assert isinstance(self.model, Classifier)
                return self.model.forward_stages(images)
            return [], self._forward(images)

    def _run_without_gradients(self, images: Tensor, view: View) -> Ran:
        with self._without_gradients():
            return self._run(images, view)

    def _with_gradients(
        self, batch: Tensor, losses: Sequence[InputLoss]
    ) -> tuple[dict[InputLoss, tuple[Tensor, float]], Piece]:
        """Each summed loss's gradient with its seconds, and the plain view, all from one way through the network."""
        looked_at = self._layers_are_looked_at
        with torch.enable_grad():
            started = self._clock()
            inputs = batch.detach().requires_grad_()
            with noted_calls(layers_with_parameters(self.model) if looked_at else ()) as calls:
                stages, output = self._run(inputs, CLEAN)
            seconds: dict[Name, float] = {"logits": 0.0, "forward": self._clock() - started}
            found = {}
            for loss in losses:
                started = self._clock()
                keep = looked_at or loss is not losses[-1]
                (gradient,) = torch.autograd.grad(loss(output).sum(), inputs, retain_graph=keep)
                found[loss] = gradient, self._clock() - started
        logits, features, confidence = output
        clean = NetworkOutput(logits.detach(), features.detach(), None if confidence is None else confidence.detach())
        passage = Passage(inputs, output, calls) if looked_at else None
        return found, self._piece(batch, CLEAN, ([maps.detach() for maps in stages], clean), seconds, passage)

    def _piece(
        self, images: Tensor, view: View, ran: Ran, seconds: dict[Name, float], passage: Passage | None = None
    ) -> Piece:
        """The network's outputs of a view, which took `seconds`, and what its probes see."""
        stages, output = ran
        named = zip(("logits", "features", "confidence_logit"), output, strict=True)
        piece = Piece({name: _array(tensor) for name, tensor in named if tensor is not None}, seconds)
        for probe in self.wanted.get(view, ()):
            started = self._clock()
            seen = Seen(
                images, self.transform, self.model, output, stages, passage if probe.gradients_of_weights else None
            )
            with self._without_gradients(), self._autocast():
                piece.arrays[probe] = _array(probe(seen))
            piece.seconds[probe] = self._clock() - started
        return piece

    @property
    def _layers_are_looked_at(self) -> bool:
        """Whether a probe of the plain view looks at layers; hooks do not reach those of a compiled network."""
        return not self.options.compile and any(probe.gradients_of_weights for probe in self.wanted.get(CLEAN, ()))

    def _without_gradients(self) -> torch.inference_mode | torch.no_grad:
        """The faster of torch's two modes where that is safe.

        A foreign network may keep tensors that it makes during a call, and a probe may differentiate; no gradient
        passes the tensors of inference mode.
        """
        differentiates = any(probe.differentiates for probes in self.wanted.values() for probe in probes)
        return torch.inference_mode() if isinstance(self.model, Classifier) and not differentiates else torch.no_grad()

    def _autocast(self) -> torch.autocast | nullcontext[None]:
        if self.options.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def _clock(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()


def _read_ahead(images: Images, start: int, end: int, options: PassOptions) -> Iterator[tuple[int, Pixels]]:
    """Batches in order, each read by one of the workers while the network runs on those before."""

    def read(first: int) -> tuple[int, Pixels]:
        stop = min(first + options.batch_size, end)
        return stop, images.read(np.arange(first, stop))

    with ThreadPoolExecutor(options.workers) as pool:
        firsts = iter(range(start, end, options.batch_size))
        waiting: list[Future[tuple[int, Pixels]]] = [pool.submit(read, one) for one in islice(firsts, options.workers)]
        try:
            while waiting:
                batch = waiting.pop(0).result()
                waiting += [pool.submit(read, one) for one in islice(firsts, 1)]
                yield batch
        finally:
            for future in waiting:
                future.cancel()


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return tensor.detach().float().cpu().numpy()
