"""How much the joints of people at rest tremble: our net beside PP-TinyPose, in the same frames.

    poseglass track VIDEO --no-smoothing --flip-test=never --export jsonl=RESULTS.jsonl
    python measure_jitter.py VIDEO RESULTS.jsonl --teacher pp-tinypose-256x192.onnx

A joint is at rest where the mean of both nets, averaged over half a second, moves less than a tenth of the person's size in a
second, and both believe in it. Of such joints the speed from frame to frame is taken, in sizes (root of the region's area) a second.

The program cuts people at rest out of the same place again. PP-TinyPose is given the file's boxes in two ways: "steady", held as
the program holds its regions, which compares the nets, and "anew", the box of each frame, as programs without such a rule do.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from box_overlap import pairwise_iou
from evaluate_pose import to_crop
from needed_file import needed_file
from pose_augment import plain_map, warp
from pose_decode import scatter
from pose_teacher import TEACHER_SIZE, PoseTeacher

BELIEVED = 0.3
"""From this confidence on a joint counts, as in the program's overlay."""

REST_SPEED = 0.1
"""Sizes a second below which a joint is at rest."""

AVERAGED_SECS = 0.5
"""Over so long a time the tremble of both nets averages out."""

STEADY_IOU = 0.85
"""A box is held while the new one overlaps it by so much, as in `src/track/followed.rs`."""

NOTHING = np.zeros(0), np.zeros(0)
"""Speeds of nobody's joints."""


def read_results(path: Path) -> dict[int, list[dict]]:
    """Tracks by identity: frame, time, box and joints `[17, 3]` in pixels."""
    tracks: dict[int, list[dict]] = {}
    with needed_file(path, "results of poseglass track, see --help").open() as lines:
        next(lines)
        for line in lines:
            frame = json.loads(line)
            for person in frame.get("people", []):
                joints = np.array([joint or (np.nan, np.nan, 0) for joint in person["keypoints"]], float)
                sight = {"frame": frame["frame"], "secs": frame["time_s"], "box": np.array(person["box"]), "ours": joints}
                tracks.setdefault(person["id"], []).append(sight)
    return tracks


def read_frames(path: Path, wanted: set[int]):
    """Numbers and pictures, RGB, of the wanted frames."""
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise SystemExit(f"{path} cannot be read as a video")
    index = 0
    while True:
        there, picture = capture.read()
        if not there:
            return
        if index in wanted:
            yield index, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        index += 1


def corners(box: np.ndarray) -> np.ndarray:
    """Of a box x, y, width, height: x and y of its first and of its last corner."""
    return np.append(box[:2], box[:2] + box[2:])


def hold_boxes(tracks: dict[int, list[dict]]) -> None:
    """Replaces boxes by the last one that was taken, while it still fits."""
    for sights in tracks.values():
        held = sights[0]["box"]
        for sight in sights:
            if pairwise_iou(*(corners(box)[None] for box in (held, sight["box"]))) < STEADY_IOU:
                held = sight["box"]
            sight["box"] = held


def add_teacher(tracks: dict[int, list[dict]], video: Path, teacher: PoseTeacher) -> None:
    """Puts the teacher's joints `[17, 3]`, cut out at the boxes, beside ours, decoded the same way."""
    by_frame: dict[int, list[dict]] = {}
    for sights in tracks.values():
        for sight in sights:
            by_frame.setdefault(sight["frame"], []).append(sight)
    for index, picture in read_frames(video, set(by_frame)):
        for sight in by_frame[index]:
            position_map = plain_map(sight["box"], TEACHER_SIZE)
            heatmaps = teacher.heatmaps(warp(picture, position_map, TEACHER_SIZE)[None])[0]
            sight["teacher"] = to_crop(scatter(heatmaps), position_map)


def averaged(positions: np.ndarray, secs: np.ndarray) -> np.ndarray:
    """Positions `[n, 17, 2]` averaged over the half second around each."""
    near = np.abs(secs[:, None] - secs[None]) <= AVERAGED_SECS / 2
    return np.einsum("nm,mjk->njk", near / near.sum(1, keepdims=True), positions)


def tremble(sights: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """Speeds of the joints at rest, ours and the teacher's, from frame to frame."""
    sights = [sight for sight in sights if "teacher" in sight]
    if len(sights) < 2:
        return NOTHING
    secs = np.array([sight["secs"] for sight in sights])
    ours = np.array([sight["ours"] for sight in sights])
    theirs = np.array([sight["teacher"] for sight in sights])
    size = np.sqrt(np.median([sight["box"][2] * sight["box"][3] for sight in sights]))
    believed = (ours[..., 2] >= BELIEVED) & (theirs[..., 2] >= BELIEVED)
    ours, theirs = np.nan_to_num(ours[..., :2]), theirs[..., :2]
    middle = averaged((ours + theirs) / 2, secs)
    step = np.diff(secs)[:, None]
    following = (np.diff([sight["frame"] for sight in sights]) == 1)[:, None]
    speed = lambda positions: np.linalg.norm(np.diff(positions, axis=0), axis=2) / size / step  # noqa: E731
    resting = (speed(middle) < REST_SPEED) & believed[1:] & believed[:-1] & following
    return speed(ours)[resting], speed(theirs)[resting]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--teacher", type=Path, required=True)
    arguments = parser.parse_args()
    teacher = PoseTeacher(arguments.teacher)
    for how in ("steady", "anew"):
        tracks = read_results(arguments.results)
        if how == "steady":
            hold_boxes(tracks)
        add_teacher(tracks, arguments.video, teacher)
        ours, theirs = (np.concatenate(speeds) for speeds in zip(NOTHING, *map(tremble, tracks.values())))
        if len(ours) == 0:
            print(f"{arguments.video.name}: no joint is at rest")
            return
        print(
            f"{arguments.video.name}, boxes {how}: median speed of {len(ours)} joints at rest, sizes a second: "
            f"ours {np.median(ours):.3f}, PP-TinyPose {np.median(theirs):.3f}, ratio {np.median(ours) / np.median(theirs):.2f}"
        )


if __name__ == "__main__":
    main()
