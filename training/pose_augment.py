"""Cuts the net's input out of stored crops, as it is for validation and with variations for training.

Positions are continuous: pixel (0, 0) covers the square from (0, 0) to (1, 1), its center is at
(0.5, 0.5). A "window" is the part of a stored crop that becomes the net's input: center,
width and height in crop pixels, an angle, and whether it is mirrored.
"""

import cv2
import numpy as np

from pose_data import MIRRORED_JOINT, NOWHERE, PoseData

CONTEXT = 1.25
"""The window is the person's box, grown to the input's aspect, times this."""

UPPER_BODY = np.arange(11)
LOWER_BODY = np.arange(11, 17)


def grown_to_aspect(width: float, height: float, aspect: float) -> tuple[float, float]:
    """The smallest box of the given width by height that holds the box."""
    return (width, width / aspect) if width > height * aspect else (height * aspect, height)


def input_from_crop(center, window_width: float, angle: float, mirrored: bool, size: tuple[int, int]) -> np.ndarray:
    """Affine map `[2, 3]` from crop positions to input positions; angle in radians, size (height, width)."""
    height, width = size
    scale = width / window_width
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    linear = np.array([[cosine, -sine], [sine, cosine]])
    if mirrored:
        linear[0] = -linear[0]
    offset = np.array([width / 2, height / 2]) - linear @ np.asarray(center, float)
    return np.column_stack([linear, offset])


