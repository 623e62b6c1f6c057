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
"""Canvas pixels; people with a shorter side are ignored."""
CLOSE_UP_SMALLEST = 70.0
"""Picture pixels: the longer side of people who are sharp enough to be shown from near."""
HIDDEN_SHARE = 0.25
"""Of a box; where more lies behind another picture it is not learned."""
STRETCH = 0.13
"""Natural logarithm of how much wider or narrower a picture may become, at most."""
PATCHED_SHARE = 0.5
"""Of the samples, at full variation, that get patches of other pictures."""


def log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def place(canvas: np.ndarray, region, picture: np.ndarray, labels, scale, offset, mirror: bool):
    """Draw `picture` into `region` (x1, y1, x2, y2) of the canvas; returns its people and ignore boxes there.

    `scale` is (x, y) canvas pixels a picture pixel, `offset` the picture's top left corner in canvas pixels.
    """
    x1, y1, x2, y2 = region
    width, halvings = picture.shape[1], 1.0
    while max(scale) * halvings < 0.5 and min(picture.shape[:2]) > 1:
        # OpenCV's warp looks at the nearest pixels only, evaluation averages all
        size = (picture.shape[1] // 2, picture.shape[0] // 2)
        picture = cv2.resize(picture[: 2 * size[1], : 2 * size[0]], size, interpolation=cv2.INTER_AREA)
        halvings *= 2.0
    sign, shift = (-1.0, width) if mirror else (1.0, 0.0)
    matrix = np.array(
        [[sign * scale[0], 0, shift * scale[0] + offset[0] - x1], [0, scale[1], offset[1] - y1]], np.float64
    )
    centers = matrix.copy()  # OpenCV counts from pixel centers, we from pixel corners
    centers[:, :2] *= halvings
    centers[:, 2] += centers[:, :2] @ (0.5, 0.5) - 0.5
    canvas[y1:y2, x1:x2] = cv2.warpAffine(
        picture, centers, (x2 - x1, y2 - y1), flags=cv2.INTER_LINEAR, borderValue=(PADDING_GRAY,) * 3
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


def _fit(random, picture, region, zoom, align: bool, variation: float):
    """Scale and offset that fit the picture into the region times `zoom`, at a random place."""
    width, height = region[2] - region[0], region[3] - region[1]
    scale = min(width / picture.shape[1], height / picture.shape[0]) * zoom
    widest = np.exp(STRETCH * (1 + variation))
    stretch = log_uniform(random, 1 / widest, widest)
    scale = (scale * stretch**0.5, scale / stretch**0.5)
    offset = []
    for start, space, size in ((region[0], width, picture.shape[1] * scale[0]), (region[1], height, picture.shape[0] * scale[1])):
        offset.append(start + (0.0 if align and size <= space else random.uniform() * (space - size)))
    return scale, offset


def whole_picture(random, pictures: PictureSet, index: int, canvas: np.ndarray, variation: float):
    picture = pictures.picture(index)
    region = (0, 0, canvas.shape[1], canvas.shape[0])
    zoom = 1.0 if random.uniform() < 0.2 else log_uniform(random, 0.6, 2.0)
    scale, offset = _fit(random, picture, region, zoom, random.uniform() < 0.5, variation)
    return place(canvas, region, picture, pictures.labels[index], scale, offset, random.uniform() < 0.5)


def mosaic(random, pictures: PictureSet, indices, canvas: np.ndarray, variation: float):
    height, width = canvas.shape[:2]
    x, y = int(width * random.uniform(0.3, 0.7)), int(height * random.uniform(0.3, 0.7))
    people, ignore = [], []
    for index, region in zip(indices, ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height))):
        picture = pictures.picture(index)
        scale, offset = _fit(random, picture, region, log_uniform(random, 0.9, 2.2), False, variation)
        a, b = place(canvas, region, picture, pictures.labels[index], scale, offset, random.uniform() < 0.5)
        people.append(a)
        ignore.append(b)
    return np.concatenate(people), np.concatenate(ignore)


def close_up(random, pictures: PictureSet, index: int, canvas: np.ndarray, variation: float):
    """Zoom into one person so that the frame cuts the body, mostly below, as a webcam does."""
    labels, picture = pictures.labels[index], pictures.picture(index)
    sides = labels.people[:, 2:] - labels.people[:, :2]
    large = np.flatnonzero(sides.max(axis=1, initial=0) >= CLOSE_UP_SMALLEST)
    if len(large) == 0:
        return whole_picture(random, pictures, index, canvas, variation)
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


def not_hidden(boxes: np.ndarray, patch) -> np.ndarray:
    """The boxes of which nearly all is seen beside `patch` (x1, y1, x2, y2): the others should end at its edge."""
    low, high = np.maximum(boxes[:, :2], patch[:2]), np.minimum(boxes[:, 2:], patch[2:])
    hidden = np.prod((high - low).clip(min=0), axis=1) / np.prod(boxes[:, 2:] - boxes[:, :2], axis=1).clip(min=1e-6)
    return boxes[hidden <= HIDDEN_SHARE]


