"""What networks say of the sets of a run, extracted in shards before the run, which then finds it."""

from __future__ import annotations

from collections.abc import Iterator

from bench.data.images import Images
from bench.errors import BenchError
from bench.extraction.shards import Shard, extract_shard

from .extraction import wanted_by
from .network import TestedNetwork
from .network_need import NetworkNeed
from .preparation import Preparation


def extract_sharded(preparation: Preparation, shard: Shard) -> Iterator[tuple[str, str, bool]]:
    """Extract one shard of every set that the run looks at, with every network, which is trained first if need be.

    Yields the network's name, the set's, and whether all shards are there and joined. Views and probes are those of
    methods that learn nothing from training images; what others ask for depends on what they learn, and is left to the
    run. Raises `BenchError` for protocols that look at parts of sets.
    """
    if preparation.specification.protocol != "published":
        raise BenchError(
            f"The protocol {preparation.specification.protocol} looks at parts of the sets. Extract for the protocol "
            "published, or let bench run extract what it needs."
        )
    for need in preparation.needs:
        if need.has_network and not need.members:
            network = preparation.tested_network(need)
            for name, images in _sets(preparation, need).items():
                yield network.name, name, _extract(preparation, network, need, name, images, shard)


def _extract(
    preparation: Preparation, network: TestedNetwork, need: NetworkNeed, name: str, images: Images, shard: Shard
) -> bool:
    return extract_shard(
        network.model,
        network.weights_hash,
        images,
        network.transform,
        wanted_by(method for method in need.methods if "training" not in method.needs),
        shard,
        device=preparation.device,
        label=f"Extracting {name} with {network.name}",
        options=preparation.specification.pass_options,
    )


def _sets(preparation: Preparation, need: NetworkNeed) -> dict[str, Images]:
    id_name = preparation.id_set.name
    found = {id_name: preparation.id_images, **preparation.shifted_images, **preparation.ood_images}
    if any("training" in method.needs for method in need.methods):
        found[f"{id_name} (training)"] = preparation.train_images
    return found
