"""Takes the pictures of a fetched repository, made small, and labels them with the boxes of two published detectors.

PicoDet-S for pedestrians (Yu et al. 2021, arXiv:2111.00902) and RTMDet-nano (Lyu et al. 2022, arXiv:2212.07784), both with
inputs of 416 pixels. A box's score is the mean over both nets, 0 where one is silent, so it says how sure both together are.
Both know people only and take many dogs for some; YOLOX-nano, which knows animals, takes those boxes away.
The folder that is written has the form that `detect_data.PictureSet` reads.

    python label_boxes.py GIT_DIR runs/flickr8k --commit 56a15d9 --under data/images --source flickr8k --squeezed --teachers TEACHERS
"""

import argparse
import subprocess
from pathlib import Path

import cv2
import numpy as np
import torch

from box_overlap import pairwise_iou
from cut_more_pictures import GitFiles, decoded_picture, small_picture, write_pictures
from detect_data import letterbox
from detect_teacher import DetectorTeacher
from detector import suppress
from evaluate_detector import COCO_ANIMALS, COCO_PERSON, suppressed, yolox_answers
from needed_file import PUBLISHED_NET, needed_file

SIDE = 416
LOWEST_SCORE = 0.1
SAME_PERSON_IOU = 0.6
ANIMAL_IOU = 0.5
"""A box that overlaps an animal's more than this, and no person's that YOLOX-nano is surer of, is the animal."""
USUAL_SHAPE = 4 / 3
"""Longer side over shorter one of most photos: pictures that were squeezed to squares get it back."""
PICODET_MEAN, PICODET_SPREAD = np.float32([123.675, 116.28, 103.53]), np.float32([58.395, 57.12, 57.375])
"""Red, green, blue, as PicoDet was trained (PaddleDetection, configs/picodet)."""


class PicoDet:
    """PicoDet-S as an OpenVINO file: a picture stretched to a square, boxes and scores of all cells."""

    def __init__(self, path: Path):
        import openvino

        core = openvino.Core()
        model = core.read_model(str(needed_file(path, PUBLISHED_NET)))
        model.reshape([1, 3, SIDE, SIDE])
        self._net = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"})

    def boxes(self, picture: np.ndarray) -> np.ndarray:
        """`[m, 5]` in picture pixels of a picture (RGB)."""
        square = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        pixels = (square - PICODET_MEAN) / PICODET_SPREAD
        boxes, scores = self._net([pixels.transpose(2, 0, 1)[None]]).values()
        boxes = boxes[0] * np.tile(np.float32(picture.shape[1::-1]) / SIDE, 2)
        return suppressed(boxes, scores[0, 0], 1.0, picture.shape[1::-1], LOWEST_SCORE)


class RtmDet:
    """RTMDet-nano on a square canvas."""

    def __init__(self, path: Path):
        self._net = DetectorTeacher(path, bfloat16=False)

    def boxes(self, picture: np.ndarray) -> np.ndarray:
        """`[m, 5]` in picture pixels of a picture (RGB)."""
        canvas, scale, _ = letterbox(picture, SIDE, multiple=SIDE)
        scores, boxes = self._net.answers(canvas[None])
        return suppressed(boxes[0].numpy() / scale, scores[0].numpy(), 1.0, picture.shape[1::-1], LOWEST_SCORE)


def fused(looks: list[np.ndarray]) -> np.ndarray:
    """What several looks at one picture found together: boxes `[m, 5]` each -> `[k, 6]`, surest first.

    The surest box is joined by the box of every other look that overlaps it most, by an IoU of .6 or more, and so on with those
    that are left. A group becomes the mean of its boxes, weighted by score, the sum of its scores over the number of looks, and
    its size.
    """
    rows = np.concatenate([np.pad(boxes, ((0, 0), (0, 1)), constant_values=look) for look, boxes in enumerate(looks)])
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    overlap = pairwise_iou(rows[:, :4], rows[:, :4])
    free = np.ones(len(rows), bool)
    groups = []
    for first in range(len(rows)):
        if not free[first]:
            continue
        group = [first]
        for look in range(len(looks)):
            others = np.flatnonzero(free & (rows[:, 5] == look) & (overlap[first] >= SAME_PERSON_IOU))
            if look != rows[first, 5] and len(others):
                group.append(others[overlap[first, others].argmax()])
        free[group] = False
        weight = rows[group, 4]
        groups.append([*(weight @ rows[group, :4] / weight.sum()), weight.sum() / len(looks), len(group)])
    groups = np.array(groups, np.float32).reshape(-1, 6)
    groups = groups[np.argsort(-groups[:, 4], kind="stable")]
    return groups[suppress(groups[:, :4], groups[:, 4])]


