"""Writes the averaged (or the last) weights of a full checkpoint as half-precision safetensors.

Batch normalization keeps its own tensors (the Rust program folds it after widening to f32).
The metadata tells the architecture and whether outputs are heatmaps or logits. Prints the file's SHA-256.

A net that learned from a teacher's heat is less sure than it is right, evenly so: `--heat-scale` makes the heat of the last stack,
and with it every confidence, as much larger as `evaluate_pose.py --reliability` calls for.
"""

import argparse
from pathlib import Path

from half_precision import write_half
from pose_checkpoint import read_checkpoint


def scaled_heat(state: dict, stacks: int, scale: float) -> dict:
    """The state with the last stack's heatmaps times `scale`; no other stack reads them."""
    head = f"heatmaps.{stacks - 1}."
    return {name: value * scale if name.startswith(head) else value for name, value in state.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--to", type=Path, required=True, help="the weights file")
    parser.add_argument("--which", choices=["average", "net"], default="average", help="EMA or the last weights")
    parser.add_argument("--heat-scale", type=float, default=1.0, help="of heatmaps; logits cannot be scaled")
    chosen = parser.parse_args()
    checkpoint = read_checkpoint(chosen.checkpoint)
    if chosen.which not in checkpoint:
        parser.error(f"{chosen.checkpoint} is no full checkpoint with the weights \"{chosen.which}\"")
    if chosen.heat_scale != 1 and checkpoint["output"] == "logits":
        parser.error("--heat-scale is for nets with heatmaps, and this one has logits")
    metadata = {name: str(value) for name, value in checkpoint["architecture"].items()}
    metadata |= {"architecture": "stacked-hourglass", "output": checkpoint["output"]}
    state = scaled_heat(checkpoint[chosen.which], checkpoint["architecture"]["stacks"], chosen.heat_scale)
    write_half(state, chosen.to, metadata)
    print(metadata)


if __name__ == "__main__":
    main()
