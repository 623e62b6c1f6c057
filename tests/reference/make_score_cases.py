#!/usr/bin/env python3
"""Random COCO keypoint ground truth and results with the figures that pycocotools gives them.

Without options it writes the cases of tests/data/score (the same ones every time) that tests/score.rs reads.
With --compare BINARY it makes N other cases and compares `BINARY score` with pycocotools on each.
"""

import argparse
import contextlib
import io
import json
import random
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

NAMES = ["AP", "AP50", "AP75", "APm", "APl", "AR", "AR50", "AR75", "ARm", "ARl"]
SIGMAS = [0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089]
N_JOINTS = 17
SIDES = {"tiny": (6, 40), "medium": (45, 120), "large": (130, 420)}
TOLERANCE = 1e-6


class Case:
    """A ground truth with results, built step by step from one random generator."""

    def __init__(self, seed, image_id=lambda number: number):
        self.random = random.Random(seed)
        self.images, self.annotations, self.results = [], [], []
        self.categories = [{"id": 1, "name": "person"}]
        self.image_id = image_id
        self.next_annotation = 1

    def add_image(self):
        # ids are neither dense nor in the order of the file
        number = self.random.randrange(10**6)
        image = {"id": self.image_id(number), "file_name": f"{number:06}.jpg", "width": 640, "height": 480}
        self.images.append(image)
        return image["id"]

    def add_person(self, image_id, size=None, labels="some", is_crowd=False, category=1):
        size = size or self.random.choice(list(SIDES))
        width, height = (self.random.uniform(*SIDES[size]) for _ in range(2))
        left, top = self.random.uniform(0, 640 - width), self.random.uniform(0, max(1, 480 - height))
        share = {"none": 0.0, "some": self.random.uniform(0.1, 1.0), "all": 1.0}[labels]
        keypoints = []
        for _ in range(N_JOINTS):
            if self.random.random() < share:
                x, y = left + width * self.random.random(), top + height * self.random.random()
                keypoints += [round(x), round(y), self.random.choice([1, 2])]
            else:
                keypoints += [0, 0, 0]
        annotation = {
            "id": self.next_annotation,
            "image_id": image_id,
            "category_id": category,
            "iscrowd": int(is_crowd),
            "num_keypoints": sum(1 for v in keypoints[2::3] if v > 0),
            "keypoints": keypoints,
            "bbox": [round(number, 1) for number in (left, top, width, height)],
            "area": round(width * height * self.random.uniform(0.3, 0.9), 2),
        }
        self.next_annotation += self.random.choice([1, 1, 7])
        self.annotations.append(annotation)
        return annotation

    def add_result(self, annotation, noise, score=None):
        """A pose `noise` annotators' scatters beside the person; all joints are given, as nets do."""
        size = annotation["area"] ** 0.5
        left, top, width, height = annotation["bbox"]
        keypoints = []
        for joint in range(N_JOINTS):
            x, y, visibility = annotation["keypoints"][3 * joint : 3 * joint + 3]
            if visibility == 0:
                x, y = left + width * self.random.random(), top + height * self.random.random()
            scatter = noise * SIGMAS[joint] * size
            keypoints += [round(self.random.gauss(x, scatter), 1), round(self.random.gauss(y, scatter), 1)]
            keypoints.append(round(self.random.random(), 2))
        result = {
            "image_id": annotation["image_id"],
            "category_id": annotation["category_id"],
            "keypoints": keypoints,
            "score": round(self.random.random(), 4) if score is None else score,
        }
        self.results.append(result)
        return result

    def add_stray(self, image_id, score=None):
        """A pose where nobody is."""
        ghost = self.add_person(image_id, labels="all")
        self.annotations.pop()
        return self.add_result(ghost, 1.0, score)

    def fill(self, n_images, most_people=4, labels=("some", "some", "all", "none"), crowds=0.15, missed=0.2, score=None):
        """Images as a net would see them: some empty, people missed, found twice, found badly, strays."""
        for _ in range(n_images):
            image_id = self.add_image()
            for _ in range(self.random.randint(0, most_people)):
                is_crowd = self.random.random() < crowds
                person = self.add_person(image_id, labels=self.random.choice(labels), is_crowd=is_crowd)
                if self.random.random() < missed:
                    continue
                for _ in range(self.random.choice([1, 1, 1, 2])):
                    noise = self.random.choice([0.0, 0.5, 1.0, 1.5, 2.0, 3.0])
                    self.add_result(person, noise, score and score(self.random))
            for _ in range(self.random.choice([0, 0, 1, 2])):
                self.add_stray(image_id, score and score(self.random))
        self.random.shuffle(self.results)
        self.random.shuffle(self.annotations)
        return self

    def ground_truth(self):
        return {"images": self.images, "annotations": self.annotations, "categories": self.categories}


