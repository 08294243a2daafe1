"""What `bench threshold` and `bench export` share: from names to a network, its images and a detector."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bench.errors import BenchError

if TYPE_CHECKING:
    from bench.data.dataset import DataSet
    from bench.data.images import Images
    from bench.detector import Detector
    from bench.detector_network import DetectorNetwork, GivenNetwork
    from bench.method_contract import Method
    from bench.networks.checkpoint import Checkpoint as NetworkCheckpoint
    from bench.threshold_choice import ThresholdFrom


class ChosenBy(StrEnum):
    """What the threshold is chosen by: the share of ID images called ID, or the misclassified ones among them."""

    tpr = "tpr"
    misclassified = "misclassified"


@dataclass(frozen=True)
class NetworkOptions:
    """Which network is meant: a given checkpoint, one from elsewhere, or one that is trained."""

    checkpoint: Path | None = None
    normalize: str | None = None
    network: str | None = None
    recipe: str | None = None
    seed: int | None = None
    transform: Path | None = None
    last_layer: str | None = None


@dataclass(frozen=True)
class Reading:
    """Where images are, whether broken ones are left out, and where networks run."""

    data: Path | None
    skip_broken: bool
    device: str


@dataclass(frozen=True)
class Choice:
    """How a threshold is chosen."""

    threshold_from: ThresholdFrom
    tpr: float

    @classmethod
    def of(cls, chosen_by: ChosenBy, tpr: float | None) -> Choice:
        """As options say. Raises `BenchError` for a wrong share, and for one where none is asked for."""
        from bench.metrics.inputs import checked_tpr

        if tpr is not None and chosen_by is ChosenBy.misclassified:
            raise BenchError(
                "--tpr is another way to choose a threshold than --from misclassified. Leave one of them out."
            )
        return cls(chosen_by.value, checked_tpr(0.95 if tpr is None else tpr))


def resolve(method: str, id_text: str, settings: dict[str, Any]) -> tuple[Method, DataSet]:
    """The method and the ID set that are meant; all settings must belong to them or to a training."""
    from bench.data.project import project_bindings
    from bench.data.resolve import resolve_dataset
    from bench.detector import require_one_network
    from bench.method_contract import METHODS
    from bench.running.specification import require_used, settings_of

    chosen = METHODS.get(method).make(settings_of(settings, method))
    require_one_network(chosen)
    data_set = resolve_dataset(id_text, project_bindings(Path.cwd()), settings_of(settings, id_text))
    require_used(settings, [method, chosen.objective or "", id_text, "recipe"])
    return chosen, data_set


def open_network(path: Path, data_set: DataSet, wanted: NetworkOptions) -> NetworkCheckpoint:
    """A given checkpoint; a warning says where it was trained on another set."""
    from bench.data.transform_file import read_transform
    from bench.networks.foreign import open_checkpoint
    from bench.running.caveats import other_training_set

    found = open_checkpoint(
        path,
        network=wanted.network,
        normalize=wanted.normalize,
        transform=None if wanted.transform is None else read_transform(wanted.transform),
        id_dataset=data_set.name,
        classes=data_set.classes,
    )
    for caveat in other_training_set(found.id_dataset, data_set.name):
        typer.echo(f"Warning: {caveat}.", err=True)
    return found


def open_given(text: str, data_set: DataSet, wanted: NetworkOptions, reading: Reading) -> GivenNetwork:
    """A network from elsewhere; what was assumed of it is said."""
    from bench.data.broken import usable
    from bench.data.dataset import Place
    from bench.data.location import data_root
    from bench.data.transform_file import read_transform
    from bench.detector_network import GivenNetwork
    from bench.running.model_at_hand import require_classes
    from bench.running.model_transform import COMMAND_LINE, of_own_size, said_or_own
    from bench.zoo.opening import open_network as open_named

    named = open_named(text, wanted.checkpoint)
    told = None if wanted.transform is None else read_transform(wanted.transform)
    shown = said_or_own(named, told, wanted.normalize, COMMAND_LINE)
    images = usable(
        data_set.load("test", Place(data_root(reading.data))), data_set.name, skip_broken=reading.skip_broken
    )
    if shown is None:
        assert wanted.normalize is not None
        shown = of_own_size(wanted.normalize, images, data_set.name, COMMAND_LINE)
    found = GivenNetwork.of(
        named,
        text,
        shown.transform,
        id_dataset=data_set.name,
        last_layer=wanted.last_layer,
        assumed=shown.assumed,
    )
    require_classes(found.tested, data_set.name, images, images.classes or data_set.classes)
    if found.tested.note:
        typer.echo(f"Network: {found.tested.note}", err=True)
    return found


def train_network(
    method: Method, data_set: DataSet, settings: dict[str, Any], wanted: NetworkOptions, reading: Reading
) -> tuple[NetworkCheckpoint, Path]:
    """A network trained, or found trained, on the ID set, and its file."""
    from bench.data.broken import usable
    from bench.data.dataset import Place
    from bench.data.location import data_root
    from bench.device import pick_device
    from bench.running.specification import settings_of
    from bench.training.planning import plan_training
    from bench.training.train import find_or_train

    assert method.objective is not None
    images = usable(
        data_set.load("train", Place(data_root(reading.data))), data_set.name, skip_broken=reading.skip_broken
    )
    plan = plan_training(
        data_set,
        images,
        objective=method.objective,
        network=wanted.network,
        recipe=wanted.recipe,
        seed=wanted.seed or 0,
        recipe_settings=settings_of(settings, "recipe"),
        objective_settings=settings_of(settings, method.objective),
    )
    return find_or_train(plan, images, pick_device(reading.device)), plan.path


def images_of(split: str, data_set: DataSet, checkpoint: DetectorNetwork, reading: Reading) -> Images:
    """The images of a split, with labels in the order of the network's classes."""
    from bench.data.bound import BoundSet
    from bench.data.broken import usable
    from bench.data.dataset import Place
    from bench.data.location import data_root
    from bench.detector_network import GivenNetwork
    from bench.running.id_classes import in_network_order, named_classes

    shape = checkpoint.transform
    found = data_set.load(split, Place(data_root(reading.data), shape.height, shape.width, shape.channels))
    images = usable(found, data_set.name, skip_broken=reading.skip_broken)
    if not isinstance(data_set, BoundSet):
        return images
    known = checkpoint.classes
    if isinstance(checkpoint, GivenNetwork):
        known = named_classes(images, known)
    return in_network_order(images, data_set.name, known, checkpoint.num_classes)


