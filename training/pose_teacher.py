"""PP-TinyPose (PaddleDetection), a published pose net: to compare with, and to learn from (`taught_heatmaps.py`)."""

from pathlib import Path

import numpy as np

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
