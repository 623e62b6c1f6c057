"""Reads exported files with the programs' own readers and compares them with the native file.

    python check_exports.py NATIVE.jsonl FOLDER    FOLDER holds a.csv, wide.csv, coco.json, openpose/, mot.txt, posetrack.json,
                                                   px.trc, m.trc (0.004 meters in a pixel), angles.mot, angles.sto

Needs pandas, pycocotools and motmetrics. Markers and angles are read by OpenSim's own readers too where its package
(opensim 4.6) is installed.
"""

import json
import sys
from pathlib import Path

import motmetrics
import numpy as np
import pandas
from pycocotools.coco import COCO

try:
    import opensim
except ImportError:
    opensim = None

METERS_PER_PIXEL = 0.004

# joints of which the net is less sure are neither markers nor measured
MIN_CONFIDENCE = 0.3


def native(path: Path) -> list:
    """(frame, person) of every person, who knows the picture's size."""
    header, *rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    size = [header["source"]["width"], header["source"]["height"]]
    return [(row, {**person, "picture": size}) for row in rows for person in row["people"]]


def shown(person: dict) -> list:
    """Smoothed joints where there are any."""
    return person.get("smoothed") or person["keypoints"]


def sure(person: dict) -> list:
    """The shown joints that are markers and are measured: no doubted ones, and none outside of the picture."""

    def counts(joint: list) -> bool:
        inside = all(0 <= position <= length for position, length in zip(joint, person["picture"]))
        return joint[2] >= MIN_CONFIDENCE and (inside or 0 in person["picture"])

    return [joint if joint and counts(joint) else None for joint in shown(person)]


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
    # COCO counts pixels from 0
    joints = [[joint[0] - 0.5, joint[1] - 0.5, joint[2]] if joint else [0, 0, 0] for joint in people[0][1]["keypoints"]]
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
    assert np.allclose(table[["X", "Y", "Width", "Height"]], expected, atol=0.006)
    frames = [row["frame"] + 1 for row, _ in people]
    assert (table.index.get_level_values("FrameId") == frames).all()
    sequence = json.loads((folder / "posetrack.json").read_text())
    assert len(sequence["annotations"]) == len(people)
    assert all(len(each["keypoints"]) == 51 for each in sequence["annotations"])


def files_of_people(people: list, path: Path) -> list:
    """(file, [(frame, person)]) for each person of a format that holds one a file."""
    ids = sorted({person["id"] for _, person in people if any(sure(person))})
    names = [path] if len(ids) == 1 else [path.with_stem(f"{path.stem}_person{each}") for each in ids]
    return [(name, [(row, person) for row, person in people if person["id"] == each]) for name, each in zip(names, ids)]


def marker_table(path: Path) -> tuple[pandas.DataFrame, dict]:
    """Times and positions as Pose2Sim reads them: names from line 4, rows below line 5; and the head's facts."""
    lines = path.read_text(encoding="utf-8").splitlines()
    markers = [name for name in lines[3].split("\t")[2::3] if name.strip()]
    table = pandas.read_csv(path, sep="\t", skiprows=4)
    positions = table.iloc[:, 2 : 2 + 3 * len(markers)]
    positions.columns = pandas.MultiIndex.from_product([markers, list("XYZ")])
    positions.index = table.iloc[:, 1]
    return positions, dict(zip(lines[1].split("\t"), lines[2].split("\t")))