def mixed(seed):
    return Case(seed).fill(12)


def tied_scores(seed):
    return Case(seed).fill(14, score=lambda rng: rng.choice([0, 0.25, 0.5, 0.5, 1]))


def many_results(seed):
    """More than 20 results an image, with equal scores around the 20th."""
    case = Case(seed)
    for _ in range(2):
        image_id = case.add_image()
        # the results after the 20th would find more people
        people = [case.add_person(image_id, labels="all") for _ in range(23)]
        for number in range(28):
            score = round(0.9 - 0.1 * (number // 7), 1)
            case.add_result(people[number % len(people)], case.random.choice([0.3, 1, 2]), score)
    case.fill(2)
    return case


def crowds_and_unlabeled(seed):
    """Nearly everyone is ignored, so most results are excused; the doubled box decides."""
    case = Case(seed).fill(10, labels=("none", "none", "some"), crowds=0.4, missed=0.1)
    # poses across the border of the doubled box, surer than the others
    for person in case.annotations:
        if person["num_keypoints"] == 0:
            result = case.add_result(person, 0.0, score=round(case.random.uniform(0.9, 1), 4))
            axis = case.random.choice([0, 1])
            shift = person["bbox"][2 + axis] * case.random.choice([-1.6, -1.4, -1.2, 1.2, 1.4, 1.6])
            for joint in range(N_JOINTS):
                result["keypoints"][3 * joint + axis] = round(result["keypoints"][3 * joint + axis] + shift, 1)
    # labeled by number only, a joint count without joints, and joints without a count
    image_id = case.add_image()
    one, other = case.add_person(image_id, "large", "none"), case.add_person(image_id, "large", "all")
    one["num_keypoints"], other["num_keypoints"] = 3, 0
    for person in (one, one, other):
        case.add_result(person, 0.5)
    return case


def tiny_only(seed):
    """Nobody is medium or large."""
    case = Case(seed)
    for _ in range(6):
        image_id = case.add_image()
        person = case.add_person(image_id, "tiny")
        person["area"] = min(person["area"], 900.0)
        case.add_result(person, case.random.choice([0.5, 1.5]))
        case.add_stray(image_id)
    return case


def size_limits(seed):
    """Areas exactly on and beside the limits between sizes, of people and of strays."""
    case = Case(seed)
    for area in (1024, 1023.99, 1024.01, 9216, 9215.99, 9216.01, 0):
        image_id = case.add_image()
        person = case.add_person(image_id, "medium", "all")
        person["area"] = area
        case.add_result(person, 0.8)
        side = area**0.5
        stray = case.add_stray(image_id)
        for joint in range(N_JOINTS):
            stray["keypoints"][3 * joint : 3 * joint + 2] = [side * (joint % 2), side * (joint // 2 % 2)]
    return case


def near_twins(seed):
    """People and results that are copies of each other, and results equal to the labels: all is decided by ties."""
    case = Case(seed)
    for _ in range(5):
        image_id = case.add_image()
        person = case.add_person(image_id, labels="all")
        twins = [person]
        for _ in range(2):
            twins.append(dict(person, id=case.next_annotation))
            case.next_annotation += 1
        twins[1]["iscrowd"] = case.random.choice([0, 1])
        twins[2]["area"] = case.random.choice([person["area"], person["area"] * 4])
        case.annotations += twins[1:]
        exact = case.add_result(person, 0.0, score=0.5)
        case.results += [dict(exact, score=score) for score in (0.5, 0.5, 0.75, 0.25)]
        case.add_result(person, 1.0, score=0.5)
    return case


def text_ids(seed):
    case = Case(seed, image_id=lambda number: f"clip{number % 7}/{number}").fill(8)
    for annotation in case.annotations:
        annotation["id"] = str(annotation["id"])
    return case


def boxes_in_results(seed):
    """The first result has a box, so areas come from the boxes."""
    case = Case(seed).fill(8)
    for result in case.results:
        sides = (case.random.choice([20, 60, 200]) for _ in range(2))
        result["bbox"] = [10, 10, *sides]
    return case


def two_categories(seed):
    """Two listed categories, and people and results of unlisted categories and images."""
    case = Case(seed)
    case.categories = [{"id": 3, "name": "doll"}, {"id": 1, "name": "person"}]
    case.fill(8)
    for entry in case.annotations + case.results:
        entry["category_id"] = case.random.choice([1, 1, 3, 5])
    case.annotations.append(dict(case.annotations[0], id=10**7, image_id=10**7))
    return case


def annotation_zero(seed):
    """pycocotools takes a match with annotation 0 for none."""
    case = Case(seed)
    case.next_annotation = 0
    image_id = case.add_image()
    person = case.add_person(image_id, "large", "all")
    case.add_result(person, 0.2, score=0.99)
    return case.fill(4)


def nobody(seed):
    """No labels at all, only results."""
    case = Case(seed)
    for _ in range(2):
        case.add_stray(case.add_image())
    return case


def nothing_right(seed):
    """People and results, never in the same image."""
    case = Case(seed)
    for _ in range(3):
        case.add_person(case.add_image(), "large", "all")
        case.add_stray(case.add_image())
    return case


MAKERS = [
    mixed,
    tied_scores,
    many_results,
    crowds_and_unlabeled,
    tiny_only,
    size_limits,
    near_twins,
    text_ids,
    boxes_in_results,
    two_categories,
    annotation_zero,
    nobody,
    nothing_right,
]


def write(case, folder):
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "annotations.json", folder / "results.json"
    for path, content in zip(paths, (case.ground_truth(), case.results)):
        path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
    return paths


def figures_of_pycocotools(annotations, results):
    with contextlib.redirect_stdout(io.StringIO()):
        ground_truth = COCO(str(annotations))
        evaluation = COCOeval(ground_truth, ground_truth.loadRes(str(results)), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(NAMES, map(float, evaluation.stats), strict=True))


def write_test_data(folder):
    cases = {}
    for seed, make in enumerate(MAKERS):
        name = make.__name__
        cases[name] = figures_of_pycocotools(*write(make(seed), folder / name))
    made_by = f"tests/reference/make_score_cases.py with pycocotools {version('pycocotools')}"
    expected = json.dumps({"made_by": made_by, "cases": cases}, indent=1)
    (folder / "expected.json").write_text(expected + "\n")


def compare(binary, seed, n_cases):
    """Returns how many cases differ."""
    n_wrong, largest = 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(n_cases):
            make = MAKERS[number % len(MAKERS)]
            annotations, results = write(make(seed + number), Path(folder))
            expected = figures_of_pycocotools(annotations, results)
            command = [binary, "score", "--annotations", annotations, "--results", results, "--json"]
            process = subprocess.run(command, capture_output=True, text=True)
            if process.returncode != 0:
                sys.exit(f"{make.__name__}, seed {seed + number}: {binary} score failed: {process.stderr}")
            actual = json.loads(process.stdout)
            if list(actual) != NAMES:
                sys.exit(f"{binary} score --json gives {list(actual)} instead of {NAMES}")
            difference = max(abs(actual[name] - expected[name]) for name in NAMES)
            largest = max(largest, difference)
            if not difference <= TOLERANCE:
                n_wrong += 1
                print(f"{make.__name__}, seed {seed + number}: pycocotools {expected}, poseglass {actual}")
    print(f"{n_cases} cases, {n_wrong} with a difference above {TOLERANCE}; largest difference {largest:.1e}")
    return n_wrong


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=here.parent / "data" / "score", help="folder for the cases")
    parser.add_argument("--compare", metavar="BINARY", help="compare this poseglass instead of writing cases")
    parser.add_argument("--seed", type=int, default=1000, help="first seed of the comparison")
    parser.add_argument("--cases", type=int, default=130, help="how many cases are compared")
    args = parser.parse_args()
    if args.compare:
        sys.exit(1 if compare(args.compare, args.seed, args.cases) else 0)
    write_test_data(args.out)


if __name__ == "__main__":
    main()