def network_for(
    method: Method, data_set: DataSet, settings: dict[str, Any], wanted: NetworkOptions, reading: Reading
) -> tuple[DetectorNetwork, Path | None]:
    """The given network, or one that is trained, and the file of its weights where it has one."""
    from bench.zoo.opening import is_foreign

    if (wanted.recipe is not None or wanted.seed is not None) and (wanted.checkpoint or is_foreign(wanted.network)):
        raise BenchError("--recipe and --seed describe a training, and this network is trained. Leave them out.")
    if wanted.network is not None and is_foreign(wanted.network):
        return open_given(wanted.network, data_set, wanted, reading), wanted.checkpoint
    if wanted.last_layer is not None:
        raise BenchError("--last-layer is for networks such as --network timm:resnet18. Leave it out.")
    if wanted.checkpoint is not None:
        return open_network(wanted.checkpoint, data_set, wanted), wanted.checkpoint
    for option, value in (("--normalize", wanted.normalize), ("--transform", wanted.transform)):
        if value is not None:
            raise BenchError(f"{option} describes a --checkpoint from elsewhere; without one, leave it out.")
    return train_network(method, data_set, settings, wanted, reading)


def fit(
    found: DetectorNetwork, method: Method, data_set: DataSet, choice: Choice, reading: Reading
) -> tuple[Detector, Images]:
    """The detector of a network and a method, and the validation images that its threshold was chosen on."""
    from bench.detector import fit_detector

    images, name = validation_images(data_set, found, reading)
    train = images_of("train", data_set, found, reading) if "training" in method.needs else None
    detector = fit_detector(
        found,
        method,
        images,
        train=train,
        threshold_from=choice.threshold_from,
        tpr=choice.tpr,
        name=name,
        device=reading.device,
    )
    return detector, images


def validation_images(data_set: DataSet, found: DetectorNetwork, reading: Reading) -> tuple[Images, str]:
    """The first 1,000 images of the ID test set, or its first fifth if that is fewer, and what they are in words."""
    from bench.running.protocol import part, validation_count

    images = images_of("test", data_set, found, reading)
    count = validation_count(images)
    return part(images, 0, count), f"the first {count:,} of {len(images):,} test images of {data_set.name}"
