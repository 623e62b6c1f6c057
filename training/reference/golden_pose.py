"""Outputs of the pose net that the Rust program's are compared with.

Writes to `tests/data/parity`:

pose-NAME.safetensors, for the shipped weights of each pose net (make them anew whenever those change):
    small.input [2, 3, 64, 64], small.output.0 and .1 [2, 17, 16, 16];
    large.output.0 and .1 [64], the values at flat positions large.position [64] (int64) of the
    outputs [1, 17, 64, 48] for the input [1, 3, 256, 192] of `formula_input`.
pose-random.safetensors, independent of them (only with --random): a net of 2 stacks, 16 features, 8 stem channels, with one more block
    and blocks 24 wide in the middle where few cells are left, its weights as weights.NAME in f16, and input, output.0 and output.1 as above (small).

Outputs are raw, without sigmoid. Weights are used as f32 after rounding to f16.
"""

import argparse
import sys
import tomllib
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from hourglass import StackedHourglass  # noqa: E402
from pose_checkpoint import build_net, load_net, load_weights  # noqa: E402

SAMPLES = 64

SMALL = {"stacks": 2, "features": 16, "stem": 8, "joints": 17, "deep_middle": 24, "deep_blocks": 1}
"""The net of random weights."""


def formula_input(height: int, width: int) -> Tensor:
    """`[1, 3, height, width]`: 0.45 * sin(0.05 * (channel + 1) * column + 0.03 * row), in f64, then f32."""
    channel = torch.arange(3, dtype=torch.float64)[:, None, None]
    row = torch.arange(height, dtype=torch.float64)[:, None]
    column = torch.arange(width, dtype=torch.float64)
    return (0.45 * torch.sin(0.05 * (channel + 1) * column + 0.03 * row)).float()[None]


def random_weights(generator: torch.Generator) -> dict:
    """Of a small net, batch statistics included, rounded to f16."""
    weights = {}
    for name, value in StackedHourglass(**SMALL).state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if name.endswith("running_var") or name.endswith("bn.weight"):
            value = 0.5 + torch.rand(value.shape, generator=generator)
        elif value.dim() == 1:
            value = 0.2 * torch.randn(value.shape, generator=generator)
        else:
            value = torch.randn(value.shape, generator=generator) * (2 / value[0].numel()) ** 0.5
        weights[name] = value.half()
    return weights


def write_random(path: Path, small: Tensor, generator: torch.Generator) -> Path:
    """The net of random weights: weights, input and outputs."""
    weights = random_weights(generator)
    net = build_net(SMALL)
    load_weights(net, {name: value.float() for name, value in weights.items()})
    outputs = net.eval()(small)
    tensors = {f"weights.{name}": value for name, value in weights.items()}
    tensors |= {"input": small} | {f"output.{i}": output.contiguous() for i, output in enumerate(outputs)}
    save_file(tensors, path, {name: str(value) for name, value in SMALL.items() if name != "joints"})
    return path


def write_shipped(path: Path, weights: Path, small: Tensor) -> Path:
    """A shipped net: inputs and outputs."""
    net, facts = load_net(weights)
    tensors = {"small.input": small}
    for index, output in enumerate(net(small)):
        tensors[f"small.output.{index}"] = output.contiguous()
    large = net(formula_input(256, 192))
    generator = torch.Generator().manual_seed(17)
    tensors["large.position"] = torch.randperm(large[0].numel(), generator=generator)[:SAMPLES].sort().values
    for index, output in enumerate(large):
        tensors[f"large.output.{index}"] = output.flatten()[tensors["large.position"]]
    save_file(tensors, path, {"output": facts["output"]})
    return path


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=HERE / "../../weights", help="folder with manifest.toml")
    parser.add_argument("--to", type=Path, default=HERE / "../../tests/data/parity")
    parser.add_argument("--random", action="store_true", help="the net of random weights too")
    chosen = parser.parse_args()
    chosen.to.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(17)
    small = 0.4 * torch.randn(2, 3, 64, 64, generator=generator)

    written = []
    if chosen.random:
        written.append(write_random(chosen.to / "pose-random.safetensors", small, generator))
    manifest = tomllib.loads((chosen.weights / "manifest.toml").read_text())
    for entry in manifest["net"]:
        if entry["role"] == "pose":
            path = chosen.to / f"pose-{entry['name']}.safetensors"
            written.append(write_shipped(path, chosen.weights / entry["file"], small))
    for path in written:
        path.chmod(0o644)
        print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
