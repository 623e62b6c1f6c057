"""Files of a training run: full checkpoints, with which it goes on as if nothing had happened, exported weights, its log."""

import os
import time
from pathlib import Path

import torch
from safetensors import safe_open

from hourglass import StackedHourglass
from needed_file import CHECKPOINT, needed_file

ARCHITECTURE = ("stacks", "features", "joints", "stem", "deep_middle", "deep_blocks")
"""What tells one pose net's shape from another's; files without `deep_middle` have half of the features there, those without
`deep_blocks` no such blocks."""


def build_net(architecture: dict) -> StackedHourglass:
    """The net of the facts that `ARCHITECTURE` names."""
    return StackedHourglass(**architecture).to(memory_format=torch.channels_last)


def append_log(directory: Path, line: str) -> None:
    """Prints a line with the time of day, and keeps it in the run's `log.txt`."""
    line = time.strftime("%H:%M:%S ") + line
    print(line, flush=True)
    with open(directory / "log.txt", "a") as file:
        file.write(line + "\n")


def save_atomically(state: dict, path: Path) -> None:
    """Never leaves half a file under the final name."""
    unfinished = path.with_suffix(".unfinished")
    torch.save(state, unfinished)
    os.replace(unfinished, path)


def read_checkpoint(path: Path) -> dict:
    """A full checkpoint, or of exported weights (safetensors) what one holds of them: "architecture", "output", "average"."""
    path = needed_file(path, CHECKPOINT)
    if path.suffix != ".safetensors":
        return torch.load(path, map_location="cpu", weights_only=False)
    with safe_open(path, "pt") as weights:
        facts = weights.metadata()
        state = {name: weights.get_tensor(name).float() for name in weights.keys()}
    return {"architecture": {name: int(facts[name]) for name in ARCHITECTURE if name in facts}, "output": facts["output"], "average": state}


def load_weights(net: StackedHourglass, state: dict) -> None:
    """Gives the net its tensors by name; exported weights lack the counters of batch normalization, and nothing else may be missing."""
    fit = net.load_state_dict(state, strict=False)
    if fit.unexpected_keys or any(not key.endswith("num_batches_tracked") for key in fit.missing_keys):
        raise ValueError(f"weights do not fit: {fit}")


def load_net(path: Path, which: str = "average") -> tuple[StackedHourglass, dict]:
    """The EMA net ("average") or the last one ("net") of `read_checkpoint`, ready to be run, and the checkpoint."""
    checkpoint = read_checkpoint(path)
    net = build_net(checkpoint["architecture"])
    load_weights(net, checkpoint[which])
    return net.eval(), checkpoint
