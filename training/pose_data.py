"""Person crops and the joint positions that the net is taught.

`labels.jsonl.gz` holds a line a person: a square WebP crop of 1.5 times the longer side of the
person's box, human labels where there are any, and the answers of two published nets, here
called teachers (`teacher`: PP-TinyPose, `thunder`: MoveNet Thunder).

All crops of a folder are decoded once into one raw array on disk, so that training reads pixels by memory
mapping. Joints are in COCO-17 order everywhere, positions in crop pixels, whose centers are at halves. Labels count
pixels from 0 instead, so half a pixel of the original picture is added to them: a net that learned from pictures and
their mirror images alike, without it, was that much beside its labels in x and not in y.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

from label_lines import read_label_lines
from rows_on_disk import RowsOnDisk

CROP_SIDE = 288
"""Side of a stored crop; smaller ones lie in the top left corner, the rest is black."""

JOINTS = 17
MIRRORED_JOINT = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
"""For each joint, the one that it becomes in the mirror."""

NOWHERE = -1e4
"""Coordinate of joints that are not in the picture: so far outside that no heat reaches it."""

ABSENT_SCORE, ABSENT_WEIGHT = 0.1, 0.4
"""A joint that no human labelled and of which the teacher is less sure is taught to be absent, with less trust."""

FULLY_LABELLED, UNLABELLED_WEIGHT = {"coco"}, 0.6
"""Sources whose people have human labels for every joint that the labellers could place. Their other joints are taught to
be absent, with this trust times what the teacher's score lacks of 1, since some are only left out."""

FULL_SHIFT, SHRUNK_SHIFT = 0.5, 0.33
"""Crop pixels from a label to the position it means: in crops as large as in their picture, and in those made smaller
(to 288 pixels, by how much is not recorded; two thirds is usual)."""

DARKEST_PICTURE = 16
"""A row or column of a crop whose pixels are all darker, up to the border, lies outside the picture it was cut from."""

SAMPLING_WEIGHT = {
    "coco": 4.0,
    "lsp": 1.5,
    "studio": 1.5,
    "lspet": 0.5,
    "more_flickr8k": 2.0,
    "more_har_actions": 0.7,
    "more_sports22": 0.7,
}
"""How much more often than others a source's people are drawn: everyday people and clean labels more often, gymnasts
with noisy labels and the many further people of narrower pictures less."""


class ByPerson:
    """Arrays of several folders, one row a person, counted through."""

    def __init__(self, folders: list[RowsOnDisk]):
        self._folders = folders

    def __getitem__(self, person: int) -> np.ndarray:
        folder, row = self._place(person)
        return folder[row]

    def expect(self, people: np.ndarray) -> None:
        """Begins to read what will be asked for soon."""
        for person in people:
            folder, row = self._place(person)
            folder.expect(row)

    def _place(self, person: int) -> tuple[RowsOnDisk, int]:
        for folder in self._folders:
            if person < len(folder):
                return folder, int(person)
            person -= len(folder)
        raise IndexError(person)


@dataclass
class PoseData:
    """Everything that training and validation read.

    rows: the label lines.
    folders: the people of each folder.
    pixels: by person, uint8 `[288, 288, 3]`, RGB, on disk.
    joints: float32 `[people, 17, 3]`, x, y, weight (0 where nothing is known, 1 full trust); absent ones are NOWHERE.
    boxes: float32 `[people, 4]`, x, y, width, height.
    training, validation: indices of people.
    """

    rows: list
    folders: list[slice]
    pixels: ByPerson
    joints: np.ndarray
    boxes: np.ndarray
    training: np.ndarray
    validation: np.ndarray

    def sampling_probability(self, coco_weight: float = SAMPLING_WEIGHT["coco"]) -> np.ndarray:
        """Chance of each training person to be the next one drawn, `[len(training)]`."""
        weights = SAMPLING_WEIGHT | {"coco": coco_weight}
        weight = np.array([weights.get(self.rows[i]["source"], 1.0) for i in self.training])
        return weight / weight.sum()