def place_over(canvas: np.ndarray, region, picture: np.ndarray, labels, scale, offset, mirror: bool, people, ignore):
    """`place` on a canvas that has people already; returns all people and ignore boxes that are then to be seen."""
    added, unsure = place(canvas, region, picture, labels, scale, offset, mirror)
    return np.concatenate([not_hidden(people, region), added]), np.concatenate([not_hidden(ignore, region), unsure])


def picture_on_picture(random, pictures: PictureSet, indices, canvas: np.ndarray, variation: float):
    """A whole picture with another one around it instead of gray: more people for the same work."""
    height, width = canvas.shape[:2]
    behind, picture = (pictures.picture(index) for index in indices)
    scale = max(width / behind.shape[1], height / behind.shape[0]) * log_uniform(random, 1.0, 1.5)
    offset = [random.uniform() * (space - side * scale) for space, side in zip((width, height), behind.shape[1::-1])]
    everything = (0, 0, width, height)
    mirrors = random.uniform(size=2) < 0.5
    labels = [pictures.labels[index] for index in indices]
    people, ignore = place(canvas, everything, behind, labels[0], (scale, scale), offset, mirrors[0])
    scale, offset = _fit(random, picture, everything, log_uniform(random, 0.5, 1.1), False, variation)
    corners = np.array([*offset, offset[0] + picture.shape[1] * scale[0], offset[1] + picture.shape[0] * scale[1]])
    region = np.round(corners.clip(0, (width, height, width, height))).astype(int)
    return place_over(canvas, region, picture, labels[1], scale, offset, mirrors[1], people, ignore)


def cover_with_patch(random, pictures: PictureSet, index: int, canvas: np.ndarray, people, ignore):
    """Put a piece of another picture over the canvas; its people are there, those behind it may be hidden by it."""
    height, width = canvas.shape[:2]
    sides = [int(space * log_uniform(random, 0.12, 0.5)) for space in (width, height)]
    left, top = (int(random.uniform() * (space - side)) for space, side in zip((width, height), sides))
    patch = np.array([left, top, left + sides[0], top + sides[1]])
    picture = pictures.picture(index)
    zoom = log_uniform(random, 0.35, 1.2) * max(width, height) / max(picture.shape[:2])
    zoom = max(zoom, sides[0] / picture.shape[1], sides[1] / picture.shape[0])
    offset = [
        start + random.uniform() * (side - length * zoom)
        for start, side, length in zip((left, top), sides, picture.shape[1::-1])
    ]
    mirror = random.uniform() < 0.5
    return place_over(canvas, patch, picture, pictures.labels[index], (zoom, zoom), offset, mirror, people, ignore)


def recolor(random, canvas: np.ndarray, variation: float) -> np.ndarray:
    """Brightness, contrast, gamma, white balance, saturation; now and then gray, blur, noise."""
    levels = np.linspace(0, 1, 256)[:, None] ** log_uniform(random, 0.75, 1.35)
    gain = log_uniform(random, 0.8, 1.25) * np.exp(random.normal(0, 0.04 * (1 + variation), 3))
    table = ((levels - 0.5) * gain + 0.5 + random.uniform(-0.08, 0.08) * (1 + variation)) * 255
    canvas = cv2.LUT(canvas, table.clip(0, 255).astype(np.uint8)[None])
    saturation = 0.0 if random.uniform() < 0.06 else random.uniform(0.5, 1.4 + 0.4 * variation)
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
    variation: float = 0.0
    """From 0 to 1: wider stretches, stronger colors, pictures on pictures, patches of other pictures."""


def make_sample(
    random: np.random.Generator, pictures: PictureSet, pool: np.ndarray, height: int, width: int, kinds: Kinds
):
    """One sample: canvas `[height, width, 3]` uint8 RGB, people `[n, 4]`, ignore `[m, 4]`."""
    canvas = np.full((height, width, 3), PADDING_GRAY, np.uint8)
    kind = random.uniform()
    if kind < kinds.mosaic:
        people, ignore = mosaic(random, pictures, random.choice(pool, 4), canvas, kinds.variation)
    elif kind < kinds.mosaic + kinds.close_up:
        people, ignore = close_up(random, pictures, random.choice(pool), canvas, kinds.variation)
    elif random.uniform() < kinds.variation:
        people, ignore = picture_on_picture(random, pictures, random.choice(pool, 2), canvas, kinds.variation)
    else:
        people, ignore = whole_picture(random, pictures, random.choice(pool), canvas, kinds.variation)
    if random.uniform() < kinds.variation * PATCHED_SHARE:
        for _ in range(random.integers(1, 4)):
            people, ignore = cover_with_patch(random, pictures, random.choice(pool), canvas, people, ignore)
    return recolor(random, canvas, kinds.variation), people, ignore


CANVAS_SHAPES = ((1.0, 1.0, 0.4), (0.6, 1.0, 0.25), (0.75, 1.0, 0.2), (1.0, 0.75, 0.08), (1.0, 0.6, 0.07))
"""Height and width as shares of the canvas's side, and how often each shape is drawn."""


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
