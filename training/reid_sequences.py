"""Judges who-is-who on drawn sequences: validation people who cross, turn back, hide behind a wall, leave and return.

People are cut out of validation pictures along their joints and moved before a wall; so every identity is known. Each
sequence goes through the program three times: its boxes alone joined by overlap (IoU), poses without the
re-identification net (`--no-reid`), and poses with it. IDF1 and identity switches are py-motmetrics'.

    python reid_sequences.py --program ../target/release/poseglass
"""

import argparse
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import motmetrics
import numpy as np
from scipy.optimize import linear_sum_assignment

from pose_data import PoseData, load_pose_data
from reid_augment import person_mask
from reid_data import input_from_crop, shrinking_warp, validation_people

HERE = Path(__file__).parent
SIZE = (640, 360)
FPS = 15
HEIGHT_PX = 190
GROUND = 330
WALL = (270, 390)
"""Columns of the wall that people hide behind."""

LEAST_VISIBLE = 0.4
"""People of whom less is seen are not asked for."""

IOU_MATCH = 0.5
IOU_LOST_AFTER = FPS


@dataclass
class Figure:
    """A cut-out person, `[height, width, 4]`: colors and how much they cover."""

    picture: np.ndarray

    def draw(self, canvas: np.ndarray, center: float) -> np.ndarray:
        """Puts the person on the canvas; gives the pixels covered, `[height, width]`."""
        height, width = self.picture.shape[:2]
        shift = np.array([[1, 0, center - width / 2], [0, 1, GROUND - height]], np.float64)
        layer = cv2.warpAffine(self.picture, shift, SIZE)
        cover = layer[:, :, 3:]
        canvas[:] = cover * layer[:, :, :3] + (1 - cover) * canvas
        return cover[:, :, 0] > 0.5


Way = Callable[[float], float]
"""The middle of a person, in pixels, at a time in seconds."""


@dataclass
class Actor:
    """A person and where their middle is at each time; far outside means absent."""

    person: int
    path: Way


def figures_of(pose: PoseData) -> list[Figure]:
    """Validation people seen whole, from head to feet."""
    found = []
    for person in validation_people(pose):
        box = pose.boxes[person]
        joints = pose.joints[person]
        whole = (joints[5:, 2] >= 0.5).all()
        if not whole or box[3] < 140 or box[3] < 2.0 * box[2] or box[3] > 4 * box[2]:
            continue
        size = (int(1.3 * HEIGHT_PX * box[2] / box[3]), HEIGHT_PX)
        view = input_from_crop(box, size)
        mask = person_mask(joints, view, size)
        if mask is not None:
            colors = shrinking_warp(pose.pixels[person], view, size).astype(np.float32)
            found.append(Figure(np.concatenate([colors, mask], axis=2)))
    return found


def line(start: float, speed: float, begin: float = 0.0) -> Way:
    """Straight on from `start` (pixels) at `speed` (pixels a second)."""
    return lambda t: start + speed * (t - begin) if t >= begin else -1000.0


def turning(start: float, speed: float, at: float) -> Way:
    """The same way back from the time `at`."""
    return lambda t: start + speed * (at - abs(t - at))


def scenes(random: np.random.Generator, n_figures: int, n_each: int) -> dict[str, list]:
    """Actors and seconds of the sequences of each kind."""

    def people(n: int) -> list[int]:
        return [int(i) for i in random.choice(n_figures, n, replace=False)]

    found = {"cross": [], "turn back": [], "wall": [], "return": []}
    for _ in range(n_each):
        speed = random.uniform(60, 130)
        a, b = people(2)
        seconds = 560 / speed
        found["cross"].append(([Actor(a, line(40, speed)), Actor(b, line(600, -speed))], seconds))
        a, b = people(2)
        gap = random.uniform(0, 25)
        turn = (280 - gap) / speed
        found["turn back"].append(([Actor(a, turning(40, speed, turn)), Actor(b, turning(600, -speed, turn))], 2 * turn))
        a, b = people(2)
        # one goes on, the other one turns around behind the wall
        turn = 260 / speed
        found["wall"].append(([Actor(a, turning(60, speed, turn)), Actor(b, line(620, -speed))], 2 * turn))
        a, b, c = people(3)
        away = random.uniform(3, 6)
        leaves = 460 / speed
        back = leaves + away

        def leaving(t: float, speed=speed, leaves=leaves, back=back) -> float:
            return 300 - speed * t if t < leaves else (-160 + speed * (t - back) if t > back else -1000.0)

        actors = [Actor(a, leaving), Actor(b, line(500, -5)), Actor(c, line(-60, speed, leaves))]
        found["return"].append((actors, back + 4))
    return found


def background(random: np.random.Generator) -> np.ndarray:
    """A wall and a floor with some noise."""
    canvas = np.empty((SIZE[1], SIZE[0], 3), np.float32)
    canvas[:280], canvas[280:] = random.uniform(90, 200, 3), random.uniform(60, 140, 3)
    return canvas + cv2.GaussianBlur(random.normal(0, 60, canvas.shape).astype(np.float32), (0, 0), 6)


