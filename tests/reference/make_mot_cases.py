"""Writes tests/data/mot.json: random MOTChallenge files and the figures that motmetrics gives them.

With --compare BINARY it makes N other cases and compares `BINARY score --metric mot` with motmetrics on each.
Needs the packages of requirements.txt:

    python3 tests/reference/make_mot_cases.py
"""

import argparse
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
from importlib.metadata import version

import numpy as np

# motmetrics 1.4 calls a function that numpy 2 no longer has
np.asfarray = lambda values: np.asarray(values, dtype=float)

import motmetrics  # noqa: E402

NAMES = {
    "frames": "num_frames",
    "identities": "num_unique_objects",
    "boxes": "num_objects",
    "mota": "mota",
    "motp": "motp",
    "idf1": "idf1",
    "id_precision": "idp",
    "id_recall": "idr",
    "precision": "precision",
    "recall": "recall",
    "switches": "num_switches",
    "fragmentations": "num_fragmentations",
    "misses": "num_misses",
    "false_positives": "num_false_positives",
    "mostly_tracked": "mostly_tracked",
    "mostly_lost": "mostly_lost",
}
TOLERANCE = 1e-9


def make(seed, folder):
    """People who come, go, pass each other and are lost; results that miss, shake, swap and dream."""
    rng = random.Random(seed)
    # few places and whole pixels make equal overlaps
    is_tied = seed % 3 == 0
    n_frames, n_people = rng.choice([1, 12, 40]), rng.choice([0, 1, 3, 6, 9])
    rounded = (lambda x: round(x / 8) * 8) if is_tied else (lambda x: round(x, 2))
    gt_lines, result_lines = [], []
    people = []
    for number in range(n_people):
        born = rng.randrange(n_frames)
        people.append({
            "id": number + 1 if seed % 2 else 10 * (n_people - number),
            "frames": range(born, rng.randint(born + 1, n_frames)),
            "at": [rng.uniform(0, 60 if is_tied else 250), rng.uniform(0, 60 if is_tied else 120)],
            "speed": [rng.uniform(-6, 6), rng.uniform(-2, 2)],
            "size": [24, 48] if is_tied else [rng.uniform(20, 60), rng.uniform(60, 120)],
            "result": 100 + number,
        })
    next_id, miss, swap = 200, rng.choice([0, 0.1, 0.4]), rng.choice([0, 0.02, 0.1])
    shake = rng.choice([0, 2, 12])
    for frame in range(n_frames):
        seen = [person for person in people if frame in person["frames"]]
        rng.shuffle(seen)
        if len(seen) > 1 and rng.random() < 5 * swap:
            a, b = rng.sample(seen, 2)
            a["result"], b["result"] = b["result"], a["result"]
        rows = []
        for person in seen:
            if rng.random() < swap:
                person["result"], next_id = next_id, next_id + 1
            box = [rounded(x) for x in (*person["at"], *person["size"])]
            counts = 0 if rng.random() < 0.05 else 1
            gt_lines.append([frame + 1, person["id"], *box, counts, 1, 1])
            if rng.random() >= miss:
                rows.append([person["result"], *(rounded(x + rng.uniform(-shake, shake)) for x in box)])
            person["at"] = [x + v for x, v in zip(person["at"], person["speed"])]
        while rng.random() < 0.2:
            rows.append([next_id, *(rounded(x) for x in (rng.uniform(0, 250), rng.uniform(0, 100), 30, 60))])
            next_id += 1
        if is_tied and rows and rng.random() < 0.3:
            rows.append([next_id, *rows[0][1:]])
            next_id += 1
        rng.shuffle(rows)
        result_lines += [[frame + 1, *row, round(rng.random(), 2), -1, -1, -1] for row in rows]
    if seed % 5 == 4:
        # not sorted by frame
        rng.shuffle(gt_lines)
        rng.shuffle(result_lines)
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "gt.txt", folder / "results.txt"
    for path, lines in zip(paths, (gt_lines, result_lines)):
        path.write_text("".join(",".join(map(str, line)) + "\n" for line in lines))
    return paths


def figures_of_motmetrics(gt_path, results_path):
    load = motmetrics.io.load_motchallenge
    accumulator = motmetrics.utils.compare_to_groundtruth(
        load(gt_path, min_confidence=1), load(results_path), "iou", distth=0.5
    )
    row = motmetrics.metrics.create().compute(accumulator, metrics=list(NAMES.values())).iloc[0]
    values = {own: float(row[theirs]) for own, theirs in NAMES.items()}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def is_empty(paths):
    # motmetrics cannot read a file without lines
    return any(not path.read_text() for path in paths)


def cases(seeds, folder_of):
    for seed in seeds:
        paths = make(seed, folder_of(seed))
        if not is_empty(paths):
            yield seed, paths, figures_of_motmetrics(*paths)


def compare(binary, n_cases):
    n_compared, n_wrong = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for seed, paths, expected in cases(range(1000, 1000 + n_cases), lambda _: pathlib.Path(folder)):
            command = [binary, "score", "--metric", "mot", "--annotations", paths[0], "--results", paths[1], "--json"]
            actual = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            wrong = {
                name: (value, actual[name])
                for name, value in expected.items()
                if (value is None) != (actual[name] is None)
                or (value is not None and abs(value - actual[name]) > TOLERANCE)
            }
            n_compared += 1
            n_wrong += bool(wrong)
            if wrong:
                print(f"seed {seed}: {wrong}")
    print(f"{n_compared} cases, {n_wrong} with a difference above {TOLERANCE}")
    return n_wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compare", metavar="BINARY", help="compare this poseglass instead of writing cases")
    parser.add_argument("--cases", type=int, default=200, help="how many cases are compared")
    args = parser.parse_args()
    if args.compare:
        sys.exit(1 if compare(args.compare, args.cases) else 0)
    path = pathlib.Path(__file__).resolve().parent.parent / "data" / "mot.json"
    made_by = f"tests/reference/make_mot_cases.py with motmetrics {version('motmetrics')}"
    with tempfile.TemporaryDirectory() as folder:
        found = [
            {"seed": seed, "gt": paths[0].read_text(), "results": paths[1].read_text(), "figures": figures}
            for seed, paths, figures in cases(range(60), lambda _: pathlib.Path(folder))
        ]
    lines = ",\n".join(json.dumps(case) for case in found)
    path.write_text(f'{{"made_by": "{made_by}", "cases": [\n{lines}\n]}}\n')
    print(f"{len(found)} cases")


if __name__ == "__main__":
    main()