def is_validation(row: dict) -> bool:
    """A tenth of the COCO pictures, all people in them: those whose id divides by ten."""
    return row["source"] == "coco" and int(row["from"].split("/")[1]) % 10 == 0


def teacher_trust(teacher_joint: np.ndarray) -> float:
    """0 to 1 from a teacher's `x, y, score, spread`: sure of itself, and of one mind."""
    score, spread = teacher_joint[2], teacher_joint[3]
    return float(np.clip((score - 0.15) / 0.3, 0, 1) * np.clip((0.08 - spread) / 0.05, 0, 1))


def unswap_left_right(human: np.ndarray, teacher: np.ndarray) -> np.ndarray:
    """Undoes labels by image side on people seen from behind: the reading nearer the teacher's."""
    mirrored = human[MIRRORED_JOINT]
    compared = [j for j in range(5, JOINTS) if human[j, 2] > 0 and mirrored[j, 2] > 0 and teacher[j, 2] > 0.3]

    def distance(labels: np.ndarray) -> float:
        return float(np.linalg.norm(labels[compared, :2] - teacher[compared, :2], axis=1).sum())

    return mirrored if compared and distance(mirrored) < distance(human) else human


def positions_of_labels(row: dict, labels: list) -> np.ndarray:
    """Labels `[17, x, y, ...]` of a row, with x and y moved to what they mean, as an array."""
    found = np.array(labels, np.float32)
    found[:, :2] += SHRUNK_SHIFT if row["size"] >= CROP_SIDE else FULL_SHIFT
    return found


def joint_labels(row: dict, picture: np.ndarray) -> np.ndarray:
    """`[17, 3]` x, y, weight of one person: human labels where good, else votes and teachers; nothing of those who have neither.

    `picture` (left, top, right, bottom in crop pixels) is the part of the crop that is not black surroundings; where a teacher
    guesses a joint outside of it, nobody can see one.
    """
    labels = np.zeros((JOINTS, 3), np.float32)
    if "teacher" not in row:
        return labels
    longer_side = max(row["box"][2:])
    teacher = positions_of_labels(row, row["teacher"])
    thunder = positions_of_labels(row, row["thunder"]) if "thunder" in row else None
    human = positions_of_labels(row, row["gt"]) if "gt" in row else np.zeros((JOINTS, 3), np.float32)
    if row.get("lr") == "image":
        human = unswap_left_right(human, teacher)

    def apart(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.linalg.norm(a[:2] - b[:2]) / longer_side)

    for j in range(JOINTS):
        trust = teacher_trust(teacher[j])
        guessed_outside = bool((teacher[j, :2] < picture[:2]).any() or (teacher[j, :2] > picture[2:]).any())
        if thunder is not None:
            confirmed = apart(teacher[j], thunder[j]) < 0.05
        else:
            confirmed = teacher[j, 3] < 0.015
        if human[j, 2] > 0 and row["source"] != "lspet":
            labels[j] = (*human[j, :2], 1.0)
        elif human[j, 2] > 0:
            # Labels bought on the web, one in ten wrong: two of three votes.
            votes = [apart(human[j], teacher[j]), apart(human[j], thunder[j]) if thunder is not None else np.inf]
            if min(votes) < 0.1:
                second = teacher[j] if votes[0] <= votes[1] else thunder[j]
                labels[j] = (*((human[j, :2] + second[:2]) / 2), 1.0)
            elif confirmed and trust > 0.3:
                labels[j] = (*teacher[j, :2], 0.8)
            else:
                labels[j] = (*human[j, :2], 0.2)
        elif "gt" in row and row["source"] in FULLY_LABELLED:
            labels[j] = (NOWHERE, NOWHERE, UNLABELLED_WEIGHT * max(0.0, 1 - teacher[j, 2]))
        elif trust > 0 and not guessed_outside:
            labels[j] = (*teacher[j, :2], trust * (0.9 if confirmed else 0.5))
        elif teacher[j, 2] < ABSENT_SCORE or guessed_outside:
            labels[j] = (NOWHERE, NOWHERE, ABSENT_WEIGHT)
    return labels


