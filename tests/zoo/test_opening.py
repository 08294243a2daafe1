"""Networks opened by their names, against the same networks in the hands of their own libraries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torchvision import models

from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.zoo.opening import KINDS, is_foreign, open_network
from tests.zoo.layouts import CLASSES, edited

BATCH = torch.randn(5, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def logits(model: nn.Module, batch: Tensor = BATCH) -> Tensor:
    with torch.no_grad():
        found = model.eval()(batch)
    return getattr(found, "logits", found)  # type: ignore[no-any-return]


def offline(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the hub's client look into an empty cache, and not try again for half a minute to reach the network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))


@pytest.mark.parametrize(
    ("network", "foreign"), [("timm:a", True), ("m.py:f", True), ("resnet20", False), (None, False)]
)
def test_a_colon_tells_a_foreign_network(network: str | None, foreign: bool) -> None:
    assert is_foreign(network) == foreign


class TestTransformers:
    def test_a_folder_is_what_its_own_library_loads(self, hub_folder: Path) -> None:
        import transformers

        opened = open_network(f"hf:{hub_folder}", None)
        own: Any = transformers.ViTForImageClassification.from_pretrained(hub_folder)
        assert torch.equal(logits(opened.model), logits(own))
        assert opened.name == "hf:tiny-vit"
        assert opened.classes == CLASSES
        assert opened.own is not None
        assert opened.own.transform == InputTransform(
            16, 16, 3, (0.4, 0.5, 0.6), (0.5,) * 3, "stretch", odd_margin="down"
        )
        assert opened.own.certain

    def test_weights_of_a_file_may_be_of_other_classes(self, hub_folder: Path, tmp_path: Path) -> None:
        import transformers

        config: Any = transformers.AutoConfig.from_pretrained(hub_folder, num_labels=5)
        model: Any = transformers.ViTForImageClassification(config)
        save_file(model.state_dict(), tmp_path / "w.safetensors")
        opened = open_network(f"hf:{hub_folder}", tmp_path / "w.safetensors")
        assert torch.equal(logits(opened.model), logits(model))
        assert opened.classes == ()
        assert opened.own is not None
        assert not opened.own.certain
        assert "nothing says that the weights in w.safetensors were trained with it" in opened.own.words

    def test_a_trunk_without_a_head_is_refused(self, hub_folder: Path, tmp_path: Path) -> None:
        folder = edited(hub_folder, tmp_path / "trunk", "config.json", {})
        state = {
            key: value for key, value in load_file(hub_folder / "model.safetensors").items() if "classifier" not in key
        }
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(
            BenchError, match=r"not those of a whole classifier: classifier\.bias, .* made up at random"
        ):
            open_network(f"hf:{folder}", None)

    def test_code_of_a_repository_is_not_run(self, hub_folder: Path, tmp_path: Path) -> None:
        changes = {
            "auto_map": {"AutoConfig": "own.Config", "AutoModelForImageClassification": "own.Net"},
            "model_type": "own",
        }
        folder = edited(hub_folder, tmp_path / "own", "config.json", changes)
        marker = tmp_path / "ran"
        (folder / "own.py").write_text(f"open({str(marker)!r}, 'w')\nclass Config: pass\nclass Net: pass\n")
        with pytest.raises(BenchError, match="Cannot get the image classifier hf:own"):
            open_network(f"hf:{folder}", None)
        assert not marker.exists()

    def test_a_processor_that_cannot_be_imitated_is_no_error_yet(self, hub_folder: Path, tmp_path: Path) -> None:
        changes = {"size": {"shortest_edge": 16}, "do_center_crop": False}
        folder = edited(hub_folder, tmp_path / "odd", "preprocessor_config.json", changes)
        own = open_network(f"hf:{folder}", None).own
        assert own is not None
        assert own.transform is None
        assert "gives each image a size of its own" in own.words
        assert "--transform FILE.toml" in own.words

    def test_a_cache_in_the_hubs_layout_is_read_without_a_network(
        self, hub_folder: Path, timm_folder: Path, in_cache: Callable[[Path, str], Path]
    ) -> None:
        """In a process of its own, since the client reads the place of its cache when it is imported."""
        in_cache(timm_folder, "someone/tiny-resnet")
        home = in_cache(hub_folder, "someone/tiny-vit")
        program = (
            "import json, sys, torch\n"
            "from bench.zoo.opening import open_network\n"
            "batch = torch.linspace(-1, 1, 3 * 16 * 16).view(1, 3, 16, 16)\n"
            "for name in sys.argv[1:]:\n"
            "    model = open_network(name, None).model\n"
            "    found = model(batch)\n"
            "    print(json.dumps(getattr(found, 'logits', found).tolist()))\n"
        )
        names = ["hf:someone/tiny-vit", "timm:hf-hub:someone/tiny-resnet"]
        environment = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", program, *names], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        batch = torch.linspace(-1, 1, 3 * 16 * 16).view(1, 3, 16, 16)
        for line, name in zip(
            done.stdout.splitlines(), [f"hf:{hub_folder}", f"timm:local-dir:{timm_folder}"], strict=True
        ):
            torch.testing.assert_close(torch.tensor(json.loads(line)), logits(open_network(name, None).model, batch))

    def test_without_a_network_the_way_out_is_said(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        offline(monkeypatch, tmp_path)
        with pytest.raises(
            BenchError, match=r"Cannot get the image classifier hf:no/such .*name a folder as hf:\./FOLDER"
        ):
            open_network("hf:no/such", None)

    def test_a_folder_that_is_not_there(self) -> None:
        with pytest.raises(BenchError, match=r"There is no folder none\. Correct the path after hf:"):
            open_network("hf:./none", None)


class TestTimm:
    def test_a_folder_is_what_its_own_library_loads(self, timm_folder: Path) -> None:
        import timm

        opened = open_network(f"timm:local-dir:{timm_folder}", None)
        own: Any = timm.create_model(f"local-dir:{timm_folder}", pretrained=True)
        assert torch.equal(logits(opened.model), logits(own))
        assert opened.name == "timm:local-dir:tiny-resnet"
        assert opened.own is not None
        assert opened.own.transform == InputTransform(
            48, 48, 3, (0.5, 0.4, 0.3), (0.5, 0.5, 0.5), resize=64, interpolation="bilinear"
        )

    @pytest.mark.parametrize("prefix", ["", "module.", "module.model."])
    @pytest.mark.parametrize("ending", ["safetensors", "pt", "th"])
    def test_weights_of_a_file_give_the_network_they_were_saved_from(
        self, prefix: str, ending: str, tmp_path: Path
    ) -> None:
        import timm

        model = timm.create_model("test_resnet", num_classes=4)
        state = {f"{prefix}{key}": value for key, value in model.state_dict().items()}
        path = tmp_path / f"w.{ending}"
        if ending == "safetensors":
            save_file(state, path)
        else:
            torch.save({"state_dict": state, "epoch": 3}, path)
        random_state = torch.get_rng_state()
        opened = open_network("timm:test_resnet", path)
        assert torch.equal(logits(opened.model), logits(model))
        assert torch.equal(torch.get_rng_state(), random_state)
        assert opened.own is not None
        assert not opened.own.certain

    def test_weights_of_another_network_are_refused(self, tmp_path: Path) -> None:
        save_file({"fc.weight": torch.zeros(3, 4), "fc.bias": torch.zeros(3)}, tmp_path / "w.safetensors")
        with pytest.raises(
            BenchError, match=r"does not fit the network timm:test_resnet \(missing: .*of another shape"
        ):
            open_network("timm:test_resnet", tmp_path / "w.safetensors")

    def test_a_pickle_that_would_run_code_is_refused(self, tmp_path: Path) -> None:
        torch.save({"state_dict": nn.Linear(2, 2)}, tmp_path / "w.pt")
        with pytest.raises(BenchError, match="nothing in it was run"):
            open_network("timm:test_resnet", tmp_path / "w.pt")

    def test_without_a_network_the_way_out_is_said(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        offline(monkeypatch, tmp_path)
        with pytest.raises(BenchError, match=r"the pretrained weights of timm:resnet18 .* with --checkpoint FILE"):
            open_network("timm:resnet18", None)

    def test_an_unknown_name(self) -> None:
        with pytest.raises(BenchError, match=r"timm has no network 'resnt18'\. Did you mean 'resnet18'\?"):
            open_network("timm:resnt18", None)


class TestTorchvision:
    def test_weights_in_its_cache_are_used(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        model = models.shufflenet_v2_x0_5().eval()
        weights = models.ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1
        (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
        torch.save(model.state_dict(), tmp_path / "hub" / "checkpoints" / weights.url.rpartition("/")[2])
        monkeypatch.setenv("TORCH_HOME", str(tmp_path))
        opened = open_network("torchvision:shufflenet_v2_x0_5:IMAGENET1K_V1", None)
        batch = torch.randn(2, 3, 32, 32)
        assert torch.equal(logits(opened.model, batch), logits(model, batch))
        assert opened.name == "torchvision:shufflenet_v2_x0_5:IMAGENET1K_V1"
        assert len(opened.classes) == 1000
        assert opened.own is not None
        assert opened.own.transform is not None
        assert (opened.own.transform.height, opened.own.transform.resize) == (224, 256)

    def test_weights_of_a_file(self, tmp_path: Path) -> None:
        model = models.mobilenet_v3_small(num_classes=4)
        torch.save(model.state_dict(), tmp_path / "w.pth")
        opened = open_network("torchvision:mobilenet_v3_small", tmp_path / "w.pth")
        batch = torch.randn(2, 3, 32, 32)
        assert torch.equal(logits(opened.model, batch), logits(model, batch))

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("resnet1", r"torchvision has no classifier 'resnet1'\. Did you mean 'resnet1"),
            ("fasterrcnn_resnet50_fpn", "torchvision has no classifier 'fasterrcnn"),
            ("resnet18:IMAGENET1K_V2", "weights of torchvision:resnet18: 'IMAGENET1K_V2'"),
            ("resnet18", r"Cannot get the weights of torchvision:resnet18 .*with --checkpoint FILE"),
        ],
    )
    def test_what_cannot_be_had(self, name: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("TORCH_HOME", str(tmp_path))
        with pytest.raises(BenchError, match=message):
            open_network(f"torchvision:{name}", None)


USER = """
import torch
from sibling import WIDTH

