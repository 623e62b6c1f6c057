"""Makes a wider or deeper pose net out of a trained one, which it answers exactly like at first.

The trained channels keep their weights and look at none of the new ones; the new ones look at all, with random weights.
So the large net begins where the small one ended, and every further number it learns is of use from the first step on
(after Chen, Goodfellow and Shlens, "Net2Net", ICLR 2016; they copy channels instead, which then learn the same for long).
New blocks add nothing to their input at first: the last batch normalization of each is multiplied by zero (Goyal et al.,
"Accurate, Large Minibatch SGD", 2017, section 5.1).

Writes a checkpoint of averaged weights for `train_pose.py --start` and `mean_weights.py`.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from pose_checkpoint import build_net, load_weights, read_checkpoint, save_atomically


@torch.no_grad()
def grow(trained: dict[str, Tensor], grown: dict[str, Tensor]) -> None:
    """Writes the trained tensors into the first channels of the grown net's, and makes its new blocks silent, in place."""
    for name, new in grown.items():
        if name.endswith(".expand.bn.weight") and name not in trained:
            new.zero_()
    for name, old in trained.items():
        new = grown[name]
        if old.dim() == 0:
            # a count of batches, which means have and exported files do not
            new.copy_(old)
            continue
        if old.dim() == 1:
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
    parser.add_argument("to", type=Path, help="the checkpoint to write")
    parser.add_argument("--features", type=int, help="as they are if not told")
    parser.add_argument("--deep-middle", type=int, help="as it is if not told")
    parser.add_argument("--deep-blocks", type=int, help="as many as there are if not told")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    torch.manual_seed(chosen.seed)
    checkpoint = read_checkpoint(chosen.trained)
    architecture, trained = checkpoint["architecture"], checkpoint["average"]
    wanted = {"features": chosen.features, "deep_middle": chosen.deep_middle, "deep_blocks": chosen.deep_blocks}
    grown = architecture | {name: value for name, value in wanted.items() if value}
    grown_net = build_net(grown)
    grow(trained, grown_net.state_dict())

    trained_net = build_net(architecture)
    load_weights(trained_net, trained)
    pictures = torch.randn(2, 3, 128, 128).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        answers = zip(trained_net.eval()(pictures), grown_net.eval()(pictures), strict=True)
        apart = max((before - after).abs().max().item() for before, after in answers)
    if apart > 1e-3:
        raise SystemExit(f"the grown net answers differently, by {apart}")
    save_atomically({"architecture": grown, "output": checkpoint["output"], "average": grown_net.state_dict()}, chosen.to)
    print(f"{chosen.to}: {architecture} to {grown}, answers equal within {apart:.1e}")


if __name__ == "__main__":
    main()
