"""From heatmaps to points: where the peak is, to a fraction of a cell.

Positions are in input pixels: cell (column, row) stands for ((column + 0.5) * 4, (row + 0.5) * 4).
"""

import cv2
import numpy as np

from coco_figures import OKS_SIGMAS
from hourglass import CELL

SMALLEST_HEAT = 1e-6
"""Heat is raised to this before its logarithm is taken."""

BLUR_KERNEL = 11
"""Cells; OpenCV takes a standard deviation of 2 for it, that of the Gaussians that the net is taught at 256x192."""


BLUR_SHARE = 0.5
"""A joint's blur in `scatter`, as a share of OKS_SIGMAS times the heatmap's height.

About 0.6 of the distance by which OKS forgives an error, where a person fills the input as in training.
"""

BLUR_REACH = 2.5
"""Standard deviations; farther heat does not count."""

CANDIDATE_SHARE = 0.5
"""A joint lies in the smallest rectangle of all cells with this share of the highest heat."""

NEAR_CELLS = 2
"""A joint's score is the highest heat so near to it, on each axis."""


def peaks(heatmaps: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of `[count, rows, columns]`: column and row of the highest cell (the first of equals), and its heat."""
    flat = heatmaps.reshape(len(heatmaps), -1)
    best = flat.argmax(1)
    return best % heatmaps.shape[2], best // heatmaps.shape[2], flat[np.arange(len(flat)), best]


def quarter_step(heatmaps: np.ndarray) -> np.ndarray:
    """`[count, 3]` x, y, score: the peak, moved a quarter cell toward its higher neighbor on each axis."""
    columns, rows, score = peaks(heatmaps)
    points = np.stack([columns, rows], 1).astype(float)
    for index, (column, row) in enumerate(zip(columns, rows)):
        heat = heatmaps[index]
        if 0 < column < heat.shape[1] - 1:
            points[index, 0] += 0.25 * np.sign(heat[row, column + 1] - heat[row, column - 1])
        if 0 < row < heat.shape[0] - 1:
            points[index, 1] += 0.25 * np.sign(heat[row + 1, column] - heat[row - 1, column])
    return np.column_stack([(points + 0.5) * CELL, score])


def dark(heatmaps: np.ndarray, blur: bool = False) -> np.ndarray:
    """`[count, 3]` x, y, score: Taylor step on the logarithm of the heat (Zhang et al., CVPR 2020).

    First and second derivatives come from the 3x3 cells round the peak. No step at the border
    of the heatmap or where the second derivative is not that of a peak; at most half a cell.
    With `blur`, as in the paper, the heat is blurred first where all of the blur's cells lie in the heatmap; elsewhere
    the darkness outside would draw the point inward. The step does not depend on the height of the heat.
    """
    margin = BLUR_KERNEL // 2
    columns, rows, score = peaks(heatmaps)
    points = np.stack([columns, rows], 1).astype(float)
    for index, (column, row) in enumerate(zip(columns, rows)):
        heat = heatmaps[index]
        to_border = min(column, row, heat.shape[1] - 1 - column, heat.shape[0] - 1 - row)
        if to_border < 1:
            continue
        if blur and to_border > margin:
            heat = cv2.GaussianBlur(heat, (BLUR_KERNEL, BLUR_KERNEL), 0)
        log = np.log(np.maximum(heat[row - 1 : row + 2, column - 1 : column + 2].astype(float), SMALLEST_HEAT))
        points[index] += taylor_step(log)
    return np.column_stack([(points + 0.5) * CELL, score])


def scatter(heatmaps: np.ndarray) -> np.ndarray:
    """`[17, 3]` x, y, score: where OKS is likely to be highest.

    A heatmap tells how likely a joint is where; OKS forgives errors by a Gaussian as wide as human labels of that joint scatter.
    Blurred with it, the heatmap tells what OKS to expect at each place, and the answer is where that is highest, as in
    Purkrabek and Matas, "ProbPose", CVPR 2025. There is no heat outside the map. The top is found between cells as by `dark`.
    """
    points = np.zeros((len(heatmaps), 3))
    rows, columns = heatmaps.shape[1:]
    for index, (heat, sigma) in enumerate(zip(heatmaps, BLUR_SHARE * rows * OKS_SIGMAS)):
        heat = np.maximum(heat, 0)
        side = 2 * int(np.ceil(BLUR_REACH * sigma)) + 1
        blurred = cv2.GaussianBlur(heat, (side, side), sigma, borderType=cv2.BORDER_CONSTANT)
        hot_rows, hot_columns = np.nonzero(heat >= CANDIDATE_SHARE * heat.max())
        top, left = hot_rows.min(), hot_columns.min()
        candidates = blurred[top : hot_rows.max() + 1, left : hot_columns.max() + 1]
        row, column = np.unravel_index(candidates.argmax(), candidates.shape)
        row, column = row + top, column + left
        step = np.zeros(2)
        if 0 < row < rows - 1 and 0 < column < columns - 1:
            around = blurred[row - 1 : row + 2, column - 1 : column + 2].astype(float)
            step = taylor_step(np.log(np.maximum(around, SMALLEST_HEAT)))
        near = [slice(max(0, at - NEAR_CELLS), at + NEAR_CELLS + 1) for at in (row, column)]
        points[index] = [*((np.array([column, row]) + step + 0.5) * CELL), heat[near[0], near[1]].max()]
    return points


def taylor_step(log: np.ndarray) -> np.ndarray:
    """x and y from the middle of `[3, 3]` to the top of the paraboloid through it, in cells."""
    slope_x, slope_y = (log[1, 2] - log[1, 0]) / 2, (log[2, 1] - log[0, 1]) / 2
    bend_x = log[1, 2] - 2 * log[1, 1] + log[1, 0]
    bend_y = log[2, 1] - 2 * log[1, 1] + log[0, 1]
    twist = (log[2, 2] - log[2, 0] - log[0, 2] + log[0, 0]) / 4
    determinant = bend_x * bend_y - twist**2
    if bend_x >= 0 or determinant <= 1e-9:
        return np.zeros(2)
    step_x = -(bend_y * slope_x - twist * slope_y) / determinant
    step_y = -(bend_x * slope_y - twist * slope_x) / determinant
    return np.clip([step_x, step_y], -0.5, 0.5)


DECODERS = {
    "scatter": scatter,
    "dark": dark,
    "dark-blur": lambda heatmaps: dark(heatmaps, blur=True),
    "quarter": quarter_step,
}