def make():
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, WIDTH))

def sized(num_classes=9):
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, num_classes))

def nothing():
    return 3

def failing():
    raise RuntimeError("no such luck")
"""


class TestUser:
    @pytest.fixture
    def file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.delitem(sys.modules, "sibling", raising=False)
        (tmp_path / "sibling.py").write_text("WIDTH = 4\n")
        (tmp_path / "my_models.py").write_text(USER)
        return tmp_path / "my_models.py"

    def test_a_function_in_a_file_makes_the_network(self, file: Path, tmp_path: Path) -> None:
        weights = {"1.weight": torch.randn(4, 768), "1.bias": torch.randn(4)}
        save_file(weights, tmp_path / "w.safetensors")
        opened = open_network(f"{file}:make", tmp_path / "w.safetensors")
        expected = BATCH.flatten(1) @ weights["1.weight"].T + weights["1.bias"]
        torch.testing.assert_close(logits(opened.model), expected)
        assert opened.name == "my_models.py:make"
        assert opened.own is None

    def test_a_function_in_a_module_of_the_current_folder(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(file.parent)
        opened = open_network("my_models:make", None)
        monkeypatch.delitem(sys.modules, "my_models")
        assert logits(opened.model).shape == (5, 4)
        assert opened.name == "my_models:make"

    def test_the_number_of_classes_is_handed_to_a_function_that_takes_it(self, file: Path, tmp_path: Path) -> None:
        save_file({"1.weight": torch.zeros(2, 768), "1.bias": torch.zeros(2)}, tmp_path / "w.safetensors")
        assert logits(open_network(f"{file}:sized", tmp_path / "w.safetensors").model).shape == (5, 2)
        with pytest.raises(BenchError, match=r"1\.weight \(2, 768\) instead of \(4, 768\)"):
            open_network(f"{file}:make", tmp_path / "w.safetensors")

    def test_other_code_is_another_network(self, file: Path) -> None:
        first = open_network(f"{file}:make", None)
        assert open_network(f"{file}:make", None).code == first.code
        file.write_text(USER.replace("WIDTH)", "WIDTH, False)"))
        assert open_network(f"{file}:make", None).code != first.code

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("{file}:mke", r"Unknown function in .*: 'mke'\. Did you mean 'make'\?"),
            ("{file}:nothing", r"my_models\.py:nothing returns a int, and a torch\.nn\.Module is needed"),
            ("{file}:failing", r"my_models\.py:failing failed: RuntimeError: no such luck"),
            ("{file}x.py:make", r"There is no file .*x\.py\. Correct the path in --network"),
            ("no_such_module:make", r"There is no module no_such_module .*Besides modules there are: timm:…"),
            ("tim:resnet18", r"There is no module tim .*Did you mean 'timm'\?"),
            ("timm:", "Nothing stands after the colon"),
        ],
    )
    def test_what_is_wrong_is_said(self, file: Path, name: str, message: str) -> None:
        with pytest.raises(BenchError, match=message):
            open_network(name.format(file=file), None)

    def test_a_file_that_cannot_be_imported(self, tmp_path: Path) -> None:
        (tmp_path / "broken.py").write_text("import no_such_library\n")
        with pytest.raises(BenchError, match=r"Cannot import .*broken\.py .*No module named 'no_such_library'"):
            open_network(f"{tmp_path / 'broken.py'}:make", None)


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.fc(self.conv(images).relu().mean((2, 3)))
        return found


class TestPrograms:
    def test_torchscript(self, tmp_path: Path) -> None:
        model = Small().eval()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"`torch\.jit")
            torch.jit.save(torch.jit.script(model), tmp_path / "net.ts")
        opened = open_network(f"torchscript:{tmp_path / 'net.ts'}", None)
        torch.testing.assert_close(logits(opened.model), logits(model))
        assert opened.name == "torchscript:net.ts"
        assert set(opened.lacks) == {"features", "head", "stages"}

    @pytest.mark.parametrize("size", [None, 2])
    def test_onnx(self, size: int | None, tmp_path: Path) -> None:
        model, path = Small().eval(), tmp_path / "net.onnx"
        export_onnx(model, path, size)
        opened = open_network(f"onnx:{path}", None)
        torch.testing.assert_close(logits(opened.model), logits(model), rtol=1e-4, atol=1e-5)
        assert set(opened.lacks) == {"features", "head", "stages", "gradients"}
        assert opened.code != ""

    @pytest.mark.parametrize("kind", ["torchscript", "onnx"])
    def test_what_is_no_program(self, kind: str, tmp_path: Path) -> None:
        (tmp_path / "net").write_bytes(b"nothing of the kind")
        with pytest.raises(BenchError, match="that can be read"):
            open_network(f"{kind}:{tmp_path / 'net'}", None)
        with pytest.raises(BenchError, match="There is no file"):
            open_network(f"{kind}:{tmp_path / 'none'}", None)
        with pytest.raises(BenchError, match=r"has its weights in it\. Leave --checkpoint out"):
            open_network(f"{kind}:{tmp_path / 'net'}", tmp_path / "net")


def export_onnx(model: nn.Module, path: Path, size: int | None, classes: int = 3) -> None:
    """A program of onnx's own making, so that no exporter is needed: convolution, ReLU, average, linear layer."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    state = model.state_dict()
    constants = [numpy_helper.from_array(value.numpy(), name) for name, value in state.items()]
    nodes = [
        helper.make_node("Conv", ["images", "conv.weight", "conv.bias"], ["maps"]),
        helper.make_node("Relu", ["maps"], ["positive"]),
        helper.make_node("GlobalAveragePool", ["positive"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"]),
        helper.make_node("Gemm", ["features", "fc.weight", "fc.bias"], ["logits"], transB=1),
    ]
    batch = size or "batch"
    entering = helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, None, None])
    leaving = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, classes])
    graph = helper.make_graph(nodes, "small", [entering], [leaving], constants)
    program = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(program, path)


def test_every_kind_has_words() -> None:
    assert list(KINDS) == ["timm", "torchvision", "hf", "torchscript", "onnx"]
    assert all(KINDS.values())