class Animals:
    """Tells animals from people by YOLOX-nano's classes."""

    def __init__(self, path: Path):
        self._answers = yolox_answers(path)

    def left_out_of(self, boxes: np.ndarray, picture: np.ndarray) -> np.ndarray:
        """Those of `boxes` `[n, 6]` that are no animal in the picture (RGB)."""
        if len(boxes) == 0:
            return boxes
        found, scores, scale, size = self._answers(picture)

        def surest(class_scores: np.ndarray) -> np.ndarray:
            likely = suppressed(found, class_scores, scale, size)
            near = pairwise_iou(boxes[:, :4], likely[:, :4]) > ANIMAL_IOU
            return (near * likely[:, 4]).max(axis=1, initial=0)

        return boxes[surest(scores[:, COCO_ANIMALS].max(axis=1)) <= surest(scores[:, COCO_PERSON])]


def unsqueezed(picture: np.ndarray, rtmdet: RtmDet) -> np.ndarray:
    """A squeezed picture (RGB) as wide or as high as most photos are, whichever the detector sees people in more surely."""
    side = len(picture)
    long, short = round(side * USUAL_SHAPE**0.5), round(side / USUAL_SHAPE**0.5)
    shapes = [cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR) for size in ((long, short), (short, long))]
    return max(shapes, key=lambda each: (rtmdet.boxes(each)[:, 4] ** 2).sum())


def pictures_of(git_directory: Path, commit: str, under: str):
    """Path and picture (blue, green, red) of everything under a folder of a commit that can be read as a picture."""
    list_names = ["git", f"--git-dir={git_directory}", "ls-tree", "-r", "-z", "--name-only", commit, f"{under}/"]
    files = GitFiles([git_directory], commit)
    names = subprocess.run(list_names, check=True, capture_output=True).stdout.decode().split("\0")
    for path in filter(None, names):
        content = files.read(path)
        picture = decoded_picture(content) if content else None
        if picture is not None:
            yield path, picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("git", type=Path, help="git directory (no work tree needed)")
    parser.add_argument("out", type=Path, help="folder that gets the pictures and labels.jsonl.gz")
    parser.add_argument("--commit", default="HEAD")
    parser.add_argument("--under", required=True, help="folder of the repository that holds the pictures")
    parser.add_argument("--source", required=True, help="name of the source in the labels")
    parser.add_argument("--teachers", type=Path, required=True)
    parser.add_argument("--squeezed", action="store_true", help="pictures were squeezed to squares: give them their shape back")
    parser.add_argument("--side", type=int, default=352, help="longer side of the stored pictures at most")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    picodet = PicoDet(arguments.teachers / "picodet-s-320-pedestrian.xml")
    rtmdet = RtmDet(arguments.teachers / "rtmdet-nano-person.onnx")
    animals = Animals(arguments.teachers / "yolox-nano.onnx")

    def labelled():
        for path, picture in pictures_of(arguments.git, arguments.commit, arguments.under):
            picture = np.ascontiguousarray(picture[..., ::-1])
            if arguments.squeezed:
                picture = unsqueezed(picture, rtmdet)
            boxes = animals.left_out_of(fused([picodet.boxes(picture), rtmdet.boxes(picture)]), picture)
            teacher = [[*map(float, box[:4]), round(float(box[4]), 3), int(box[5])] for box in boxes]
            row = {"size": list(picture.shape[1::-1]), "source": arguments.source, "path": path, "teacher": teacher}
            yield small_picture(row, picture[..., ::-1], arguments.side)

    written = write_pictures(labelled(), arguments.out, "images")
    print(f"{written} pictures in {arguments.out}")


if __name__ == "__main__":
    main()
