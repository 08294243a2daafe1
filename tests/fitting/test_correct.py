"""Class means of the images that are classified correctly."""

import numpy as np
import pytest

from bench.extraction.outputs import Outputs
from bench.fitting import blocks
from bench.fitting.correct import correct_means
from bench.fitting.data import FitData

FEATURES = np.array([[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]], np.float32)
LABELS = np.array([0, 0, 0, 1, 1])


@pytest.mark.parametrize("elements", [2**22, 1])
def test_wrong_images_are_left_out_unless_all_of_a_class_are(elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", elements)
    predictions = np.array([0, 1, 0, 2, 0])
    data = FitData(None, Outputs(np.eye(3, dtype=np.float32)[predictions], FEATURES, None, LABELS))
    found = correct_means(data)
    assert found[:2].tolist() == [[3, 4], [8, 9]]
    assert np.isnan(found[2]).all()
    assert correct_means(data) is found
