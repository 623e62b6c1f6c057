"""How far the places that heatmaps choose are from the best object keypoint similarity (OKS): a loss beside the heat's own.

Squared error of heat asks for the right heat everywhere, also where it decides nothing. What is judged is the place that
`pose_decode.scatter` takes: the top of the blurred heat. Here the blurred heat, to a power, says how likely each cell is to
be taken, and the loss is what the OKS to expect lacks of 1, as in Purkrabek and Matas, "ProbPose", CVPR 2025. A heatmap
that is lower everywhere takes the same place and has the same loss, so confidences are left to the heat's own error.
"""

import torch
from torch import Tensor

from coco_figures import OKS_SIGMAS
from gaussians import gaussian, gaussian_maps
from hourglass import CELL
from pose_decode import BLUR_SHARE

DECISIVENESS = 8.0
"""The power: of two tops, one twice as high as the other, the higher one is taken 256 times as likely."""

SMALLEST_HEAT = 1e-3
"""Blurred heat is raised to this before its logarithm is taken."""


class ExpectedOks:
    """The loss for inputs of one size `(height, width)`."""

    def __init__(self, size: tuple[int, int], device: str):
        self._size = size
        rows, columns = size[0] // CELL, size[1] // CELL
        self._sigmas = torch.tensor(OKS_SIGMAS, dtype=torch.float32, device=device)
        deviations = BLUR_SHARE * rows * self._sigmas
        self._along_y = blur_matrices(rows, deviations)
        self._along_x = blur_matrices(columns, deviations)

    def loss(self, outputs: list[Tensor], joints: Tensor, person_px: Tensor) -> Tensor:
        """Sum over stacks of the mean over joints in the picture.

        outputs: heat `[n, 17, rows, columns]` of every stack.
        joints: `[n, 17, 3]`, x and y in input pixels, weight.
        person_px: `[n]`, root of each person's area in input pixels.
        """
        reach = person_px[:, None, None] / CELL * 2 * self._sigmas[:, None]
        similarity = gaussian_maps(joints, self._size, reach)
        x, y = joints[..., 0], joints[..., 1]
        inside = (0 <= x) & (x < self._size[1]) & (0 <= y) & (y < self._size[0])
        weight = joints[..., 2] * inside
        total = outputs[0].new_zeros((), dtype=torch.float32)
        for output in outputs:
            blurred = self._along_y @ output.float() @ self._along_x
            chance = (DECISIVENESS * blurred.clamp(min=SMALLEST_HEAT).log()).flatten(2).softmax(2)
            lack = 1 - (chance * similarity.flatten(2)).sum(2)
            total = total + (lack * weight).sum() / weight.sum().clamp(min=1)
        return total


def blur_matrices(cells: int, deviations: Tensor) -> Tensor:
    """`[17, cells, cells]`: what blurs along one axis, without heat outside; one matrix a joint."""
    at = torch.arange(cells, device=deviations.device)
    weights = gaussian((at[:, None] - at[None]).float(), deviations[:, None, None])
    return weights / (2 * torch.pi) ** 0.5 / deviations[:, None, None]