def write_sequence(path: Path, actors: list[Actor], seconds: float, has_wall: bool, figures, random) -> list:
    """The video; gives rows frame (from 1), identity, x, y, width, height of those who can be seen."""
    ffmpeg = ["ffmpeg", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE[0]}x{SIZE[1]}"]
    ffmpeg += ["-r", str(FPS), "-i", "-", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-crf", "20", str(path)]
    encoder = subprocess.Popen(ffmpeg, stdin=subprocess.PIPE)
    place, rows = background(random), []
    for frame in range(int(seconds * FPS)):
        canvas = place.copy()
        owner = np.zeros(SIZE[::-1], np.int32)
        whole = {}
        for idx, actor in enumerate(actors, 1):
            center = actor.path(frame / FPS)
            figure = figures[actor.person]
            if -200 < center < SIZE[0] + 200:
                covered = figure.draw(canvas, center)
                owner[covered] = idx
                whole[idx] = (figure.picture[:, :, 3] > 0.5).sum()
        if has_wall:
            canvas[:, WALL[0] : WALL[1]] = place[:, WALL[0] : WALL[1]] * 0.6
            owner[:, WALL[0] : WALL[1]] = 0
        for idx, pixels in whole.items():
            y, x = np.nonzero(owner == idx)
            if len(x) >= LEAST_VISIBLE * pixels:
                rows.append((frame + 1, idx, x.min(), y.min(), np.ptp(x) + 1, np.ptp(y) + 1))
        noisy = canvas + random.normal(0, 2, canvas.shape)
        encoder.stdin.write(noisy.clip(0, 255).astype(np.uint8).tobytes())
    encoder.stdin.close()
    if encoder.wait():
        raise RuntimeError(f"ffmpeg cannot write {path}")
    return rows


def tracked(program: Path, video: Path, *options: str) -> list:
    """The program's rows, as above."""
    results = video.with_suffix(".txt")
    command = [program, "track", video, "--flip-test=never", "--export", f"mot-challenge={results}", *options]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode:
        raise SystemExit(f"{program} cannot follow {video}: {answer.stderr}")
    rows = np.loadtxt(results, delimiter=",", ndmin=2)
    return [(int(row[0]), int(row[1]), *row[2:6]) for row in rows] if rows.size else []


def overlap(a, b) -> float:
    """IoU of two boxes x, y, width, height."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0, width) * max(0, height)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def joined_by_overlap(rows: list) -> list:
    """The boxes of the rows with identities by overlap alone: the best pairs with those of the last second."""
    known, found, next_id = {}, [], 1
    for frame in sorted({row[0] for row in rows}):
        boxes = [row[2:] for row in rows if row[0] == frame]
        known = {id: seen for id, seen in known.items() if frame - seen[0] <= IOU_LOST_AFTER}
        ids = list(known)
        values = np.array([[overlap(known[id][1], box) for box in boxes] for id in ids]).reshape(len(ids), len(boxes))
        pairs = {column: ids[row] for row, column in zip(*linear_sum_assignment(-values)) if values[row, column] >= 0.3}
        for column, box in enumerate(boxes):
            id = pairs.get(column)
            if id is None:
                id, next_id = next_id, next_id + 1
            known[id] = (frame, box)
            found.append((frame, id, *box))
    return found


def accumulated(truth: list, rows: list) -> motmetrics.MOTAccumulator:
    """Truth and answers frame by frame."""
    accumulator = motmetrics.MOTAccumulator()
    for frame in sorted({row[0] for row in truth} | {row[0] for row in rows}):
        asked = [row for row in truth if row[0] == frame]
        given = [row for row in rows if row[0] == frame]
        distances = np.array([[1 - overlap(a[2:], b[2:]) for b in given] for a in asked]).reshape(len(asked), len(given))
        distances[distances > IOU_MATCH] = np.nan
        accumulator.update([row[1] for row in asked], [row[1] for row in given], distances, frameid=frame)
    return accumulator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=HERE / "../../shared/data")
    parser.add_argument("--cache", type=Path, default=HERE / "runs/cache")
    parser.add_argument("--out", type=Path, default=HERE / "runs/reid-sequences")
    parser.add_argument("--each", type=int, default=4, help="sequences of each kind")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(arguments.seed)
    figures = figures_of(load_pose_data(arguments.data, arguments.cache))
    print(f"{len(figures)} people to choose from", flush=True)
    ways = ["IoU", "poses", "poses and looks"]
    metrics = motmetrics.metrics.create()
    for kind, sequences in scenes(random, len(figures), arguments.each).items():
        accumulators = {way: [] for way in ways}
        for number, (actors, seconds) in enumerate(sequences):
            video = arguments.out / f"{kind.replace(' ', '-')}-{number}.mp4"
            truth = write_sequence(video, actors, seconds, kind == "wall", figures, random)
            poses = tracked(arguments.program, video, "--no-reid")
            answers = [joined_by_overlap(poses), poses, tracked(arguments.program, video)]
            for way, rows in zip(ways, answers):
                accumulators[way].append(accumulated(truth, rows))
        for way in ways:
            table = metrics.compute_many(accumulators[way], metrics=["idf1", "num_switches", "mota"], generate_overall=True)
            total = table.loc["OVERALL"]
            switches = int(total.num_switches)
            print(f"{kind}, {way}: IDF1 {total.idf1:.3f}, {switches} switches, MOTA {total.mota:.3f}", flush=True)


if __name__ == "__main__":
    main()