def read_rows(data_directory: Path) -> list:
    """The label lines of `data_directory/pose`."""
    return read_label_lines(data_directory / "pose" / "labels.jsonl.gz")


def decode_crop(path: str) -> np.ndarray:
    """One crop as RGB in the top left of a black square of 288 pixels."""
    square = np.zeros((CROP_SIDE, CROP_SIDE, 3), np.uint8)
    picture = cv2.imread(path, cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{path} cannot be read as a picture")
    square[: picture.shape[0], : picture.shape[1]] = picture[:, :, ::-1]
    return square


def name_of(rows: list) -> str:
    """Short text that tells a folder's people from those of any other."""
    people = "\n".join(f"{row['file']} {row['from']} {row['box']}" for row in rows)
    return hashlib.sha256(people.encode()).hexdigest()[:12]


def decoded_pixels(rows: list, data_directory: Path, cache_directory: Path) -> RowsOnDisk:
    """All crops as one array on disk, decoded on first use (8 GB)."""
    shape = (len(rows), CROP_SIDE, CROP_SIDE, 3)
    path = cache_directory / f"pose-crops-{name_of(rows)}.u8"
    if not path.exists():
        cache_directory.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        array = np.memmap(unfinished, np.uint8, "w+", shape=shape)
        files = [str(data_directory / "pose" / row["file"]) for row in rows]
        with Pool() as pool:
            for index, crop in enumerate(pool.imap(decode_crop, files, chunksize=64)):
                array[index] = crop
        array.flush()
        unfinished.rename(path)
    return RowsOnDisk(path, shape)


def picture_edges(pixels: RowsOnDisk, path: Path) -> np.ndarray:
    """Left, top, right and bottom of what is not black surroundings in every crop, `[people, 4]`; found once and kept at `path`."""
    if not path.exists():
        with Pool() as pool:
            edges = np.array(pool.map(edges_of_crop, pixels, chunksize=64), np.float32)
        np.save(path, edges)
    return np.load(path)


def edges_of_crop(crop: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the rectangle outside of which `[height, width, 3]` is black."""
    bright = crop.max(2) > DARKEST_PICTURE
    columns, rows = np.flatnonzero(bright.any(0)), np.flatnonzero(bright.any(1))
    return (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if len(columns) else (0, 0, crop.shape[1], crop.shape[0])


def load_pose_data(data_directory: Path, cache_directory: Path, more: Sequence[Path] = ()) -> PoseData:
    """Labels, pixels and the split; people of `more` folders (`cut_more_people.py`) come after the others, for training."""
    folders = [data_directory, *more]
    of_folder = [read_rows(folder) for folder in folders]
    rows = [row for people in of_folder for row in people]
    pixels = [decoded_pixels(people, folder, cache_directory) for people, folder in zip(of_folder, folders)]
    edges = [
        picture_edges(crops, cache_directory / f"picture-edges-{name_of(people)}.npy")
        for people, crops in zip(of_folder, pixels)
    ]
    held_out = np.array([is_validation(row) for row in rows])
    return PoseData(
        rows=rows,
        folders=[slice(end - len(people), end) for people, end in zip(of_folder, np.cumsum([len(each) for each in of_folder]))],
        pixels=ByPerson(pixels),
        joints=np.stack([joint_labels(row, picture) for row, picture in zip(rows, np.concatenate(edges))]),
        boxes=np.array([row["box"] for row in rows], np.float32),
        training=np.flatnonzero(~held_out),
        validation=np.flatnonzero(held_out),
    )
