"""What a run evaluated, to be made a detector: the method with its parameters, and the network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.cache import cache_root
from bench.canonical import canonical_json
from bench.data.transform import InputTransform
from bench.detector_network import DetectorNetwork, GivenNetwork
from bench.errors import BenchError
from bench.method_contract import METHODS, Method
from bench.networks.checkpoint import Checkpoint, is_own_checkpoint
from bench.networks.foreign import load_foreign
from bench.plugins import require_code
from bench.store import Store
from bench.zoo.opening import is_foreign, open_network, runs_code

Record = Mapping[str, Any]


def find_cell(folder: Path, method: str, *, id: str | None, ood: str | None) -> Record:
    """The one cell of a run folder for a method, or for a method and a pair; its parameters may have been tuned.

    Raises `BenchError` where there is none, and where several differ in their network or parameters.
    """
    records = [one for one in Store(folder).records() if one["row"].get("ood") is not None]
    if not records:
        raise BenchError(f"There are no results in {folder}. Give the folder that bench run --out wrote.")
    wanted = {"method": method, "id": id, "ood": ood}
    chosen = [one for one in records if all(value in (None, one["row"][name]) for name, value in wanted.items())]
    if not chosen:
        there = sorted({f"{one['row']['method']} on {one['row']['id']} / {one['row']['ood']}" for one in records})
        raise BenchError(f"No cell of {folder} is of {_words(wanted)}. There are: {', '.join(there)}.")
    kinds = {canonical_json([one["cell"]["weights"], one["row"]["parameters"]]): one for one in chosen}
    if len(kinds) > 1:
        ways = [
            f"network {one['row']['network']} (seed {one['row']['seed']}, weights {one['row']['weights']}) with "
            f"parameters {canonical_json(one['row']['parameters'])} against {one['row']['ood']}"
            for one in kinds.values()
        ]
        raise BenchError(
            f"{folder} has {_words(wanted)} in {len(kinds)} forms: {'; '.join(ways)}. Say which with --ood, or export "
            "a detector that bench threshold made."
        )
    return next(iter(kinds.values()))


def method_of(record: Record) -> Method:
    """The method of a cell with the parameters it was evaluated with. Raises `BenchError` if it has changed since."""
    row, cell = record["row"], record["cell"]
    method: Method = METHODS.get(row["method"]).make(row["parameters"])
    if method.version != cell["method_version"]:
        raise BenchError(
            f"The run is of version {cell['method_version']} of {method.name}, whose scores differ from those of "
            f"version {method.version}. Run it again."
        )
    require_code(cell, "method_code", type(method), "The run was made", "Run it again.")
    return method


def network_of(
    record: Record, checkpoint: Path | None, network: str | None = None, last_layer: str | None = None
) -> DetectorNetwork:
    """The network of a cell, from the file `checkpoint` or from among those that were trained here.

    One from elsewhere is what `network` names, or else its name in the run. Raises `BenchError` where it is not found,
    or is another one.
    """
    cell, row = record["cell"], record["row"]
    if is_foreign(cell["network"]):
        if network is None and runs_code(cell["network"]):
            raise BenchError(
                f"The network of the run is made by the code {cell['network']}. If you trust that, name it with "
                "--network."
            )
        return _from_elsewhere(record, network or cell["network"], checkpoint, last_layer)
    if network is not None or last_layer is not None:
        raise BenchError("--network and --last-layer are for runs of networks from elsewhere. Leave them out.")
    if checkpoint is None:
        return _trained(row["id"], cell)
    if is_own_checkpoint(checkpoint):
        found = Checkpoint.load(checkpoint)
    else:
        transform = InputTransform.from_dict(cell["transform"])
        found = load_foreign(checkpoint, cell["network"], transform, id_dataset=row["id"])
    if found.weights_hash != cell["weights"]:
        raise BenchError(
            f"{checkpoint} is not the network of the run: its weights are {found.weights_hash[:12]}, not "
            f"{row['weights']}. Give that one."
        )
    return found


def _from_elsewhere(record: Record, text: str, checkpoint: Path | None, last_layer: str | None) -> GivenNetwork:
    cell, row = record["cell"], record["row"]
    transform = InputTransform.from_dict(cell["transform"])
    named = open_network(text, checkpoint)
    found = GivenNetwork.of(named, text, transform, id_dataset=row["id"], last_layer=last_layer)
    if found.weights_hash != cell["weights"]:
        raise BenchError(
            f"{text} is not the network of the run: its weights or its code differ. Say with --network and "
            "--checkpoint what was said to bench run."
        )
    return found


def _trained(id_name: str, cell: Mapping[str, Any]) -> Checkpoint:
    """The network of a cell among those that were trained here, of which only the likely ones are read."""
    for path in sorted((cache_root() / "checkpoints").glob(f"{id_name}-{cell['network']}-*/checkpoint.safetensors")):
        found = Checkpoint.load(path)
        if found.weights_hash == cell["weights"]:
            return found
    raise BenchError(
        f"The network of the run, with the weights {cell['weights'][:12]}, is not among those trained on this machine. "
        "Give its file with --checkpoint."
    )


def _words(wanted: Mapping[str, str | None]) -> str:
    return ", ".join(f"--{name} {value}" for name, value in wanted.items() if value is not None)