def warp(pixels: np.ndarray, position_map: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bilinear sampling, black outside; OpenCV counts from pixel centers, so the map is shifted by a half."""
    linear, offset = position_map[:, :2], position_map[:, 2]
    center_map = np.column_stack([linear, linear @ [0.5, 0.5] + offset - 0.5])
    return cv2.warpAffine(pixels, center_map, (size[1], size[0]), flags=cv2.INTER_LINEAR)


def moved_joints(joints: np.ndarray, position_map: np.ndarray, mirrored: bool, size: tuple[int, int]) -> np.ndarray:
    """Joints `[17, 3]` in input pixels; those outside keep their weight and are NOWHERE."""
    moved = joints.copy()
    moved[:, :2] = joints[:, :2] @ position_map[:, :2].T + position_map[:, 2]
    outside = (moved[:, 0] < 0) | (moved[:, 0] >= size[1]) | (moved[:, 1] < 0) | (moved[:, 1] >= size[0])
    moved[outside, :2] = NOWHERE
    return moved[MIRRORED_JOINT] if mirrored else moved


def plain_window(box: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, float, float]:
    """Centre, width and height of the window of a person's box as in validation and use."""
    width, height = grown_to_aspect(box[2], box[3], size[1] / size[0])
    return box[:2] + box[2:] / 2, width * CONTEXT, height * CONTEXT


def plain_map(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The map `[2, 3]` from positions round a person's box to an input without variations."""
    center, width, _ = plain_window(box, size)
    return input_from_crop(center, width, 0.0, False, size)


def plain_crop(data: PoseData, person: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The input picture without variations and the map that made it."""
    position_map = plain_map(data.boxes[person], size)
    return warp(data.pixels[person], position_map, size), position_map


def half_body_box(joints: np.ndarray, random: np.random.Generator) -> np.ndarray | None:
    """Box round the upper or the lower joints alone (Cascaded Pyramid Network; HRNet), if there are enough."""
    known = (joints[:, 2] > 0) & (joints[:, 0] > NOWHERE)
    part = UPPER_BODY if random.random() < 0.6 else LOWER_BODY
    points = joints[part[known[part]], :2]
    if known.sum() < 8 or len(points) < 4:
        return None
    low, high = points.min(0), points.max(0)
    extent = (high - low) * 1.5 + 8
    return np.concatenate([(low + high - extent) / 2, extent])


def varied_window(
    box: np.ndarray, joints: np.ndarray, size: tuple[int, int], random: np.random.Generator, strength: float
):
    """Random center, width, angle and mirroring round a person, or round half of one."""
    if random.random() < 0.12 * strength:
        half = half_body_box(joints, random)
        box = box if half is None else half
    center, width, height = plain_window(box, size)
    width *= np.clip(1 + random.normal() * 0.22 * strength, 0.6, 1.5)
    center = center + random.normal(size=2) * 0.04 * strength * np.array([width, height]) / CONTEXT
    angle = np.radians(np.clip(random.normal() * 25, -60, 60)) if random.random() < 0.35 * strength else 0.0
    return center, width, angle, random.random() < 0.5


def recolor(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Brightness, contrast, gamma and tint through one table; sometimes gray, blurred or noisy."""
    if random.random() < 0.8:
        ramp = np.linspace(0, 1, 256)[:, None] ** np.exp(random.normal() * 0.2)
        gain = random.uniform(0.7, 1.3) * (1 + random.uniform(-0.15, 0.15, 3))
        table = ramp * gain * 255 + random.uniform(-20, 20)
        picture = cv2.LUT(picture, np.clip(table, 0, 255).astype(np.uint8)[:, None, :])
    if random.random() < 0.1:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if random.random() < 0.1:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.5, 1.5))
    if random.random() < 0.1:
        noise = random.integers(0, 24, picture.shape, np.uint8)
        picture = cv2.subtract(cv2.add(picture, noise), np.uint8(12) + np.zeros_like(noise))
    return picture


def random_rectangle(size: tuple[int, int], random: np.random.Generator) -> tuple[slice, slice]:
    """Rows and columns of a rectangle of a tenth to two fifths of either side."""
    height, width = (int(side * random.uniform(0.1, 0.4)) for side in size)
    top, left = random.integers(0, size[0] - height), random.integers(0, size[1] - width)
    return slice(top, top + height), slice(left, left + width)


def occlude(picture: np.ndarray, data: PoseData, random: np.random.Generator, strength: float) -> np.ndarray:
    """Hides a rectangle behind one color, or an ellipse behind a piece of another person."""
    chance = random.random()
    if chance < 0.08 * strength:
        picture[random_rectangle(picture.shape[:2], random)] = random.integers(0, 256, 3)
    elif chance < 0.24 * strength:
        other = random.choice(data.training)
        left, top, width, height = data.boxes[other]
        rows, columns = random_rectangle(picture.shape[:2], random)
        target = picture[rows, columns]
        piece_width = width * random.uniform(0.3, 0.8)
        center = (left + width * random.uniform(0.2, 0.8), top + height * random.uniform(0.1, 0.9))
        piece_map = input_from_crop(center, piece_width, 0.0, False, target.shape[:2])
        piece = warp(data.pixels[other], piece_map, target.shape[:2])
        mask = np.zeros(target.shape[:2], np.uint8)
        half = (target.shape[1] // 2, target.shape[0] // 2)
        cv2.ellipse(mask, half, half, 0, 0, 360, 1, -1)
        target[mask > 0] = piece[mask > 0]
    return picture


def varied_crop(data: PoseData, person: int, size: tuple[int, int], random: np.random.Generator, strength: float):
    """One training example: picture uint8 `[height, width, 3]`, joints `[17, 3]` in its pixels, and the map that made it.

    `strength` scales how far and how often windows are varied and people hidden; colors are varied all the same.
    """
    joints = data.joints[person]
    center, width, angle, mirrored = varied_window(data.boxes[person], joints, size, random, strength)
    position_map = input_from_crop(center, width, angle, mirrored, size)
    picture = warp(data.pixels[person], position_map, size)
    picture = occlude(recolor(picture, random), data, random, strength)
    return picture, moved_joints(joints, position_map, mirrored, size), position_map


def varied_batch(
    data: PoseData, people: np.ndarray, size: tuple[int, int], random: np.random.Generator, strength: float = 1.0
):
    """Pictures uint8 `[n, height, width, 3]`, joints float32 `[n, 17, 3]`, and the maps `[n, 2, 3]` that made them."""
    examples = [varied_crop(data, person, size, random, strength) for person in people]
    pictures, joints, maps = (np.stack(each) for each in zip(*examples))
    return pictures, joints.astype(np.float32), maps


def plain_batch(data: PoseData, people: np.ndarray, size: tuple[int, int]):
    """Pictures uint8 `[n, height, width, 3]` and the maps `[n, 2, 3]` that made them."""
    crops = [plain_crop(data, person, size) for person in people]
    return np.stack([c[0] for c in crops]), np.stack([c[1] for c in crops])
