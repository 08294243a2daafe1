"""Full-spectrum evaluation: shifted ID images count as ID, against brute force from the scores of each set."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

import bench
from bench.data.derived import AdaptedImages
from bench.data.images import ArrayImages, Images
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.method_contract import Method, Scores
from bench.running.evaluation import Evaluation
from bench.running.full_spectrum import shifted_tests, shifted_words
from bench.running.preparation import Preparation
from bench.running.protocol import split_pair
from bench.running.run_file import read_run_file
from bench.running.specification import RunSpecification
from bench.store import Store

Shades = Callable[..., ArrayImages]
Make = Callable[..., Evaluation]


class Dark(Method):
    """The darker, the more in-distribution."""

    name = "dark"
    citation = bench.Citation("T", "A", 2026)
    search: ClassVar[Mapping[str, tuple[float, ...]]] = {"factor": (1.0, 2.0)}
    id_only_search = ("factor",)

    def __init__(self, *, factor: float = 1.0) -> None:
        self.factor = factor

    def score(self, outputs: Outputs) -> Scores:
        return -self.factor * outputs.features[:, 0].astype(np.float64)


def lighter(images: Images, by: int = 20) -> Images:
    return AdaptedImages(images, lambda _, image: (image + np.uint8(by)).clip(0, 255), recipe=f"+{by}", note="lighter")


def darkness(images: Images) -> Any:
    return -images.read(np.arange(len(images))).mean((1, 2, 3)) / 255  # type: ignore[union-attr]


def test_a_row_is_what_brute_force_makes_of_all_sets(shades: Shades, make_evaluation: Make) -> None:
    clean, ood = shades([30, 60, 90, 140], labelled=True), shades([100, 130, 200], seed=1)
    mild, strong = lighter(clean), lighter(shades([70, 110], seed=2, labelled=True), 60)
    evaluation = make_evaluation(clean, shifted={"mild": mild, "strong": strong})
    [row] = evaluation.rows([Dark()], {"outliers": ood})
    scores = [darkness(images) for images in (clean, mild, strong, ood)]
    kept = evaluation.store.scores(row["key"])
    np.testing.assert_allclose(kept.id_scores, np.concatenate(scores[:3]), atol=1e-6)
    assert row["auroc"] == pytest.approx(roc_auc_score([1] * 10 + [0] * 3, np.concatenate(scores)), abs=1e-12)
    assert (row["n_id"], row["n_ood"]) == (10, 3)
    # Class 1 is above the middle: 70 + 60 and 110 + 60 are called 1, and are labelled 0.
    assert row["id_accuracy"] == 1
    assert row["shifted"] == {"mild": 1.0, "strong": 0.0}
    assert kept.id_correct is not None
    assert kept.id_correct.tolist() == [True] * 8 + [False] * 2
    expected = "full spectrum: pooled with mild (4 images; lighter), strong (2 images; lighter)"
    assert row["id_note"] == expected


def test_shifted_sets_without_labels_have_no_accuracy(shades: Shades, make_evaluation: Make) -> None:
    evaluation = make_evaluation(shades([30, 60], labelled=True), shifted={"other": shades([40], seed=3)})
    [row] = evaluation.rows([Dark()], {"outliers": shades([200], seed=1)})
    assert (row["id_accuracy"], row["shifted"]) == (1.0, {"other": None})
    assert evaluation.store.scores(row["key"]).id_correct is None


def test_each_set_passes_the_network_once(shades: Shades, make_evaluation: Make, network: Any) -> None:
    seen: list[int] = []
    network.model.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    clean = shades([30, 60, 90])
    evaluation = make_evaluation(clean, shifted={"mild": lighter(clean)})
    rows = list(evaluation.rows([Dark()], {"a": shades([200], seed=1), "b": shades([210, 220], seed=2)}))
    assert [row["n_id"] for row in rows] == [6, 6]
    assert sum(seen) == 3 + 3 + 1 + 2


def test_rows_with_and_without_shifted_sets_are_cells_of_their_own(shades: Shades, make_evaluation: Make) -> None:
    clean, ood = shades([30, 60]), {"outliers": shades([200], seed=1)}
    keys = set()
    for shifted in ({}, {"a": lighter(clean)}, {"b": lighter(clean)}, {"a": lighter(clean, 30)}):
        evaluation = make_evaluation(clean, shifted=shifted)
        [row] = evaluation.rows([Dark()], ood)
        keys.add(row["key"])
        cell = (evaluation.store.get(row["key"]) or {})["cell"]
        assert ("shifted" in cell) == bool(shifted)
    assert len(keys) == 4


@pytest.mark.parametrize("protocol", ["id-only", "noise", "heldout-ood"])
def test_images_made_from_those_that_are_tuned_on_leave_the_test(
    protocol: str, shades: Shades, make_evaluation: Make
) -> None:
    clean, foreign = shades(range(20, 120, 5)), shades([50, 60, 70], seed=7)
    tune = {"tune_on": "light", "tune_images": shades([180, 190, 250], seed=5)} if protocol == "heldout-ood" else {}
    evaluation = make_evaluation(clean, protocol, shifted={"far": foreign, "mild": lighter(clean)}, **tune)
    [row] = evaluation.rows([Dark()], {"outliers": shades([200, 210], seed=1)})
    held = 20 // 5
    assert row["n_id"] == (20 - held) + 3 + (20 - held)
    assert "far (3 images), mild (16 images; lighter)" in row["id_note"]


def test_the_oracle_protocol_keeps_all_shifted_images(shades: Shades, make_evaluation: Make) -> None:
    clean = shades([30, 60, 90, 120])
    [row] = make_evaluation(clean, "paper-oracle", shifted={"mild": lighter(clean)}).rows(
        [Dark()], {"outliers": shades([200, 210, 220, 230], seed=1)}
    )
    assert (row["n_id"], row["n_ood"]) == (8, 2)


def test_shifted_images_that_are_tuned_on_are_refused(shades: Shades) -> None:
    clean, ood = shades(range(20, 120, 5)), shades([200, 210], seed=1)
    first = ArrayImages(clean.pixels[:3])
    split = split_pair("id-only", clean, ood, ood="outliers", tune_images=None)
    with pytest.raises(BenchError, match="all 3 images of 'part' are made from ID images that are tuned on"):
        shifted_tests({"part": lighter(first)}, split, "id-only")
    split = split_pair("heldout-ood", clean, ood, ood="outliers", tune_images=first)
    other = shades([40, 50], seed=9)
    split = split_pair("heldout-ood", clean, ood, ood="outliers", tune_images=other)
    with pytest.raises(BenchError, match="2 of the 2 ID test images would be tuned on as well"):
        shifted_tests({"part": lighter(other)}, split, "heldout-ood")


def test_without_shifted_sets_nothing_is_said() -> None:
    assert shifted_words({}) == ""


class Tiny(nn.Module):
    """Two classes by the brightness of the left and the right half."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(2, 2, bias=False)
        with torch.no_grad():
            self.head.weight.copy_(torch.eye(2) * 3)

    def forward(self, images: Tensor) -> Tensor:
        halves = torch.stack([images[..., :4].mean((1, 2, 3)), images[..., 4:].mean((1, 2, 3))], 1)
        return self.head(halves)  # type: ignore[no-any-return]


