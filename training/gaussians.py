"""Gaussians over the cells of heatmaps: the heat that is taught, and what object keypoint similarity forgives."""

import torch
from torch import Tensor

from hourglass import CELL


def gaussian(distance: Tensor, deviation: Tensor | float) -> Tensor:
    """1 at a distance of 0."""
    return torch.exp(-(distance**2) / (2 * deviation**2))


def gaussian_maps(joints: Tensor, size: tuple[int, int], deviation: Tensor | float) -> Tensor:
    """`[n, 17, height / 4, width / 4]`, 1 at the joint.

    joints: `[n, 17, 2 or more]`, x and y in pixels of an input of `size` (height, width).
    deviation: in cells, one for all or `[n, 17, 1]`.
    """
    rows, columns = (torch.arange(side // CELL, device=joints.device) + 0.5 for side in size)
    along_x = gaussian(joints[..., 0:1] / CELL - columns, deviation)
    along_y = gaussian(joints[..., 1:2] / CELL - rows, deviation)
    return along_y[..., :, None] * along_x[..., None, :]
