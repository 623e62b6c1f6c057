"""From heatmaps to points: where the peak is, to a fraction of a cell.

Positions are in input pixels: cell (column, row) stands for ((column + 0.5) * 4, (row + 0.5) * 4).
"""

import cv2
import numpy as np

from hourglass import CELL

SMALLEST_HEAT = 1e-6
"""Heat is raised to this before its logarithm is taken."""

BLUR_KERNEL = 11
"""Cells; OpenCV takes a standard deviation of 2 for it, that of the Gaussians that the net is taught at 256x192."""


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
    "dark": dark,
    "dark-blur": lambda heatmaps: dark(heatmaps, blur=True),
    "quarter": quarter_step,
}
