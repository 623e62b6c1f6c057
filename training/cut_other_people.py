"""Cuts the people out of fetched repositories whose joints nobody has labelled; a teacher's heatmaps teach them alone.

`pictures.jsonl.gz` (of `data/more`) holds a line a picture with the boxes of two detectors, `people.jsonl.gz` the
people of some of these pictures, mostly the largest ones (`cut_more_people.py`). Everyone else is taken on whom both
detectors agree.

    python cut_other_people.py PICTURES.jsonl.gz PEOPLE.jsonl.gz OUT GIT_DIR [GIT_DIR ...]
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from box_overlap import pairwise_iou
from cut_more_people import SMALLEST_SIDE_PX, cut_people
from detect_data import TEACHER_SURE
from label_lines import read_label_lines

AGREEING = 2
"""A box is a person's if so many detectors found it, surely enough (the data's notes)."""

KNOWN_OVERLAP = 0.6
"""Boxes that overlap more than this are of one person."""


def other_people(row: dict, known: np.ndarray) -> list[dict]:
    """Lines of a picture's people who are large enough and not among the known boxes `[n, 4]`."""
    found = []
    for *corners, score, agreeing in row["teacher"]:
        corners = np.array(corners, float)
        extent = corners[2:] - corners[:2]
        is_person = score > TEACHER_SURE and agreeing == AGREEING and extent.max() >= SMALLEST_SIDE_PX
        if is_person and not (pairwise_iou(corners[None], known) > KNOWN_OVERLAP).any():
            line = {key: row[key] for key in ("source", "repository", "path")}
            found.append(line | {"box": [*corners[:2].tolist(), *extent.tolist()], "score": score})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("people", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("git", type=Path, nargs="+")
    arguments = parser.parse_args()
    known = defaultdict(list)
    for row in read_label_lines(arguments.people):
        x, y, width, height = row["box"]
        known[row["path"]].append([x, y, x + width, y + height])
    pictures = read_label_lines(arguments.pictures)
    # of pictures whose people are among the pose net's crops already it isn't known who of them
    pictures = [row for row in pictures if not row.get("used")]
    rows = [line for row in pictures for line in other_people(row, np.array(known[row["path"]], float).reshape(-1, 4))]
    cut_people(rows, arguments.git, arguments.out)


if __name__ == "__main__":
    main()
