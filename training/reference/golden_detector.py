"""Numbers of the PyTorch detector for the parity tests: `tests/data/parity/detector*.safetensors`.

- `detector.safetensors`: a small random net (weights under `net.`, all f32, the keys of the weights file) with random
  batch norm statistics, its `input` `[2, 3, 64, 96]`, raw answers `score.LEVEL` and `box.LEVEL` (levels 0, 1, 2 =
  strides 8, 16, 32) and `decoded.PICTURE` `[m, 5]` (x1, y1, x2, y2, score, input pixels, best first) at the threshold
  in the metadata, clipped to the whole input. The metadata has the widths (`config`).
- `detector-shipped.safetensors`: the shipped file's answers (f16 weights computed in f32) to a smooth synthetic
  picture, given by `picture` `[192, 320, 3]` uint8: `sample.LEVEL` `[5, k]` (score, then box) at the flat cells
  `cells.LEVEL` `[k]`, `decoded` at the threshold in the metadata, and `both_looks` with the mirror image, clipped to
  300x180 as if the rest were padding. The metadata names the weights' sha256.

    python reference/golden_detector.py [WEIGHTS]
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "training"))

from detector import INPUT_MEAN, Detector, DetectorConfig, decode, decode_both_looks  # noqa: E402
from evaluate_detector import load_detector  # noqa: E402
from export_detector import describe  # noqa: E402
from half_precision import network_state  # noqa: E402
from needed_file import CHECKPOINT, needed_file  # noqa: E402

OUTPUT = ROOT / "tests" / "data" / "parity"
SMALL = DetectorConfig(stem=(8, 8), stages=(16, 24, 32), depths=(1, 2, 1), neck=16)
THRESHOLD = 0.4


def randomize_norms(net: torch.nn.Module) -> None:
    """Other statistics and gains than those of a fresh net."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)


def save(tensors: dict, name: str, metadata: dict[str, str]) -> int:
    """Writes a file of golden numbers; how many bytes it has."""
    path = OUTPUT / name
    save_file(tensors, str(path), metadata)
    path.chmod(0o644)
    return path.stat().st_size


def random_net(config: DetectorConfig) -> Detector:
    """Every number random, so that a forgotten bias, statistic or skip shows."""
    torch.manual_seed(7)
    net = Detector(config)
    randomize_norms(net)
    for head in net.heads:
        head.tower.conv = torch.nn.Conv2d(config.neck, config.neck, 3, padding=1, bias=False)
        torch.nn.init.normal_(head.score.weight, std=0.3)
        torch.nn.init.normal_(head.score.bias, std=0.3)
        torch.nn.init.normal_(head.box.weight, std=0.15)
        torch.nn.init.normal_(head.box.bias, 0.8, std=0.3)
    return net.eval()


@torch.no_grad()
def small_golden() -> None:
    net = random_net(SMALL)
    picture = torch.rand(2, 3, 64, 96) - INPUT_MEAN
    answers = net(picture)
    tensors = {f"net.{key}": value for key, value in network_state(net.state_dict()).items()}
    tensors["input"] = picture
    for level, (score, box) in enumerate(answers):
        tensors[f"score.{level}"], tensors[f"box.{level}"] = score.contiguous(), box.contiguous()
    found = decode(answers, THRESHOLD, strides=SMALL.strides)
    for index, boxes in enumerate(found):
        tensors[f"decoded.{index}"] = torch.from_numpy(boxes.astype(np.float32))
    size = save(tensors, "detector.safetensors", describe(SMALL.to_dict(), threshold=THRESHOLD))
    print(f"detector.safetensors: {size} bytes, {[len(boxes) for boxes in found]} boxes")


def synthetic_picture() -> np.ndarray:
    """Smooth waves and a few upright blobs, `[192, 320, 3]` uint8."""
    y, x = np.mgrid[:192, :320].astype(np.float64)
    waves = [0.45 + 0.2 * np.sin(x / (17 + 6 * c) + c) * np.cos(y / (23 - 4 * c)) for c in range(3)]
    picture = np.stack(waves, axis=-1)
    for center_x, center_y, size in ((70, 100, 60), (180, 90, 40), (265, 120, 25)):
        head = np.exp(-(((x - center_x) / (0.16 * size)) ** 2 + ((y - center_y + 0.8 * size) / (0.2 * size)) ** 2) ** 2)
        body = np.exp(-(((x - center_x) / (0.35 * size)) ** 2 + ((y - center_y) / (0.6 * size)) ** 2) ** 2)
        picture += head[..., None] * (0.35, 0.2, 0.12) - body[..., None] * (0.25, 0.2, 0.05)
    return (picture.clip(0, 1) * 255).round().astype(np.uint8)


@torch.no_grad()
def shipped_golden(weights: Path) -> None:
    content = weights.read_bytes()
    net = load_detector(weights)
    threshold = 0.05
    picture = synthetic_picture()
    batch = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255 - INPUT_MEAN
    answers = net(batch)
    tensors = {"picture": torch.from_numpy(picture)}
    random = np.random.default_rng(3)
    for level, (score, box) in enumerate(answers):
        flat = torch.cat([score, box], dim=1)[0].flatten(1)
        cells = torch.from_numpy(np.sort(random.choice(flat.shape[1], 24, replace=False)))
        tensors[f"cells.{level}"], tensors[f"sample.{level}"] = cells, flat[:, cells].contiguous()
    tensors["decoded"] = torch.from_numpy(decode(answers, threshold)[0].astype(np.float32))
    both = net(torch.cat([batch, batch.flip(3)]))
    tensors["both_looks"] = torch.from_numpy(decode_both_looks(both, threshold, (300, 180)).astype(np.float32))
    metadata = {"weights_sha256": hashlib.sha256(content).hexdigest(), "threshold": json.dumps(threshold)}
    size = save(tensors, "detector-shipped.safetensors", metadata)
    print(f"detector-shipped.safetensors: {size} bytes, {len(tensors['decoded'])} boxes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, nargs="?", default=ROOT / "weights" / "detector.safetensors")
    weights = needed_file(parser.parse_args().weights, CHECKPOINT)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    small_golden()
    shipped_golden(weights)


if __name__ == "__main__":
    main()
