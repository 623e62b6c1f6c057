"""A published pose net that shows the trained one its heatmaps of every varied picture.

PP-TinyPose (PaddleDetection) sees the picture as it was made for training, occlusions and cuts included; so a joint
that nobody can see any more is not asked for with full heat, and joints without a label are taught too.
"""

from pathlib import Path

import cv2
import numpy as np

from hourglass import CELL
from onnx_session import open_session

TEACHER_SIZE = (256, 192)
TEACHER_MEAN = np.array([123.675, 116.28, 103.53], np.float32)
TEACHER_STD = np.array([58.395, 57.12, 57.375], np.float32)

TEACHER_SHIFT = -1.5
"""Input pixels from our reading of a cell (its middle, 4 c + 2) to PP-TinyPose's: 4 c as labels count, half a pixel more as a position."""


class PoseTeacher:
    """PP-TinyPose's heatmaps."""

    def __init__(self, path: Path, threads: int = 1):
        self._session = open_session(path, threads)
        self._input = self._session.get_inputs()[0].name

    def heatmaps(self, pictures: np.ndarray) -> np.ndarray:
        """Of pictures uint8 `[n, 256, 192, 3]`, RGB: `[n, 17, 64, 48]`; what its cells stand for: `TEACHER_SHIFT`."""
        normalized = (pictures.astype(np.float32) - TEACHER_MEAN) / TEACHER_STD
        return self._session.run(None, {self._input: np.ascontiguousarray(normalized.transpose(0, 3, 1, 2))})[0]

    def taught(self, pictures: np.ndarray) -> np.ndarray:
        """Of pictures `[n, height, width, 3]` of any size: `[n, 17, height / 4, width / 4]`, for our cells."""
        height, width = pictures.shape[1:3]
        scale = TEACHER_SIZE[0] / height
        left = (TEACHER_SIZE[1] - scale * width) / 2
        if left < 0:
            raise ValueError("the picture is too wide for the teacher")
        seen = pictures
        if (height, width) != TEACHER_SIZE:
            seen = np.stack([self._fitted(picture, scale, left) for picture in pictures])
        heat = np.clip(self.heatmaps(seen), 0, 1)
        # our cell k stands for pixel 4 (k + 0.5), the teacher's c for 4 (c + first)
        first = 0.5 + TEACHER_SHIFT / CELL
        rows = interpolation(heat.shape[2], scale * (np.arange(height // CELL) + 0.5) - first)
        columns = interpolation(heat.shape[3], scale * (np.arange(width // CELL) + 0.5) + left / CELL - first)
        return rows @ heat @ columns.T

    @staticmethod
    def _fitted(picture: np.ndarray, scale: float, left: float) -> np.ndarray:
        shift = 0.5 * scale - 0.5
        matrix = np.array([[scale, 0, shift + left], [0, scale, shift]])
        return cv2.warpAffine(picture, matrix, TEACHER_SIZE[::-1], flags=cv2.INTER_LINEAR)


def interpolation(count: int, places: np.ndarray) -> np.ndarray:
    """`[len(places), count]`: the matrix that interpolates `count` cells linearly at the places, 0 beyond them."""
    distance = np.abs(places[:, None] - np.arange(count)[None])
    return np.maximum(0, 1 - distance).astype(np.float32)
