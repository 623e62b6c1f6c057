"""Writes the re-identification net's averaged weights as an f16 safetensors file with its description in the metadata.

    python export_reidentifier.py runs/reid/last.pt ../weights/reidentifier.safetensors
"""

import argparse
import json
from pathlib import Path

import torch

from detector import INPUT_MEAN
from half_precision import write_half
from needed_file import CHECKPOINT, needed_file
from reidentifier import INPUT_HEIGHT, INPUT_WIDTH


def describe(config: dict, **more) -> dict[str, str]:
    """Metadata of the file; all values are strings."""
    return {
        "format": "pt",
        "architecture": "poseglass-reidentifier/1",
        "config": json.dumps(config),
        "input_size": json.dumps([INPUT_WIDTH, INPUT_HEIGHT]),
        "input_mean": str(INPUT_MEAN),
        **{key: str(value) for key, value in more.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    saved = torch.load(needed_file(arguments.checkpoint, CHECKPOINT), map_location="cpu", weights_only=False)
    write_half(saved["average"], arguments.output, describe(saved["config"], steps=saved["step"]))


if __name__ == "__main__":
    main()
