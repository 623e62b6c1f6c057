"""Writes the averaged (or the last) weights of a full checkpoint as half-precision safetensors.

Batch normalization keeps its own tensors (the Rust program folds it after widening to f32).
The metadata tells the architecture and whether outputs are heatmaps or logits. Prints the file's SHA-256.

A net that learned from a teacher's heat is less sure than it is right, evenly so: `--heat-scale` makes the heat of the last stack,
and with it every confidence, as much larger as `evaluate_pose.py --reliability` calls for.
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save

HERE = Path(__file__).parent


def half_precision(state: dict) -> dict:
    """All floating tensors as f16; the counters of batch normalization are of no use after training."""
    largest = torch.finfo(torch.float16).max
    tensors = {}
    for name, value in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        if not torch.isfinite(value).all() or value.abs().max() > largest:
            raise ValueError(f"{name} does not fit half precision")
        tensors[name] = value.to(torch.float16).contiguous()
    return tensors


def scaled_heat(state: dict, stacks: int, scale: float) -> dict:
    """The state with the last stack's heatmaps times `scale`; no other stack reads them."""
    head = f"heatmaps.{stacks - 1}."
    return {name: value * scale if name.startswith(head) else value for name, value in state.items()}


def with_sorted_header(content: bytes) -> bytes:
    """The same safetensors file with its metadata in order, so that equal weights give equal bytes.

    The format: header length (8 bytes, little end first), header in JSON, tensors. The library
    writes the metadata in an order that changes from run to run.
    """
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--to", type=Path, default=HERE / "../weights/pose-fast.safetensors")
    parser.add_argument("--which", choices=["average", "net"], default="average", help="EMA or the last weights")
    parser.add_argument("--heat-scale", type=float, default=1.0, help="of heatmaps; logits cannot be scaled")
    chosen = parser.parse_args()
    checkpoint = torch.load(chosen.checkpoint, map_location="cpu", weights_only=False)
    metadata = {name: str(value) for name, value in checkpoint["architecture"].items()}
    metadata |= {"architecture": "stacked-hourglass", "output": checkpoint["output"]}
    chosen.to.parent.mkdir(parents=True, exist_ok=True)
    state = scaled_heat(checkpoint[chosen.which], checkpoint["architecture"]["stacks"], chosen.heat_scale)
    content = with_sorted_header(save(half_precision(state), metadata))
    chosen.to.write_bytes(content)
    print(f"{chosen.to}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    print(metadata)


if __name__ == "__main__":
    main()
