"""The shipped weights as ONNX models, so that other engines run the same nets.

    python export_onnx.py OUT_DIR            writes detector.onnx and one for each pose net of the manifest, as fast.onnx
"""

import argparse
import json
import sys
import tomllib
import warnings
from pathlib import Path

import torch
from safetensors import safe_open

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "training"))

from detector import Detector, DetectorConfig  # noqa: E402
from pose_checkpoint import load_net  # noqa: E402


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


def detector_of(path: Path) -> tuple[torch.nn.Module, tuple[int, int]]:
    """The detector with its weights, and height and width of its input."""
    with safe_open(path, "pt") as file:
        facts = file.metadata()
        state = {name: file.get_tensor(name).float() for name in file.keys()}
    config = json.loads(facts["config"])
    net = Detector(DetectorConfig(**{k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}))
    missing, unexpected = net.load_state_dict(state, strict=False)
    if unexpected or any("num_batches_tracked" not in name for name in missing):
        raise ValueError(f"{path} does not fit the net: {missing}, {unexpected}")
    return Answers(net).eval(), (int(facts["input_side"]),) * 2


def pose_net_of(path: Path) -> tuple[torch.nn.Module, tuple[int, int]]:
    """A pose net with its weights, and height and width of its input."""
    net = load_net(path)[0].to(memory_format=torch.contiguous_format)
    return LastStack(net).eval(), (256, 192)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder that gets the models")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    manifest = tomllib.loads((ROOT / "weights" / "manifest.toml").read_text())
    # the two nets of every frame; the third is asked about once a second
    openers = {"detector": detector_of, "pose": pose_net_of}
    for entry in [entry for entry in manifest["net"] if entry["role"] in openers]:
        net, size = openers[entry["role"]](ROOT / "weights" / entry["file"])
        name = "detector" if entry["role"] == "detector" else entry["name"]
        # the tracing exporter: its graph is the one that engines fuse best
        torch.onnx.export(
            net, torch.zeros(1, 3, *size), str(out / f"{name}.onnx"),
            input_names=["x"], dynamic_axes={"x": {0: "n"}}, dynamo=False,
        )  # fmt: skip
        print(f"{name}: {size[0]}x{size[1]}")


if __name__ == "__main__":
    main()
