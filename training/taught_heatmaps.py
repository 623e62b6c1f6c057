"""PP-TinyPose's heatmaps of every person, made once and bent to each varied picture.

They teach where else a joint might be, and joints without a label. Each is the mean of what the teacher says of the
plain view and of its mirror image, in 256 steps. Heat is known only where the plain view has seen.
"""

from pathlib import Path

import cv2
import numpy as np

from hourglass import CELL
from pose_augment import plain_batch, plain_map
from pose_data import MIRRORED_JOINT, ByPerson, PoseData, name_of
from pose_teacher import TEACHER_SHIFT, TEACHER_SIZE, PoseTeacher
from rows_on_disk import RowsOnDisk

ROWS, COLUMNS = (side // CELL for side in TEACHER_SIZE)

BATCH = 4
"""ONNX Runtime takes 1.4 times as long for each of 32 pictures at once as for each of 4: their maps leave the caches."""


def position_from_cell(first_px: float) -> np.ndarray:
    """`[3, 3]`: from cells (column, row) to the positions that they stand for; the first one's is `first_px`."""
    return np.array([[CELL, 0, first_px], [0, CELL, first_px], [0, 0, 1]])


POSITION_FROM_TAUGHT = position_from_cell(CELL / 2 + TEACHER_SHIFT)
POSITION_FROM_CELL = position_from_cell(CELL / 2)


class TaughtHeatmaps:
    """Of every person of `data`, uint8 `[64, 48, 17]`; a file in the cache for each folder of people (52 kB a person)."""

    def __init__(self, data: PoseData, teacher: Path, cache_directory: Path, threads: int):
        self._data = data
        self._heat = ByPerson([self._of_folder(folder, teacher, cache_directory, threads) for folder in data.folders])

    def _of_folder(self, folder: slice, teacher: Path, cache_directory: Path, threads: int) -> RowsOnDisk:
        rows = self._data.rows[folder]
        shape = (len(rows), ROWS, COLUMNS, len(MIRRORED_JOINT))
        path = cache_directory / f"taught-{name_of(rows)}.u8"
        if not path.exists():
            session = PoseTeacher(teacher, threads)
            unfinished = path.with_suffix(".unfinished")
            made = np.memmap(unfinished, np.uint8, "w+", shape=shape)
            for first in range(0, len(rows), BATCH):
                chosen = np.arange(first, min(first + BATCH, len(rows)))
                pictures, _ = plain_batch(self._data, chosen + folder.start, TEACHER_SIZE)
                heat = mirrored_mean(session, pictures).clip(0, 1) * 255
                made[chosen] = np.round(heat).astype(np.uint8).transpose(0, 2, 3, 1)
            made.flush()
            unfinished.rename(path)
        return RowsOnDisk(path, shape)

    def expect(self, people: np.ndarray) -> None:
        """Begins to read what will be asked for soon."""
        self._heat.expect(people)

    def batch(self, people: np.ndarray, maps: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Heat `[n, 17, rows, columns]` for inputs of `size`, and where it is known (1, else 0), `[n, 1, rows, columns]`.

        `maps` `[n, 2, 3]` tell how the inputs were made of the crops.
        """
        bent = [self._bent(person, position_map, size) for person, position_map in zip(people, maps)]
        heat, known = (np.stack(each) for each in zip(*bent))
        return heat.astype(np.float32) / 255, known[:, None].astype(np.float32)

    def _bent(self, person: int, input_map: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        teacher_map = plain_map(self._data.boxes[person], TEACHER_SIZE)
        taught_from_crop = np.linalg.inv(POSITION_FROM_TAUGHT) @ squared(teacher_map)
        taught_from_cell = (taught_from_crop @ np.linalg.inv(squared(input_map)) @ POSITION_FROM_CELL)[:2]
        cells = (size[1] // CELL, size[0] // CELL)

        def bend(pictures: np.ndarray, how: int) -> np.ndarray:
            return cv2.warpAffine(pictures, taught_from_cell, cells, flags=how | cv2.WARP_INVERSE_MAP)

        taught = self._heat[person]
        # OpenCV bends four channels at a time
        parts = [bend(taught[..., first : first + 4], cv2.INTER_LINEAR) for first in range(0, taught.shape[2], 4)]
        heat = np.dstack(parts)
        if np.linalg.det(input_map[:, :2]) < 0:
            heat = heat[..., MIRRORED_JOINT]
        return heat.transpose(2, 0, 1), bend(np.ones((ROWS, COLUMNS), np.uint8), cv2.INTER_NEAREST)


def squared(affine: np.ndarray) -> np.ndarray:
    """An affine map `[2, 3]` as a matrix `[3, 3]`."""
    return np.vstack([affine, [0, 0, 1]])


def mirrored_mean(teacher: PoseTeacher, pictures: np.ndarray) -> np.ndarray:
    """Mean heat of pictures and of their mirror images, turned back.

    A cell of the teacher stands for 4 c + 0.5, so its mirror image lies three pixels beside the cells; it is interpolated there.
    """
    heat = teacher.heatmaps(pictures)
    back = teacher.heatmaps(np.ascontiguousarray(pictures[:, :, ::-1]))[:, MIRRORED_JOINT, :, ::-1]
    # back's column c (from the left) stands for 192 - (4 (47 - c) + 0.5) = 4 c + 3.5, that is cell c + 0.75 of the teacher
    shifted = 0.25 * back
    shifted[..., 1:] += 0.75 * back[..., :-1]
    return (heat + shifted) / 2
