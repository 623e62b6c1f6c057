"""Views of a person as a tracker would get them later: elsewhere, in other light, half hidden, less sharp.

A view that keeps its background teaches a net to recognize rooms, so about half of the views get another one: joints
say roughly which pixels are the person.
"""

import cv2
import numpy as np

from pose_data import NOWHERE, PoseData
from reid_data import INPUT_SIZE, input_from_crop, shrinking_warp

LIMBS = [(5, 7), (7, 9), (6, 8), (8, 10), (5, 6), (11, 12), (5, 11), (6, 12), (11, 13), (13, 15), (12, 14), (14, 16)]
FACE = range(5)
SURE_WEIGHT = 0.3
"""A joint with less weight is not drawn into the mask."""

FEWEST_JOINTS = 8
"""People with fewer sure joints keep their background."""


def visible_part(box: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The box of somebody of whom a table, a wall or the picture's edge hides a part."""
    x, y, width, height = box
    hidden = random.random()
    if hidden < 0.2:
        return np.array([x, y, width, height * random.uniform(0.4, 0.9)])
    if hidden < 0.3:
        share = random.uniform(0.55, 0.9)
        return np.array([x + random.integers(2) * (1 - share) * width, y, share * width, height])
    return box


def view_from_crop(box: np.ndarray, size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """`[2, 3]`: the person's box into the view, moved, scaled, leaning and half of the times mirrored."""
    fitting = input_from_crop(box, size)
    scale = random.uniform(0.85, 1.15) * np.exp(random.uniform(-0.08, 0.08, 2))
    angle = np.deg2rad(random.normal(0, 4))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    if random.random() < 0.5:
        turn[:, 0] *= -1
    middle = np.array(size) / 2
    shift = random.uniform(-0.06, 0.06, 2) * size
    moved = turn @ fitting
    moved[:, 2] += middle + shift - turn @ middle
    return moved


def person_mask(joints: np.ndarray, view: np.ndarray, size: tuple[int, int]) -> np.ndarray | None:
    """`[height, width, 1]`, 0 to 1: thick limbs, trunk and head; None where too few joints are sure."""
    sure = (joints[:, 2] >= SURE_WEIGHT) & (joints[:, 0] > NOWHERE)
    if sure.sum() < FEWEST_JOINTS or not sure[[5, 6, 11, 12]].all():
        return None
    points = joints[:, :2] @ view[:, :2].T + view[:, 2]
    trunk = float(np.linalg.norm(points[[5, 6]].mean(axis=0) - points[[11, 12]].mean(axis=0)))
    thick = max(4, round(0.32 * trunk))
    at = [tuple(int(value) for value in point) for point in np.clip(points, -500, 500)]
    mask = np.zeros(size[::-1], np.uint8)
    cv2.fillConvexPoly(mask, np.array([at[5], at[6], at[12], at[11]], np.int32), 255)
    for a, b in LIMBS:
        if sure[a] and sure[b]:
            cv2.line(mask, at[a], at[b], 255, thick)
    face = [joint for joint in FACE if sure[joint]]
    if face:
        head = points[face].mean(axis=0).clip(-500, 500)
        cv2.circle(mask, tuple(int(value) for value in head), max(3, round(0.3 * trunk)), 255, -1)
    return cv2.GaussianBlur(mask, (5, 5), 0).astype(np.float32)[:, :, None] / 255


def other_place(pose: PoseData, size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """A part of some other picture, `[height, width, 3]`."""
    other = int(random.choice(pose.training))
    side = pose.rows[other]["size"]
    height = random.uniform(0.5, 1.0) * side
    corner = random.uniform(0, 1, 2) * [side - height / 2, side - height]
    return shrinking_warp(pose.pixels[other], input_from_crop(np.array([*corner, height / 2, height]), size), size)


def hide(picture: np.ndarray, pose: PoseData, random: np.random.Generator) -> None:
    """Puts a piece of another picture, or one color, before a side of the person or somewhere small."""
    height, width = picture.shape[:2]
    rows, columns = (random.uniform(0.15, 0.45, 2) * [height, width]).astype(int)
    kind = random.integers(3)
    if kind == 0:
        columns = width
    elif kind == 1:
        rows = height
    top = random.integers(height - rows + 1)
    left = random.choice([0, width - columns]) if kind == 1 else random.integers(width - columns + 1)
    cover = random.integers(0, 256, 3)
    if random.random() < 0.6:
        cover = other_place(pose, (width, height), random)[:rows, :columns]
    picture[top : top + rows, left : left + columns] = cover


def relit(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Another exposure, another white balance, another contrast."""
    light = np.arange(256, dtype=np.float32)[:, None] / 255
    gain = np.exp(random.uniform(-0.3, 0.3)) * np.exp(random.normal(0, 0.05, 3))
    table = (light ** np.exp(random.uniform(-0.35, 0.35))) * gain
    table = 0.5 + (table - 0.5) * random.uniform(0.8, 1.15)
    table = (table.clip(0, 1) * 255).astype(np.uint8)
    return np.stack([cv2.LUT(picture[:, :, c], table[:, c]) for c in range(3)], axis=2)


def less_sharp(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Farther away, moving, noisy or compressed."""
    height, width = picture.shape[:2]
    if random.random() < 0.35:
        rows = int(random.uniform(32, 100))
        small = cv2.resize(picture, (max(1, rows * width // height), rows), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    if random.random() < 0.15:
        picture = cv2.blur(picture, (int(random.integers(2, 8) * width // INPUT_SIZE[0]), 1))
    if random.random() < 0.2:
        noise = random.normal(0, random.uniform(2, 10), picture.shape)
        picture = (picture + noise).clip(0, 255).astype(np.uint8)
    if random.random() < 0.2:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 80))]
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR)
    return picture


def varied_view(
    pose: PoseData, person: int, random: np.random.Generator, size: tuple[int, int] = INPUT_SIZE
) -> tuple[np.ndarray, np.ndarray]:
    """One view of a person, `[height, width, 3]`, RGB, 8 bits, and the person's box in it."""
    box = visible_part(pose.boxes[person], random)
    view = view_from_crop(box, size, random)
    picture = shrinking_warp(pose.pixels[person], view, size)
    if random.random() < 0.55:
        mask = person_mask(pose.joints[person], view, size)
        if mask is not None:
            picture = (mask * picture + (1 - mask) * other_place(pose, size, random)).astype(np.uint8)
    if random.random() < 0.3:
        hide(picture, pose, random)
    if random.random() < 0.85:
        picture = relit(picture, random)
    corners = np.array([box[:2], box[:2] + box[2:]]) @ view[:, :2].T + view[:, 2]
    low, high = corners.min(axis=0), corners.max(axis=0)
    return less_sharp(picture, random), np.concatenate([low, high - low])


def varied_views(pose: PoseData, people: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One view of each, `[n, 128, 64, 3]`."""
    return np.stack([varied_view(pose, int(person), random)[0] for person in people])
