"""Numbers of the PyTorch re-identification net for the parity tests: `tests/data/parity/reidentifier*.safetensors`.

- `reidentifier.safetensors`: a small random net (weights under `net.`, all f32, the keys of the weights file) with
  random batch norm statistics, its `input` `[3, 3, 48, 32]` and its answers `numbers` `[3, 16]`, not yet of unit
  length. The metadata has the widths (`config`).
- `reidentifier-shipped.safetensors`: the shipped file's answer (f16 weights computed in f32), `numbers` `[1, 128]`, to
  `picture` `[128, 64, 3]` uint8, a person made of smooth blobs. The metadata names the weights' sha256.

    python reference/golden_reid.py [WEIGHTS]
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "training"), str(ROOT / "training" / "reference")]

from detector import INPUT_MEAN  # noqa: E402
from export_reidentifier import describe  # noqa: E402
from golden_detector import OUTPUT, randomize_norms, save  # noqa: E402
from half_precision import network_state  # noqa: E402
from needed_file import CHECKPOINT, needed_file  # noqa: E402
from reidentifier import SiameseConfig, SiameseNet, normalize_pixels  # noqa: E402

SMALL = SiameseConfig(stem=(8, 8), stages=(16, 24), depths=(1, 2), wide=40, numbers=16)


@torch.no_grad()
def small_golden() -> None:
    """Every number random, so that a forgotten bias, statistic or skip shows."""
    torch.manual_seed(11)
    net = SiameseNet(SMALL).eval()
    randomize_norms(net)
    pictures = torch.rand(3, 3, 48, 32) - INPUT_MEAN
    tensors = {f"net.{key}": value for key, value in network_state(net.state_dict()).items()}
    tensors |= {"input": pictures, "numbers": net.numbers(pictures)}
    size = save(tensors, "reidentifier.safetensors", describe(SMALL.to_dict()))
    print(f"reidentifier.safetensors: {size} bytes")


def synthetic_person() -> np.ndarray:
    """A head and a trunk before waves, `[128, 64, 3]` uint8."""
    y, x = np.mgrid[:128, :64].astype(np.float64)
    picture = np.stack([0.5 + 0.2 * np.sin(x / (9 + 3 * c) + c) * np.cos(y / (13 - 2 * c)) for c in range(3)], axis=-1)
    head = np.exp(-((((x - 32) / 9) ** 2 + ((y - 18) / 12) ** 2) ** 2))
    trunk = np.exp(-((((x - 31) / 17) ** 2 + ((y - 62) / 34) ** 2) ** 2))
    picture += head[..., None] * (0.3, 0.15, 0.1) + trunk[..., None] * (-0.3, 0.1, 0.35)
    return (picture.clip(0, 1) * 255).round().astype(np.uint8)


@torch.no_grad()
def shipped_golden(weights: Path) -> None:
    with safe_open(weights, "pt") as file:
        net = SiameseNet(SiameseConfig(**json.loads(file.metadata()["config"]))).eval()
        net.load_state_dict({key: file.get_tensor(key).float() for key in file.keys()}, strict=False)
    picture = torch.from_numpy(synthetic_person())
    tensors = {"picture": picture, "numbers": net.numbers(normalize_pixels(picture[None]))}
    metadata = {"weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest()}
    size = save(tensors, "reidentifier-shipped.safetensors", metadata)
    print(f"reidentifier-shipped.safetensors: {size} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, nargs="?", default=ROOT / "weights" / "reidentifier.safetensors")
    weights = needed_file(parser.parse_args().weights, CHECKPOINT)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    small_golden()
    shipped_golden(weights)


if __name__ == "__main__":
    main()