def check_markers(people: list, path: Path, unit: str, scale: list, atol: float) -> None:
    table, facts = marker_table(path)
    assert facts["Units"] == unit, facts
    assert int(facts["NumFrames"]) == len(table)
    assert int(facts["NumMarkers"]) == len(table.columns) // 3
    if 1 < len(table):
        assert np.isclose(float(facts["DataRate"]), (len(table) - 1) / np.ptp(table.index), atol=1e-3)
    wrist = np.array([sure(person)[9] or [np.nan] * 3 for _, person in people])
    written = table.loc[[row["time_s"] for row, _ in people], "LWrist"]
    assert np.allclose(written[["X", "Y"]], wrist[:, :2] * scale, atol=atol, equal_nan=True)
    hips = (table["RHip"] + table["LHip"]) / 2
    assert np.allclose(table["Hip"], hips, atol=2 * atol, equal_nan=True)
    if opensim:
        theirs = opensim.TimeSeriesTableVec3(str(path))
        assert list(theirs.getColumnLabels()) == list(dict.fromkeys(table.columns.get_level_values(0)))
        assert np.allclose(theirs.getIndependentColumn(), table.index)
        n_rows, n_markers = theirs.getNumRows(), theirs.getNumColumns()
        values = [[theirs.getRowAtIndex(i).getElt(0, k).to_numpy() for k in range(n_markers)] for i in range(n_rows)]
        assert np.allclose(values, table.to_numpy().reshape(n_rows, n_markers, 3), equal_nan=True)


def bend(joints: list) -> float:
    """Degrees between the lines of three joints, 0 where they are in line."""
    a, b, c = (np.array(joint[:2]) for joint in joints)
    return 180 - np.degrees(np.arccos(np.dot(a - b, c - b) / np.linalg.norm(a - b) / np.linalg.norm(c - b)))


def check_angles(people: list, path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    end = lines.index("endheader")
    facts = dict(line.split("=") for line in lines[:end] if "=" in line)
    table = pandas.read_csv(path, sep="\t", skiprows=end + 1)
    assert facts["inDegrees"] == "yes"
    assert [int(facts["nRows"]), int(facts["nColumns"])] == list(table.shape), (facts, table.shape)
    if path.suffix == ".mot":
        assert len(table) < 2 or np.ptp(np.diff(table["time"])) < 2e-3, "rows are not even"
        assert not table.isna().any(axis=None)
    else:
        knees = dict(zip(table["time"], table["right_knee"]))
        for row, person in people:
            joints = [sure(person)[joint] for joint in (16, 14, 12)]
            if all(joints):
                # the sign says to which side it bends
                assert np.isclose(abs(knees[row["time_s"]]), bend(joints), atol=0.01), row["frame"]
            else:
                assert np.isnan(knees[row["time_s"]]), row["frame"]
    if opensim:
        theirs = opensim.TimeSeriesTable(str(path))
        assert list(theirs.getColumnLabels()) == list(table.columns[1:]), theirs.getColumnLabels()
        values = [theirs.getRowAtIndex(i).to_numpy() for i in range(theirs.getNumRows())]
        assert np.allclose(values, table.iloc[:, 1:], equal_nan=True)
        assert np.allclose(theirs.getIndependentColumn(), table["time"])
        # the older reader, which its tools for motions use, ends where a value is missing
        older = opensim.Storage(str(path))
        assert older.isInDegrees()
        assert older.getColumnLabels().getSize() == len(table.columns)
        if path.suffix == ".mot":
            assert older.getSize() == len(table)
            assert np.isclose(older.getLastTime(), table["time"].iloc[-1])


def main() -> None:
    native_path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    people = native(native_path)
    assert people, "the native file holds nobody"
    check_tables(people, folder)
    check_coco(people, folder)
    check_openpose(native_path, folder)
    check_tracks(people, folder)
    for path, theirs in files_of_people(people, folder / "px.trc"):
        check_markers(theirs, path, "px", [1, 1], 0.006)
    for path, theirs in files_of_people(people, folder / "m.trc"):
        check_markers(theirs, path, "m", [METERS_PER_PIXEL, -METERS_PER_PIXEL], 1e-6)
    for name in ["angles.mot", "angles.sto"]:
        for path, theirs in files_of_people(people, folder / name):
            # a motion in which no angle would be whole is not written, and the log says so
            if path.exists() or path.suffix != ".mot":
                check_angles(theirs, path)
    print(f"{len(people)} people in every format")


if __name__ == "__main__":
    main()
