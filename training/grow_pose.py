"""Makes a wider pose net out of a trained one, which it answers exactly like at first.

The trained channels keep their weights and look at none of the new ones; the new ones look at all, with random weights.
So the wide net begins where the narrow one ended, and every further number it learns is of use from the first step on
(after Chen, Goodfellow and Shlens, "Net2Net", ICLR 2016; they copy channels instead, which then learn the same for long).

Writes a plain state file for `train_pose.py --start`.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from pose_checkpoint import build_net, load_weights, read_checkpoint


@torch.no_grad()
def grow(trained: dict[str, Tensor], wide: dict[str, Tensor]) -> None:
    """Writes the trained tensors into the first channels of the wide net's, in place."""
    for name, old in trained.items():
        new = wide[name]
        if old.dim() != 4:
            new[: len(old)] = old
            continue
        outputs, inputs = old.shape[:2]
        # Batch normalization follows and makes the scale of a row meaningless, but the optimizer keeps the norm of
        # the whole: rows of equal norm share it fairly.
        scale = old.flatten(1).norm(dim=1).mean() / new.flatten(1).norm(dim=1).mean()
        new *= scale
        new[:outputs] = 0
        new[:outputs, :inputs] = old


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path, help="exported weights or a full checkpoint")
    parser.add_argument("to", type=Path)
    parser.add_argument("--features", type=int, help="as they are if not told")
    parser.add_argument("--deep-middle", type=int, help="as it is if not told")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    torch.manual_seed(chosen.seed)
    checkpoint = read_checkpoint(chosen.trained)
    architecture, trained = checkpoint["architecture"], checkpoint["average"]
    wanted = {"features": chosen.features, "deep_middle": chosen.deep_middle}
    wide = architecture | {name: value for name, value in wanted.items() if value}
    wide_net = build_net(wide)
    grow(trained, wide_net.state_dict())

    narrow_net = build_net(architecture)
    load_weights(narrow_net, trained)
    pictures = torch.randn(2, 3, 128, 128).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        answers = zip(narrow_net.eval()(pictures), wide_net.eval()(pictures), strict=True)
        apart = max((narrow - wide).abs().max().item() for narrow, wide in answers)
    if apart > 1e-3:
        raise SystemExit(f"the wide net answers differently, by {apart}")
    torch.save(wide_net.state_dict(), chosen.to)
    print(f"{chosen.to}: {architecture} to {wide}, answers equal within {apart:.1e}")


if __name__ == "__main__":
    main()
