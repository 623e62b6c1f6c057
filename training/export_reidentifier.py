"""Writes the re-identification net's averaged weights as an f16 safetensors file with its description in the metadata.

    python export_reidentifier.py runs/reid/last.pt ../weights/reidentifier.safetensors
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from detector import INPUT_MEAN
from export_detector import network_state
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
    saved = torch.load(arguments.checkpoint, map_location="cpu", weights_only=False)
    state = {key: value.half() for key, value in network_state(saved["average"]).items()}
    wrong = [key for key, value in state.items() if not torch.isfinite(value).all()]
    if wrong:
        raise ValueError(f"not finite in f16: {wrong}")
    save_file(state, str(arguments.output), describe(saved["config"], steps=saved["step"]))
    arguments.output.chmod(0o644)
    content = arguments.output.read_bytes()
    print(f"{arguments.output.name}: {len(state)} tensors, {len(content)} bytes")
    print(f"sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
