"""The notebook runs as it is shipped, and its table is what its text promises."""

from pathlib import Path

import nbformat
import pytest

NOTEBOOK = Path(__file__).resolve().parents[1] / "examples" / "own-model.ipynb"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_notebook_runs_and_shows_a_table(tmp_path: Path) -> None:
    client = pytest.importorskip("nbclient")
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    client.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    table, auroc = (one["data"]["text/plain"] for one in outputs if one["output_type"] == "execute_result")
    assert {"msp", "energy", "knn", "vim", "brightness"} <= set(table.split())
    assert {"glyphs", "photos", "uniform"} <= set(table.split())
    assert 0.7 < float(auroc.removeprefix("np.float64(").rstrip(")")) < 0.82
