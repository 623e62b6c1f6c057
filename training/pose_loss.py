"""Target heatmaps and the losses that compare the net's outputs with them.

Three losses, to be chosen by experiment (RESULTS.md says which won):

mse: squared error of heatmaps, the joint's place weighted up. Output kind "heatmap".
bce: sigmoid cross-entropy against the Gaussian, the joint's place weighted up. Output kind "logits".
locate: the same cross-entropy, plus cross-entropy of a softmax over all cells against the
    Gaussian, which teaches the place while the first teaches whether there is a joint at all. Both
    want the logarithm of the Gaussian where it is small, so they agree. Output kind "logits".
"""

import torch
from torch import Tensor
from torch.nn import functional

from gaussians import gaussian_maps
from hourglass import CELL

OUTPUT_KIND = {"mse": "heatmap", "bce": "logits", "locate": "logits"}

SIGMA_SHARE = 2.0 / 64.0
"""Standard deviation of a target Gaussian as a share of the heatmap's height: 2 cells at 256 pixels."""


def weighted_mse(output: Tensor, target: Tensor, weight: Tensor, sigma: float, known: Tensor | float = 1.0) -> Tensor:
    """Summed over the cells where the target is known, in units of the energy of one Gaussian, averaged over known joints."""
    error = ((output - target) ** 2 * (1 + 4 * target) * known).sum((2, 3))
    return (error * weight).sum() / weight.sum().clamp(min=1) / (torch.pi * sigma**2)


def weighted_bce(output: Tensor, target: Tensor, weight: Tensor, sigma: float, extra: float) -> Tensor:
    """Summed over cells, in units of the mass of one Gaussian, averaged over known joints."""
    error = functional.binary_cross_entropy_with_logits(output, target, reduction="none") * (1 + extra * target)
    return (error.sum((2, 3)) * weight).sum() / weight.sum().clamp(min=1) / (2 * torch.pi * sigma**2)


def place_cross_entropy(output: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Of the softmax over cells, for joints inside the picture."""
    mass = target.sum((2, 3))
    inside = weight * (mass > 1)
    log_share = output.flatten(2).log_softmax(2).view_as(output)
    error = -(target * log_share).sum((2, 3)) / mass.clamp(min=1)
    return (error * inside).sum() / weight.sum().clamp(min=1)


def taught_loss(outputs: list[Tensor], taught: Tensor, known: Tensor, size: tuple[int, int]) -> Tensor:
    """Sum over stacks of the squared error against a teacher's heatmaps `[n, 17, rows, columns]`, all joints alike.

    `known` `[n, 1, rows, columns]` is 0 where the teacher has not looked.
    """
    sigma = SIGMA_SHARE * size[0] / CELL
    everywhere = taught.new_ones(taught.shape[:2])
    return sum(weighted_mse(output.float(), taught, everywhere, sigma, known) for output in outputs)


def pose_loss(kind: str, outputs: list[Tensor], joints: Tensor, size: tuple[int, int], extra: float = 4.0) -> Tensor:
    """Sum over stacks of the loss of one batch; joints `[n, 17, 3]`: x, y, weight.

    `extra` is how much more the joint's own cell counts in the cross-entropy than a far one.
    """
    sigma = SIGMA_SHARE * size[0] / CELL
    target = gaussian_maps(joints, size, sigma)
    weight = joints[..., 2]
    total = outputs[0].new_zeros(())
    for output in outputs:
        output = output.float()
        if kind == "mse":
            total = total + weighted_mse(output, target, weight, sigma)
        else:
            total = total + weighted_bce(output, target, weight, sigma, extra)
        if kind == "locate":
            total = total + place_cross_entropy(output, target, weight)
    return total
