"""Writes the detector's averaged weights as an f16 safetensors file with its description in the metadata.

    python export_detector.py runs/detector/decayed.pt ../weights/detector.safetensors --threshold 0.3
"""

import argparse
import json
from pathlib import Path

import torch

from detector import BOX_LOG_LIMIT, INPUT_MEAN, INPUT_SIDE, NMS_IOU, PADDING_GRAY, SIDE_MULTIPLE
from half_precision import write_half
from needed_file import CHECKPOINT, needed_file

BOX_CODING = (
    "raw left, top, right, bottom a; distance = stride * exp(min(a, limit)) "
    "from the cell center ((column + 0.5) * stride, (row + 0.5) * stride)"
)


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--threshold", type=float, required=True, help="recommended score threshold")
    arguments = parser.parse_args()
    saved = torch.load(needed_file(arguments.checkpoint, CHECKPOINT), map_location="cpu")
    metadata = describe(saved["config"], threshold=arguments.threshold, steps=saved["step"], pictures=saved["seen"])
    write_half(saved["ema"], arguments.output, metadata)


if __name__ == "__main__":
    main()
