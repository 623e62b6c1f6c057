"""People for the re-identification net: pictures cut to its input, and what published nets say about them.

The crops, joints and the split are those of `pose_data.py`. Of each person a published net, the teacher, gives
numbers once; nets that are trained learn which people it finds alike.

    python reid_data.py --teachers DIR      computes the teacher's numbers (6 ms a person)
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from needed_file import needed_file
from onnx_session import open_session
from pose_augment import warp
from pose_data import PoseData, load_pose_data
from reidentifier import INPUT_HEIGHT, INPUT_WIDTH

HERE = Path(__file__).parent

INPUT_SIZE = (INPUT_WIDTH, INPUT_HEIGHT)

SMALLEST_HEIGHT_PX = 56
"""People below are not taught: a net that looks at 128 rows would learn to compare blur."""

TEACHER_SIZE = (128, 256)
"""Width and height of OSNet's input; a person's box is stretched to it."""

TEACHER_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
TEACHER_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

TAUGHT_NUMBERS = 128
"""Principal components of the teacher's 512 numbers that are kept."""


@dataclass
class ReidData:
    """People and the teacher's opinion of them.

    pose: pictures, joints and boxes of all people.
    training, validation: indices of people.
    taught: float32 `[len(training), 128]`, unit length; people who are alike for the teacher have a large product.
    """

    pose: PoseData
    training: np.ndarray
    validation: np.ndarray
    taught: np.ndarray


def taught_people(pose: PoseData) -> np.ndarray:
    """Training people of whom enough is seen; of the gymnasts of `lspet`, who are alike, every third."""
    large = pose.boxes[:, 3] >= SMALLEST_HEIGHT_PX
    chosen = [i for i in pose.training if large[i] and (pose.rows[i]["source"] != "lspet" or i % 3 == 0)]
    return np.array(chosen)


def validation_people(pose: PoseData) -> np.ndarray:
    """Validation people of whom enough is seen."""
    return pose.validation[pose.boxes[pose.validation, 3] >= SMALLEST_HEIGHT_PX]


def input_from_crop(box: np.ndarray, size: tuple[int, int] = INPUT_SIZE) -> np.ndarray:
    """`[2, 3]`: from crop pixels to an input of `size` in which the box just fits, its shape unchanged."""
    x, y, width, height = (float(value) for value in box)
    scale = min(size[0] / width, size[1] / height)
    shift_x, shift_y = size[0] / 2 - scale * (x + width / 2), size[1] / 2 - scale * (y + height / 2)
    return np.array([[scale, 0, shift_x], [0, scale, shift_y]])


def shrinking_warp(picture: np.ndarray, out_from_in: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """`warp` to `size` (width, height); where it shrinks by much, pixels are joined by twos first."""
    scale = np.sqrt(abs(np.linalg.det(out_from_in[:, :2])))
    matrix = out_from_in.copy()
    if scale < 0.6:
        half = (picture.shape[1] // 2, picture.shape[0] // 2)
        picture = cv2.resize(picture[: 2 * half[1], : 2 * half[0]], half, interpolation=cv2.INTER_AREA)
        matrix[:, :2] *= 2
    return warp(picture, matrix, size[::-1])


def plain_input(pose: PoseData, person: int) -> np.ndarray:
    """One person as the net sees them: `[128, 64, 3]`, RGB, 8 bits."""
    return shrinking_warp(pose.pixels[person], input_from_crop(pose.boxes[person]), INPUT_SIZE)


def teacher_input(picture: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The box of a picture stretched to `[256, 128, 3]`, RGB, 8 bits."""
    x, y, width, height = (float(value) for value in box)
    stretch = np.array([[TEACHER_SIZE[0] / width, 0, 0], [0, TEACHER_SIZE[1] / height, 0]])
    stretch[:, 2] = -stretch[:, :2] @ [x, y]
    return shrinking_warp(picture, stretch, TEACHER_SIZE)


class Osnet:
    """OSNet x0.25 (Zhou et al. 2019) trained on MSMT17, by ONNX Runtime."""

    def __init__(self, file: Path, threads: int = 1):
        self.session = open_session(file, threads)
        self.input = self.session.get_inputs()[0].name

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """`[n, 256, 128, 3]` RGB, 8 bits -> `[n, 512]`."""
        numbers = (pictures.astype(np.float32) / 255 - TEACHER_MEAN) / TEACHER_DEVIATION
        return self.session.run(None, {self.input: np.ascontiguousarray(numbers.transpose(0, 3, 1, 2))})[0]


def numbers_file(cache_directory: Path, people: np.ndarray) -> Path:
    """Where the teacher's numbers of the taught people lie."""
    return cache_directory / f"reid-osnet-{len(people)}.npy"


def compute_teacher_numbers(pose: PoseData, teacher, path: Path, batch: int = 32) -> None:
    """Asks the teacher about all taught people."""
    people, found = taught_people(pose), []
    for start in range(0, len(people), batch):
        some = people[start : start + batch]
        found.append(teacher(np.stack([teacher_input(pose.pixels[i], pose.boxes[i]) for i in some])))
        if start % (50 * batch) == 0:
            print(f"{start} of {len(people)}", flush=True)
    np.save(path, np.concatenate(found).astype(np.float16))


def taught_numbers(numbers: np.ndarray) -> np.ndarray:
    """The teacher's numbers without what all people share: unit length, centered, the main components, unit length.

    OSNet's embeddings of two strangers have a cosine of 0.44 in the mean; after centering it is about 0.
    """
    numbers = numbers.astype(np.float32)
    numbers /= np.linalg.norm(numbers, axis=1, keepdims=True)
    numbers -= numbers.mean(axis=0)
    values, vectors = np.linalg.eigh(numbers.T @ numbers)
    kept = numbers @ vectors[:, np.argsort(-values)[:TAUGHT_NUMBERS]]
    return kept / np.linalg.norm(kept, axis=1, keepdims=True)


def load_reid_data(data_directory: Path, cache_directory: Path) -> ReidData:
    """Everything that training and validation read."""
    pose = load_pose_data(data_directory, cache_directory)
    training = taught_people(pose)
    numbers = np.load(needed_file(numbers_file(cache_directory, training), "OSNet's numbers of everyone, which reid_data.py makes"))
    return ReidData(pose, training, validation_people(pose), taught_numbers(numbers))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE / "../../shared/data")
    parser.add_argument("--cache", type=Path, default=HERE / "runs/cache")
    parser.add_argument("--teachers", type=Path, required=True, help="folder with osnet_x0_25_msmt17.onnx")
    arguments = parser.parse_args()
    pose = load_pose_data(arguments.data, arguments.cache)
    path = numbers_file(arguments.cache, taught_people(pose))
    compute_teacher_numbers(pose, Osnet(arguments.teachers / "osnet_x0_25_msmt17.onnx"), path)


if __name__ == "__main__":
    main()
