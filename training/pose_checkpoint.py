"""Full checkpoints of a training run: everything needed to go on as if nothing had happened; and its log."""

import os
import time
from pathlib import Path

import torch
from torch import nn

from hourglass import StackedHourglass


def build_net(architecture: dict) -> StackedHourglass:
    """The net of `{"stacks", "features", "stem", "joints"}`."""
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


def load_net(path: Path, which: str = "average") -> tuple[StackedHourglass, dict]:
    """The EMA net ("average") or the last one ("net") of a full checkpoint, ready to be run, and the checkpoint."""
    checkpoint = torch.load(path, map_location="cpu", weights_only=False)
    net = build_net(checkpoint["architecture"])
    net.load_state_dict(checkpoint[which])
    return net.eval(), checkpoint
