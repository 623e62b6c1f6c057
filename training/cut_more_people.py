"""Cuts further people with a teacher's labels out of fetched repositories, in the form of the pose net's crops.

`people.jsonl.gz` (of `data/more`) holds a line a person: repository, path, box and PP-TinyPose's joints. The pictures
themselves lie in public git repositories; each is given here by its git directory (no work tree needed). Pictures
whose people are among the pose net's crops already are left out, as are people of whom the teacher sees too little.

    python cut_more_people.py PEOPLE.jsonl.gz OUT GIT_DIR [GIT_DIR ...] --data ../../shared/data
"""

import argparse
from itertools import chain, groupby
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

from cut_more_pictures import JPEG_QUALITY, GitFiles, decoded_picture
from label_lines import read_label_lines, write_label_lines
from pose_data import CROP_SIDE, read_rows

CONTEXT = 1.5
"""Side of a crop over the longer side of the person's box, as in `pose/`: room for rotation and scale."""

SMALLEST_SIDE_PX = 64
"""People whose longer side is smaller show the net little that their labels could be about."""

SURE_SCORE, SURE_SPREAD, FEWEST_SURE = 0.3, 0.02, 6
"""A person is taken if so many joints have this score and spread (97 % of such joints are right, see the data's notes)."""


def worth_learning(row: dict) -> bool:
    """Large enough, and enough joints of which the teacher is sure."""
    sure = sum(score > SURE_SCORE and spread < SURE_SPREAD for _, _, score, spread in row["teacher"])
    return max(row["box"][2:]) >= SMALLEST_SIDE_PX and sure >= FEWEST_SURE


def cut_person(picture: np.ndarray, row: dict) -> tuple[np.ndarray, dict]:
    """The square round a person, black outside the picture, and its label line in crop pixels."""
    x, y, width, height = row["box"]
    side = round(max(width, height) * CONTEXT)
    left, top = int(np.floor(x + width / 2 - side / 2)), int(np.floor(y + height / 2 - side / 2))
    square = np.zeros((side, side, 3), np.uint8)
    rows, columns = (slice(max(0, start), max(0, start + side)) for start in (top, left))
    inside = picture[rows, columns]
    corner = max(0, -top), max(0, -left)
    square[corner[0] : corner[0] + inside.shape[0], corner[1] : corner[1] + inside.shape[1]] = inside
    size = min(side, CROP_SIDE)
    if size < side:
        square = cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA)
    scale = size / side
    label = {"size": size, "source": f"more_{row['source']}", "from": row["path"], "score": row["score"]}
    label["box"] = [round(value * scale, 1) for value in (x - left, y - top, width, height)]
    if "teacher" in row:
        label["teacher"] = [
            [round((px - left) * scale, 1), round((py - top) * scale, 1), score, spread] for px, py, score, spread in row["teacher"]
        ]
    return square, label


def cut_picture(task: tuple[bytes, list, Path, int]) -> list[dict]:
    """Writes the crops of one picture's people, numbered from the given number on, and returns their label lines."""
    content, rows, out, first = task
    picture = decoded_picture(content)
    labels = []
    for number, row in enumerate(rows if picture is not None else [], first):
        square, label = cut_person(picture, row)
        label["file"] = f"crops/{number:06d}.jpg"
        cv2.imwrite(str(out / "pose" / label["file"]), square, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        labels.append(label)
    return labels


def cut_people(rows: list[dict], git_directories: list[Path], out: Path) -> None:
    """Cuts everyone of `rows`, which are picture by picture, and writes their label lines."""
    (out / "pose/crops").mkdir(parents=True, exist_ok=True)
    files = GitFiles(git_directories)

    def tasks():
        first = 0
        for path, people in groupby(rows, key=lambda row: row["path"]):
            content, people = files.read(path), list(people)
            if content:
                yield content, people, out, first
            first += len(people)

    with Pool() as pool:
        labels = chain.from_iterable(pool.imap(cut_picture, tasks(), chunksize=16))
        written = write_label_lines(out / "pose/labels.jsonl.gz", labels)
    print(f"{written} of {len(rows)} people in {out}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("git", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, default=Path(__file__).parent / "../../shared/data", help="holds pose/")
    arguments = parser.parse_args()
    taken_already = {row["from"] for row in read_rows(arguments.data)}
    rows = read_label_lines(arguments.labels)
    rows = [row for row in rows if row["path"] not in taken_already and worth_learning(row)]
    cut_people(rows, arguments.git, arguments.out)


if __name__ == "__main__":
    main()
