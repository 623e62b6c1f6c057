"""Cuts the people out of pictures that `label_boxes.py` labelled; a teacher's heatmaps teach them alone.

    python cut_labelled_people.py runs/flickr8k [FOLDER ...] runs/flickr-people
"""

import argparse
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from cut_more_people import cut_person
from cut_more_pictures import write_pictures
from cut_other_people import other_people
from label_lines import read_label_lines

NOBODY = np.zeros((0, 4))


def people_of(folder: Path):
    """Crop and label line of everyone on whom both detectors agree."""
    for row in read_label_lines(folder / "labels.jsonl.gz"):
        people = other_people(row | {"repository": folder.name, "path": row["from"]}, NOBODY)
        if not people:
            continue
        picture = cv2.imread(str(folder / row["file"]), cv2.IMREAD_COLOR)
        for person in people:
            yield cut_person(picture, person)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    everyone = chain.from_iterable(people_of(folder) for folder in arguments.folders)
    number = write_pictures(everyone, arguments.out / "pose", "crops")
    print(f"{number} people in {arguments.out}")


if __name__ == "__main__":
    main()
