"""Checks of what a network says: logits, features and confidence, of each image alone, the same each time."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from bench.networks.classifier import NetworkOutput

from .check import check
from .network_subject import CLASSES, COUNT, NetworkSubject, close


@check
def outputs(subject: NetworkSubject) -> None:
    """A network returns `NetworkOutput`: logits `(N, K)`, features `(N, D)`, and with the branch a logit `(N,)`."""
    if subject.trouble:
        raise subject.failure("a network that can be built and run", subject.trouble)
    for branch in (False, True):
        network = subject.build(confidence_branch=branch).eval()
        said = network(subject.images())
        wanted = [(COUNT, CLASSES), (COUNT, network.classifier.in_features), (COUNT,) if branch else None]
        found = [None if one is None else tuple(one.shape) for one in said] if isinstance(said, NetworkOutput) else said
        if found != wanted:
            raise subject.failure(
                f"a NetworkOutput of the shapes {wanted} {'with' if branch else 'without'} the confidence branch",
                f"{type(said).__name__}: {found}",
                "print(output)",
            )


@check
def classes_and_channels(subject: NetworkSubject) -> None:
    """The network has as many classes and takes as many channels as it is told."""
    subject.require_outputs()
    for num_classes, channels in ((2, 1), (11, 3)):
        try:
            network = subject.build(num_classes, channels=channels).eval()
            shape, told = tuple(network(subject.images(1, channels=channels)).logits.shape), network.num_classes
        except (RuntimeError, ValueError, TypeError) as error:
            found = f"{type(error).__name__}: {error}"
        else:
            if (shape, told) == ((1, num_classes), num_classes):
                continue
            found = f"logits of shape {shape}, num_classes {told}"
        raise subject.failure(
            f"logits (1, {num_classes}) from an image of {channels} channels, with {num_classes} classes",
            found,
            f"print(type(network)({num_classes}, channels={channels}))",
        )


@check
def logits_are_linear(subject: NetworkSubject) -> None:
    """Logits are the last layer, `classifier`, of the features: most methods of this field are built on that."""
    said, layer = subject.said, subject.lively.classifier
    if not close(F.linear(said.features, layer.weight, layer.bias), said.logits):
        raise subject.failure(
            "logits = features @ classifier.weight.T + classifier.bias",
            "other logits",
            "print(network.classifier(output.features) - output.logits)",
        )


@check
def stages_make_the_network(subject: NetworkSubject) -> None:
    """`stages`, one after another, and then `classify` give what the network itself says."""
    subject.require_steady()
    with torch.no_grad():
        maps, composed = subject.lively.forward_stages(subject.images())
        resumed = subject.lively.resume(maps[0], 1)
    for found in (composed, resumed):
        if not all(close(one, other) for one, other in zip(found, subject.said, strict=True)):
            raise subject.failure(
                "the outputs of forward from forward_stages, and from resume(maps, 1) of the first stage's maps",
                "other outputs. Does forward do something that no stage does?",
                "maps, composed = network.forward_stages(images)\nprint(composed.logits - output.logits)",
            )


@check
def same_each_time(subject: NetworkSubject) -> None:
    """In eval mode the same images give the same outputs, bit for bit."""
    if subject.trembles:
        raise subject.failure(
            "the same outputs when the same images are shown again in eval mode",
            "others. Is dropout or noise switched on regardless of self.training?",
            "print(network(images).logits - network(images).logits)",
        )


@check
def images_alone(subject: NetworkSubject) -> None:
    """In eval mode an image's outputs do not depend on the other images of the batch."""
    subject.require_steady()
    with torch.no_grad():
        alone = subject.lively(subject.images()[-1:])
    together = [None if one is None else one[-1:] for one in subject.said]
    if not all(close(one, other) for one, other in zip(alone, together, strict=True)):
        raise subject.failure(
            "the same outputs of an image alone as in company",
            "others. Are batch statistics used in eval mode?",
            "print(network(images[-1:]).logits - output.logits[-1:])",
        )


@check
def any_memory_layout(subject: NetworkSubject) -> None:
    """Images in channels-last memory, which is faster, give the same outputs."""
    subject.require_steady()
    images = subject.images().to(memory_format=torch.channels_last)
    try:
        with torch.no_grad():
            found = subject.lively(images)
    except RuntimeError as error:
        told = f"{type(error).__name__}: {error}"
    else:
        if all(close(one, other) for one, other in zip(found, subject.said, strict=True)):
            return
        told = "other outputs"
    raise subject.failure(
        "the same outputs; reshape(…) or flatten(…) work where view(…) does not",
        told,
        "import torch\nnetwork(images.to(memory_format=torch.channels_last))",
    )


@check
def follows_the_device(subject: NetworkSubject) -> None:
    """All tensors that a network computes with move with it to another device."""
    subject.require_outputs()
    with torch.device("meta"):
        network = subject.architecture(CLASSES, channels=3, confidence_branch=True).eval()
    try:
        network(subject.images().to("meta"))
    except NotImplementedError:  # what a device without values cannot do says nothing
        return
    except RuntimeError as error:
        raise subject.failure(
            "a pass on the device 'meta', on which every parameter and buffer is",
            f"{error}. Is a tensor made in forward without device=images.device, or kept without register_buffer?",
            "network.to('meta')(images.to('meta'))",
        ) from error


@check
def evaluating_changes_nothing(subject: NetworkSubject) -> None:
    """In eval mode a pass leaves parameters, buffers and the images as they were."""
    network, images = subject.lively, subject.images()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with torch.no_grad():
        network(images)
    changed = [key for key, value in network.state_dict().items() if not torch.equal(value, before[key])]
    if not torch.equal(images, subject.images()):
        changed.append("the images")
    with torch.no_grad():  # what the other checks look at is put back
        network.load_state_dict(before)
    if changed:
        raise subject.failure(
            "parameters, buffers and images that are bit for bit what they were",
            f"changed: {', '.join(changed)}. An operation in place on what it is given?",
            "before = images.clone()\nnetwork(images)\nprint((images != before).any())",
        )


@check
def gradients_reach_images(subject: NetworkSubject) -> None:
    """The gradient of the logits with respect to the images is finite and not zero everywhere."""
    images = subject.images().requires_grad_()
    said = subject.lively(images)
    found = []
    for name, part in zip(NetworkOutput._fields, said, strict=True):
        if part is None:
            continue
        try:
            (gradient,) = torch.autograd.grad(part.square().sum(), images, retain_graph=True)
        except RuntimeError as error:
            found.append(f"{name}: {error}")
            continue
        if not bool(gradient.isfinite().all()) or not bool(gradient.flatten(1).any(1).all()):
            found.append(f"{name}: a gradient of zeros, or not finite")
    if found:
        raise subject.failure(
            "a finite gradient for each image of logits, features and confidence",
            f"{'; '.join(found)}. Is something detached?",
            "images.requires_grad_()\nnetwork(images).logits.sum().backward()\nprint(images.grad)",
        )


CHECKS = (
    outputs, classes_and_channels, logits_are_linear, stages_make_the_network, same_each_time, images_alone,
    any_memory_layout, follows_the_device, evaluating_changes_nothing, gradients_reach_images,
)  # fmt: skip