@pytest.fixture
def evaluate() -> Callable[..., Any]:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), dtype=np.uint8)
    labelled = ArrayImages(pixels, np.arange(40) % 2)

    def run(**sets: Any) -> Any:
        model, transform = Tiny(), InputTransform(8, 8, 1, (0.0,), (1.0,))
        return bench.evaluate(model, id=labelled, methods=["msp", "energy"], transform=transform, device="cpu", **sets)

    return run


def test_pooled_figures_are_those_of_the_sets_own_scores(evaluate: Callable[..., Any], tmp_path: Path) -> None:
    """The scores of the shifted set are had another way: from a run in which it is the OOD set."""
    shift = "corrupt:digits:gaussian_noise:4"
    alone = evaluate(ood=["glyphs", shift], out=tmp_path)
    pooled = evaluate(ood="glyphs", shifted=shift, out=tmp_path)
    store = Store(tmp_path)
    for method in ("msp", "energy"):
        of = {row["ood"]: store.scores(row["key"]) for _, row in alone[alone["method"] == method].iterrows()}
        [row] = pooled[pooled["method"] == method].to_dict("records")
        positives = np.concatenate([of["glyphs"].id_scores, of[shift].ood_scores])
        negatives = of["glyphs"].ood_scores
        is_id = np.repeat([1, 0], [len(positives), len(negatives)])
        assert row["auroc"] == pytest.approx(roc_auc_score(is_id, np.concatenate([positives, negatives])), abs=1e-12)
        threshold = np.sort(positives)[::-1][int(np.ceil(0.95 * len(positives))) - 1]
        assert row["fpr_at_95_tpr"] == pytest.approx(np.mean(negatives >= threshold), abs=1e-12)
        assert row["n_id"] == 540
        assert list(json.loads(row["shifted"])) == [shift]
    assert set(alone["shifted"]) == {""}


def specification(**changes: Any) -> RunSpecification:
    given: dict[str, Any] = {"method": ("brightness",), "id": "digits", "ood": ("glyphs",), "device": "cpu"}
    return RunSpecification(**{**given, **changes})


def test_the_order_in_which_shifted_sets_are_given_does_not_matter() -> None:
    names = ("corrupt:digits:snow:1", "corrupt:digits:fog:1")
    assert list(Preparation(specification(shifted=names)).shifted_images) == sorted(names)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"shifted": ("digits",)}, "'digits' is both the ID set and a shifted set"),
        ({"shifted": ("glyphs",)}, "'glyphs' is both an OOD set and a shifted set"),
        ({"shifted": ("photos",), "protocol": "heldout-ood", "tune_on": "photos"}, "cannot be tuned on and tested on"),
    ],
)
def test_a_set_has_one_role(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BenchError, match=complaint):
        Preparation(specification(**changes))


def test_a_run_file_takes_one_shifted_set_or_several(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    for text, expected in (('"corrupt:digits:fog:1"', "corrupt:digits:fog:1"), ('["a", "b"]', ["a", "b"])):
        path.write_text(f"shifted = {text}", encoding="utf-8")
        assert read_run_file(path)["shifted"] == expected
    path.write_text("shifted = 3", encoding="utf-8")
    with pytest.raises(BenchError, match="must be a name or a list of names"):
        read_run_file(path)
