"""The shipped weights as ONNX models, so that other engines run the same nets.

    python export_onnx.py OUT_DIR            writes fast.onnx, detector.onnx, ... for every net of the manifest
"""

import sys
import tomllib
import warnings
from pathlib import Path

import torch
from safetensors import safe_open

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "training"))

from detector import Detector, DetectorConfig  # noqa: E402
from hourglass import StackedHourglass  # noqa: E402


class LastStack(torch.nn.Module):
    """The pose net as the program runs it: only the last stack's answer counts."""

    def __init__(self, net: torch.nn.Module):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)[-1]


class Answers(torch.nn.Module):
    """The detector's levels as six outputs."""

    def __init__(self, net: torch.nn.Module):
        super().__init__()
        self.net = net

    def forward(self, x):
        return tuple(each for level in self.net(x) for each in level)


def net_of(path: Path, role: str) -> tuple[torch.nn.Module, tuple[int, int]]:
    """The net with its weights, and height and width of its input."""
    with safe_open(path, "pt") as file:
        facts = file.metadata()
        state = {name: file.get_tensor(name).float() for name in file.keys()}
    if role == "detector":
        import json

        config = json.loads(facts["config"])
        net = Detector(DetectorConfig(**{k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}))
        wrapped, size = Answers(net), (int(facts["input_side"]),) * 2
    else:
        sizes = {name: int(facts[name]) for name in ("stacks", "features", "stem", "joints", "deep_middle", "deep_blocks") if name in facts}
        net = StackedHourglass(**sizes)
        wrapped, size = LastStack(net), (256, 192)
    missing, unexpected = net.load_state_dict(state, strict=False)
    if unexpected or any("num_batches_tracked" not in name for name in missing):
        raise ValueError(f"{path} does not fit the net: {missing}, {unexpected}")
    return wrapped.eval(), size


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    manifest = tomllib.loads((ROOT / "weights" / "manifest.toml").read_text())
    # the two nets of every frame; the third is asked about once a second
    for entry in [entry for entry in manifest["net"] if entry["role"] in ("detector", "pose")]:
        net, size = net_of(ROOT / "weights" / entry["file"], entry["role"])
        name = "detector" if entry["role"] == "detector" else entry["name"]
        # the tracing exporter: its graph is the one that engines fuse best
        torch.onnx.export(
            net, torch.zeros(1, 3, *size), str(out / f"{name}.onnx"),
            input_names=["x"], dynamic_axes={"x": {0: "n"}}, dynamo=False,
        )  # fmt: skip
        print(f"{name}: {size[0]}x{size[1]}")


if __name__ == "__main__":
    main()
