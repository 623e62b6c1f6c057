"""Write the detector's averaged weights as an f16 safetensors file with its description in the metadata.

    python export_detector.py runs/detector/decayed.pt ../weights/detector.safetensors --threshold 0.3
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from detector import BOX_LOG_LIMIT, INPUT_MEAN, INPUT_SIDE, NMS_IOU, PADDING_GRAY, SIDE_MULTIPLE

BOX_CODING = (
    "raw left, top, right, bottom a; distance = stride * exp(min(a, limit)) "
    "from the cell center ((column + 0.5) * stride, (row + 0.5) * stride)"
)


def network_state(state: dict) -> dict:
    """What a file holds: weights and batch norm statistics, nothing of the training, no shared memory."""
    return {key: value.clone().contiguous() for key, value in state.items() if not key.endswith("num_batches_tracked")}


def describe(config: dict, **more) -> dict[str, str]:
    """Metadata of the file; all values are strings."""
    return {
        "format": "pt",
        "architecture": "poseglass-detector/1",
        "config": json.dumps(config),
        "strides": json.dumps(config["strides"]),
        "input_side": str(INPUT_SIDE),
        "side_multiple": str(SIDE_MULTIPLE),
        "input_mean": str(INPUT_MEAN),
        "padding_gray": str(PADDING_GRAY),
        "box_coding": BOX_CODING,
        "box_log_limit": str(BOX_LOG_LIMIT),
        "nms_iou": str(NMS_IOU),
        **{key: str(value) for key, value in more.items()},
    }


def write_half(state: dict, path: Path, metadata: dict[str, str]) -> None:
    """A net's state as an f16 file; prints its size and checksum."""
    halves = {key: value.half() for key, value in network_state(state).items()}
    wrong = [key for key, value in halves.items() if not torch.isfinite(value).all()]
    if wrong:
        raise ValueError(f"not finite in f16: {wrong}")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(halves, str(path), metadata)
    path.chmod(0o644)
    content = path.read_bytes()
    print(f"{path.name}: {len(halves)} tensors, {len(content)} bytes")
    print(f"sha256 {hashlib.sha256(content).hexdigest()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--threshold", type=float, required=True, help="recommended score threshold")
    arguments = parser.parse_args()
    saved = torch.load(arguments.checkpoint, map_location="cpu")
    metadata = describe(saved["config"], threshold=arguments.threshold, steps=saved["step"], pictures=saved["seen"])
    write_half(saved["ema"], arguments.output, metadata)


if __name__ == "__main__":
    main()
