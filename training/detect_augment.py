"""Training samples for the detector: pictures placed at random on a canvas, their boxes with them.

All boxes are corners in canvas pixels. A box cut by the frame becomes the part that is seen; where less than
`VISIBLE_SHARE` of it is left, it is ignored instead of learned.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from detect_data import PictureSet
from detector import PADDING_GRAY

VISIBLE_SHARE = 0.35
SMALLEST_SIDE = 4.0
CLOSE_UP_SMALLEST = 70.0


def log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def place(canvas: np.ndarray, region, picture: np.ndarray, labels, scale, offset, mirror: bool):
    """Draw `picture` into `region` (x1, y1, x2, y2) of the canvas; returns its people and ignore boxes there.

    `scale` is (x, y) canvas pixels a picture pixel, `offset` the picture's top left corner in canvas pixels.
    """
    x1, y1, x2, y2 = region
    width = picture.shape[1]
    sign, shift = (-1.0, width) if mirror else (1.0, 0.0)
    matrix = np.array(
        [[sign * scale[0], 0, shift * scale[0] + offset[0] - x1], [0, scale[1], offset[1] - y1]], np.float64
    )
    centers = matrix.copy()  # OpenCV counts from pixel centers, we from pixel corners
    centers[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    method = cv2.INTER_AREA if max(scale) < 0.5 else cv2.INTER_LINEAR
    canvas[y1:y2, x1:x2] = cv2.warpAffine(
        picture, centers, (x2 - x1, y2 - y1), flags=method, borderValue=(PADDING_GRAY,) * 3
    )

    def move(boxes):
        moved = boxes.astype(np.float32).copy()
        if mirror:
            moved[:, [0, 2]] = width - boxes[:, [2, 0]]
        moved[:, 0::2] = moved[:, 0::2] * scale[0] + offset[0]
        moved[:, 1::2] = moved[:, 1::2] * scale[1] + offset[1]
        seen = moved.copy()
        seen[:, 0::2] = seen[:, 0::2].clip(x1, x2)
        seen[:, 1::2] = seen[:, 1::2].clip(y1, y2)
        area = np.prod(moved[:, 2:] - moved[:, :2], axis=1)
        share = np.prod(seen[:, 2:] - seen[:, :2], axis=1) / np.maximum(area, 1e-6)
        return seen, share

    people, people_share = move(labels.people)
    ignore, ignore_share = move(labels.ignore)
    large = (people[:, 2:] - people[:, :2]).min(axis=1, initial=np.inf) >= SMALLEST_SIDE
    kept = (people_share >= VISIBLE_SHARE) & large
    ignore = np.concatenate([ignore[ignore_share > 0.05], people[~kept & (people_share > 0.05)]])
    return people[kept], ignore


def _fit(random, picture, region, zoom, align: bool):
    """Scale and offset that fit the picture into the region times `zoom`, at a random place."""
    width, height = region[2] - region[0], region[3] - region[1]
    scale = min(width / picture.shape[1], height / picture.shape[0]) * zoom
    stretch = log_uniform(random, 0.88, 1.14)
    scale = (scale * stretch**0.5, scale / stretch**0.5)
    offset = []
    for start, space, size in ((region[0], width, picture.shape[1] * scale[0]), (region[1], height, picture.shape[0] * scale[1])):
        offset.append(start + (0.0 if align and size <= space else random.uniform() * (space - size)))
    return scale, offset


def whole_picture(random, pictures: PictureSet, index: int, canvas: np.ndarray):
    picture = pictures.picture(index)
    region = (0, 0, canvas.shape[1], canvas.shape[0])
    zoom = 1.0 if random.uniform() < 0.2 else log_uniform(random, 0.6, 2.0)
    scale, offset = _fit(random, picture, region, zoom, align=random.uniform() < 0.5)
    return place(canvas, region, picture, pictures.labels[index], scale, offset, random.uniform() < 0.5)


def mosaic(random, pictures: PictureSet, indices, canvas: np.ndarray):
    height, width = canvas.shape[:2]
    x, y = int(width * random.uniform(0.3, 0.7)), int(height * random.uniform(0.3, 0.7))
    people, ignore = [], []
    for index, region in zip(indices, ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height))):
        picture = pictures.picture(index)
        scale, offset = _fit(random, picture, region, log_uniform(random, 0.9, 2.2), align=False)
        a, b = place(canvas, region, picture, pictures.labels[index], scale, offset, random.uniform() < 0.5)
        people.append(a)
        ignore.append(b)
    return np.concatenate(people), np.concatenate(ignore)


def close_up(random, pictures: PictureSet, index: int, canvas: np.ndarray):
    """Zoom into one person so that the frame cuts the body, mostly below, as a webcam does."""
    labels, picture = pictures.labels[index], pictures.picture(index)
    sides = labels.people[:, 2:] - labels.people[:, :2]
    large = np.flatnonzero(sides.max(axis=1, initial=0) >= CLOSE_UP_SMALLEST)
    if len(large) == 0:
        return whole_picture(random, pictures, index, canvas)
    chosen = random.choice(large)
    box, side = labels.people[chosen].copy(), sides[chosen].max()
    height, width = canvas.shape[:2]
    scale = log_uniform(random, 0.75, 2.2) * min(width, height) / side
    scale = min(scale, 3.5 * width / picture.shape[1])
    mirror = random.uniform() < 0.5
    if mirror:
        box[[0, 2]] = picture.shape[1] - box[[2, 0]]
    middle = (box[0] + box[2]) / 2 + random.normal(0, 0.12) * (box[2] - box[0])
    top = box[1] - random.uniform(-0.05, 0.3) * (box[3] - box[1])
    if random.uniform() < 0.2:
        top = random.uniform(box[1], max(box[1], box[3] - height / scale))
    offset = [width * random.uniform(0.3, 0.7) - middle * scale, -top * scale]
    for axis, (space, size) in enumerate(((width, picture.shape[1] * scale), (height, picture.shape[0] * scale))):
        if size >= space:
            offset[axis] = float(np.clip(offset[axis], space - size, 0))
    return place(canvas, (0, 0, width, height), picture, labels, (scale, scale), offset, mirror)


def recolor(random, canvas: np.ndarray) -> np.ndarray:
    """Brightness, contrast, gamma, white balance, saturation; now and then gray, blur, noise."""
    levels = np.linspace(0, 1, 256)[:, None] ** log_uniform(random, 0.75, 1.35)
    gain = log_uniform(random, 0.8, 1.25) * np.exp(random.normal(0, 0.04, 3))
    table = ((levels - 0.5) * gain + 0.5 + random.uniform(-0.08, 0.08)) * 255
    canvas = cv2.LUT(canvas, table.clip(0, 255).astype(np.uint8)[None])
    saturation = 0.0 if random.uniform() < 0.06 else random.uniform(0.5, 1.4)
    mix = saturation * np.eye(3) + (1 - saturation) * np.tile([0.299, 0.587, 0.114], (3, 1))
    canvas = cv2.transform(canvas, mix)
    if random.uniform() < 0.12:
        canvas = cv2.GaussianBlur(canvas, (0, 0), random.uniform(0.5, 1.6))
    if random.uniform() < 0.12:
        noise = random.normal(0, random.uniform(3, 14), (*canvas.shape[:2], 1))
        canvas = (canvas + noise).clip(0, 255).astype(np.uint8)
    return canvas


@dataclass(frozen=True)
class Kinds:
    """Shares of the kinds of samples; the rest are whole pictures."""

    mosaic: float = 0.4
    close_up: float = 0.2


def make_sample(
    random: np.random.Generator, pictures: PictureSet, pool: np.ndarray, height: int, width: int, kinds: Kinds
):
    """One sample: canvas `[height, width, 3]` uint8 RGB, people `[n, 4]`, ignore `[m, 4]`."""
    canvas = np.full((height, width, 3), PADDING_GRAY, np.uint8)
    kind = random.uniform()
    if kind < kinds.mosaic:
        people, ignore = mosaic(random, pictures, random.choice(pool, 4), canvas)
    elif kind < kinds.mosaic + kinds.close_up:
        people, ignore = close_up(random, pictures, random.choice(pool), canvas)
    else:
        people, ignore = whole_picture(random, pictures, random.choice(pool), canvas)
    return recolor(random, canvas), people, ignore


CANVAS_SHAPES = ((1.0, 1.0, 0.4), (0.6, 1.0, 0.25), (0.75, 1.0, 0.2), (1.0, 0.75, 0.08), (1.0, 0.6, 0.07))


def make_batch(
    random: np.random.Generator, pictures: PictureSet, pool: np.ndarray, side: int, pixels: int, kinds: Kinds
):
    """Samples of one canvas shape, about `pixels` in all: uint8 `[n, h, w, 3]` and lists of people, ignore boxes."""
    shares = [share for *_, share in CANVAS_SHAPES]
    tall, wide, _ = CANVAS_SHAPES[random.choice(len(shares), p=shares)]
    height, width = (int(round(side * factor / 32)) * 32 for factor in (tall, wide))
    count = max(1, round(pixels / (height * width)))
    samples = [make_sample(random, pictures, pool, height, width, kinds) for _ in range(count)]
    canvases, people, ignore = zip(*samples)
    return np.stack(canvases), list(people), list(ignore)
