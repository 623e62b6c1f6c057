"""Whole pictures with people's boxes, decoded once into one raw array on disk.

A source is a folder with `labels.jsonl.gz` and the picture files it names. A row has `file`, `size` (width, height:
the frame of all boxes), `source`, `from`, and any of `people` (human boxes, x1 y1 x2 y2), `teacher` (x1 y1 x2 y2,
score, how many of the two teachers found it) and `empty` (true: no people). Several folders can be given.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from box_overlap import pairwise_iou
from label_lines import read_label_lines

TEACHER_SURE, TEACHER_UNSURE = 0.45, 0.2
"""Scores of the teachers' boxes: people above the first one, if both teachers found them; background below the second one."""
DUPLICATE_IOU = 0.5
"""Boxes that overlap more than this are of one person."""
VALIDATION_DIVISOR = 10
"""COCO pictures whose id divides by it are never trained on, as for the pose net."""
HUMAN_LABEL_REPEATS = 3
"""How much oftener a picture with human boxes is drawn: they are one in seven of all, and the best labelled."""


@dataclass
class Labels:
    """One picture's boxes, all `[n, 4]` corners in stored pixels but `teacher` `[n, 6]`."""

    people: np.ndarray
    ignore: np.ndarray
    human: np.ndarray
    teacher: np.ndarray
    validation: bool


def split_labels(row: dict) -> Labels:
    """People = human boxes and what both teachers are sure of; ignore = what the teachers are unsure of."""
    human = np.array(row.get("people") or [], np.float32).reshape(-1, 4)
    teacher = np.array(row.get("teacher") or [], np.float32).reshape(-1, 6)
    if row.get("empty"):
        none = np.zeros((0, 4), np.float32)
        people, ignore = none, none
    else:
        is_sure = (teacher[:, 4] > TEACHER_SURE) & (teacher[:, 5] == 2)
        sure = teacher[is_sure, :4]
        unsure = teacher[~is_sure & (teacher[:, 4] > TEACHER_UNSURE), :4]
        new = (pairwise_iou(sure, human) <= DUPLICATE_IOU).all(axis=1)
        people = np.concatenate([human, sure[new]])
        ignore = unsure[(pairwise_iou(unsure, people) <= DUPLICATE_IOU).all(axis=1)]
    validation = row["source"].startswith("coco") and int(row["from"].split("/")[-1]) % VALIDATION_DIVISOR == 0
    return Labels(people, ignore, human, teacher, validation)


class PictureSet:
    """Decoded pictures (RGB views into a memory map) and their labels."""

    def __init__(self, folders: list[Path], cache: Path):
        rows = [(folder, row) for folder in folders for row in read_label_lines(folder / "labels.jsonl.gz")]
        self.labels = [split_labels(row) for _, row in rows]
        self.sources = [row["source"] for _, row in rows]
        self.sizes = [tuple(row["size"]) for _, row in rows]
        lengths = np.array([3 * width * height for width, height in self.sizes], np.int64)
        self._starts = np.concatenate([[0], np.cumsum(lengths)])
        names = "\n".join(f"{folder.name}/{row['file']} {row['size']}" for folder, row in rows)
        path = cache / f"pictures-{hashlib.sha256(names.encode()).hexdigest()[:12]}.raw"
        if not path.exists():
            cache.mkdir(parents=True, exist_ok=True)
            self._decode(rows, path)
        self._pixels = np.memmap(path, np.uint8, "r")

    def _decode(self, rows, path: Path) -> None:
        partial = path.with_suffix(".partial")
        with open(partial, "wb") as file:
            for folder, row in rows:
                picture = cv2.imread(str(folder / row["file"]), cv2.IMREAD_COLOR)
                if picture is None or picture.shape[1::-1] != tuple(row["size"]):
                    raise ValueError(f"{folder / row['file']} cannot be read or is not of the size its label says")
                file.write(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).tobytes())
        partial.rename(path)

    def __len__(self) -> int:
        return len(self.labels)

    def picture(self, index: int) -> np.ndarray:
        """Picture `index`: `[height, width, 3]` uint8, read only."""
        width, height = self.sizes[index]
        return self._pixels[self._starts[index] : self._starts[index + 1]].reshape(height, width, 3)

    def training(self, human_repeats: int = HUMAN_LABEL_REPEATS) -> np.ndarray:
        """Indices to draw from; pictures with human labels stand there several times."""
        chosen = [i for i, labels in enumerate(self.labels) if not labels.validation]
        return np.array([i for i in chosen for _ in range(human_repeats if len(self.labels[i].human) else 1)])

    def validation(self) -> np.ndarray:
        return np.array([i for i, labels in enumerate(self.labels) if labels.validation])


def letterbox(picture: np.ndarray, side: int, multiple: int = 32, gray: int = 114):
    """Scale so that the longer side is `side`, put at the top left of a gray canvas with sides multiples of `multiple`.

    Returns the canvas, the scale (canvas pixels a picture pixel) and the scaled picture's (width, height).
    """
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    scaled = cv2.resize(picture, size, interpolation=method)
    canvas = np.full((-size[1] % multiple + size[1], -size[0] % multiple + size[0], 3), gray, np.uint8)
    canvas[: size[1], : size[0]] = scaled
    return canvas, scale, size
