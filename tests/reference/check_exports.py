"""Reads exported files with the programs' own readers and compares them with the native file.

    python check_exports.py NATIVE.jsonl FOLDER    FOLDER holds a.csv, wide.csv, coco.json, openpose/, mot.txt, posetrack.json

Needs pandas, pycocotools and motmetrics.
"""

import json
import sys
from pathlib import Path

import motmetrics
import numpy as np
import pandas
from pycocotools.coco import COCO


def native(path: Path) -> list:
    """(frame, person) of every person."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [(row, person) for row in rows for person in row["people"]]


def shown(person: dict) -> list:
    """Smoothed joints where there are any."""
    return person.get("smoothed") or person["keypoints"]


def check_tables(people: list, folder: Path) -> None:
    tidy = pandas.read_csv(folder / "a.csv")
    assert len(tidy) == 17 * len(people), (len(tidy), len(people))
    expected = [[np.nan, np.nan] if joint is None else joint[:2] for _, person in people for joint in shown(person)]
    assert np.allclose(tidy[["x_px", "y_px"]], expected, equal_nan=True)
    assert (tidy["valid"] == tidy["x_px"].notna()).all()
    wide = pandas.read_csv(folder / "wide.csv")
    assert len(wide) == len(people)
    assert np.allclose(wide["time_s"], [row["time_s"] for row, _ in people])
    assert np.allclose(wide["left_wrist_x"], np.array(expected).reshape(-1, 17, 2)[:, 9, 0], equal_nan=True)


def check_coco(people: list, folder: Path) -> None:
    frames = sorted({row["frame"] for row, _ in people})
    truth = COCO()
    truth.dataset = {
        "images": [{"id": frame} for frame in frames],
        "annotations": [],
        "categories": [{"id": 1, "name": "person"}],
    }
    truth.createIndex()
    results = truth.loadRes(str(folder / "coco.json"))
    assert len(results.anns) == len(people)
    first = results.loadAnns(results.getAnnIds(imgIds=[frames[0]]))[0]
    joints = [joint or [0, 0, 0] for joint in people[0][1]["keypoints"]]
    assert np.allclose(first["keypoints"], np.concatenate(joints))


def check_openpose(native_path: Path, folder: Path) -> None:
    rows = [json.loads(line) for line in native_path.read_text(encoding="utf-8").splitlines()[1:]]
    files = sorted((folder / "openpose").glob("*_keypoints.json"))
    assert len(files) == len(rows)
    for row, path in zip(rows, files):
        # as Kinovea and others take the number from the name
        assert int(path.name.split("_")[-2]) == row["frame"]
        people = json.loads(path.read_text())["people"]
        assert len(people) == len(row["people"])
        for ours, person in zip(people, row["people"]):
            numbers = np.array(ours["pose_keypoints_2d"]).reshape(25, 3)
            nose = shown(person)[0] or [0, 0, 0]
            assert np.allclose(numbers[0], nose)


def check_tracks(people: list, folder: Path) -> None:
    table = motmetrics.io.loadtxt(str(folder / "mot.txt"), fmt="mot15-2D")
    assert len(table) == len(people)
    # the reader takes away the 1 from which MOTChallenge counts pixels
    expected = [person["box"] for _, person in people]
    assert np.allclose(table[["X", "Y", "Width", "Height"]] + [1, 1, 0, 0], expected, atol=0.006)
    frames = [row["frame"] + 1 for row, _ in people]
    assert (table.index.get_level_values("FrameId") == frames).all()
    sequence = json.loads((folder / "posetrack.json").read_text())
    assert len(sequence["annotations"]) == len(people)
    assert all(len(each["keypoints"]) == 51 for each in sequence["annotations"])


def main() -> None:
    native_path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    people = native(native_path)
    assert people, "the native file holds nobody"
    check_tables(people, folder)
    check_coco(people, folder)
    check_openpose(native_path, folder)
    check_tracks(people, folder)
    print(f"{len(people)} people in every format")


if __name__ == "__main__":
    main()
