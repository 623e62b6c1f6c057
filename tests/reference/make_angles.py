"""Writes tests/data/angles.json: poses with their joint and segment angles, and two people in motion.

Written down from the definitions of Sports2D (the table and `fixed_angles` of Pose2Sim's common.py, BSD-3-Clause),
apart from the program: angles are differences of directions of complex numbers, series go through numpy's `unwrap` and
`gradient`. Needs numpy:

    python3 tests/reference/make_angles.py
"""

import cmath
import json
import math
import pathlib
import random

import numpy as np

JOINTS = (
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist "
    "right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle"
).split()
MIN_CONFIDENCE = 0.3
LONGEST_STEP_SECS = 0.5
HINGES = ("_knee", "_hip", "_elbow")


def both(name, points, offset, scale):
    """The same angle of both sides; points with a star are of that side."""
    for side in ("right", "left"):
        yield f"{side}_{name}", ([p.replace("*", f"{side}_") for p in points.split()], offset, scale)


TABLE = dict(
    [
        *both("knee", "*ankle *knee *hip", -180, 1),
        *both("hip", "*knee *hip mid_hip neck", 0, -1),
        *both("shoulder", "*elbow *shoulder mid_hip neck", 0, -1),
        *both("elbow", "*wrist *elbow *shoulder", 180, -1),
        *both("shank", "*ankle *knee", 0, -1),
        *both("thigh", "*knee *hip", 0, -1),
        ("pelvis", (["left_hip", "right_hip"], 0, -1)),
        ("trunk", (["neck", "mid_hip"], 0, -1)),
        ("shoulders", (["left_shoulder", "right_shoulder"], 0, -1)),
        *both("arm", "*elbow *shoulder", 0, -1),
        *both("forearm", "*wrist *elbow", 0, -1),
    ]
)


def period(name):
    return 180 if name in ("pelvis", "shoulders") else 360


def positions(pose, side):
    """Complex numbers by name, mirrored where the left side is seen."""
    found = {}
    for name, keypoint in zip(JOINTS, pose):
        if keypoint is not None and keypoint[2] >= MIN_CONFIDENCE:
            x, y, _ = keypoint
            found[name] = complex(-x if side == "left" else x, y)
    for middle, part in (("neck", "shoulder"), ("mid_hip", "hip")):
        ends = [found.get(f"{s}_{part}") for s in ("left", "right")]
        if None not in ends:
            found[middle] = sum(ends) / 2
    return found


def wrapped(deg, whole):
    """In (-whole / 2, whole / 2]."""
    deg = math.fmod(deg, whole)
    if deg > whole / 2:
        deg -= whole
    if deg <= -whole / 2:
        deg += whole
    return deg


def angles(pose, side, floor_deg):
    found = positions(pose, side)
    result = {}
    for name, (points, offset, scale) in TABLE.items():
        at = [found.get(point) for point in points]
        if None in at:
            result[name] = None
            continue
        if len(at) == 2:
            u, v = at[0] - at[1], 1
        elif len(at) == 3:
            u, v = at[0] - at[1], at[2] - at[1]
        else:
            u, v = at[1] - at[0], at[3] - at[2]
        raw = math.degrees(cmath.phase(u) - cmath.phase(v))
        deg = (raw + offset) * scale
        if len(at) == 2:
            deg -= -floor_deg if side == "left" else floor_deg
        result[name] = wrapped(deg, period(name))
    return result


def over_time(times, sides, values, whole, goes_round):
    """Degrees without jumps and degrees per second, stretch by stretch."""
    unwrapped, speeds = [None] * len(times), [None] * len(times)
    i = 0
    while i < len(times):
        if values[i] is None:
            i += 1
            continue
        k = i + 1
        while (
            k < len(times)
            and values[k] is not None
            and sides[k] == sides[i]
            and times[k] - times[k - 1] <= LONGEST_STEP_SECS
        ):
            k += 1
        if goes_round:
            part = np.unwrap(values[i:k], period=whole)
            part -= whole * round(float(np.mean(part)) / whole)
        else:
            middle = math.degrees(cmath.phase(sum(cmath.exp(1j * math.radians(deg)) for deg in values[i:k])))
            part = np.array([middle + wrapped(deg - middle, 360) for deg in values[i:k]])
        unwrapped[i:k] = part.tolist()
        if k - i > 1:
            speeds[i:k] = np.gradient(part, times[i:k]).tolist()
        i = k
    return unwrapped, speeds


def random_pose(rng):
    return [
        None
        if rng.random() < 0.05
        else [round(rng.uniform(0, 640), 2), round(rng.uniform(0, 480), 2), round(rng.choice([0.2, 0.5, 0.9, 0.9, 0.9]), 2)]
        for _ in JOINTS
    ]


def swinging_pose(t):
    """Arms that turn several times, a pelvis that turns once, legs that bend."""
    at = dict.fromkeys(JOINTS)

    def place(name, origin, length, deg):
        direction = cmath.exp(1j * math.radians(deg))
        at[name] = origin + length * direction
        return at[name]

    hips, shoulders = complex(300, 300), complex(305, 180)
    for side, sign in (("left", -1), ("right", 1)):
        hip = place(f"{side}_hip", hips, 20 * sign, 300 * t)
        shoulder = place(f"{side}_shoulder", shoulders, 30 * sign, 20 * math.sin(2 * t))
        knee = place(f"{side}_knee", hip, 80, 90 - 40 * math.sin(5 * t) * sign)
        place(f"{side}_ankle", knee, 80, 110 - 30 * math.sin(5 * t))
        elbow = place(f"{side}_elbow", shoulder, 60, 90 + sign * 500 * t)
        place(f"{side}_wrist", elbow, 50, 90 + sign * 500 * t - 70 * math.sin(4 * t))
    return [None if at[name] is None else [round(at[name].real, 2), round(at[name].imag, 2), 0.9] for name in JOINTS]


def main():
    rng = random.Random(17)
    poses = []
    for _ in range(30):
        pose, side, floor_deg = random_pose(rng), rng.choice(["left", "right", "none"]), rng.choice([0, 0, 4.5, -3])
        poses.append({"pose": pose, "side": side, "floor_deg": floor_deg, "angles": angles(pose, side, floor_deg)})

    t, series = 0.0, {"times_s": [], "sides": [], "poses": [], "angles": {}, "speeds": {}}
    for k in range(70):
        pose = swinging_pose(t)
        if k in (20, 21, 22, 40, 42):
            pose[JOINTS.index("right_elbow")] = None
        if k == 30:
            pose = [None] * 17
        series["times_s"].append(round(t, 6))
        series["sides"].append("left" if 48 <= k else "right")
        series["poses"].append(pose)
        # frames of a variable rate, some lost, once for longer than angles are followed
        t += 0.7 if k == 55 else rng.choice([1, 1, 1, 2]) / 30 + rng.uniform(-0.004, 0.004)
    rows = [angles(pose, side, 0) for pose, side in zip(series["poses"], series["sides"])]
    for name in TABLE:
        series["angles"][name], series["speeds"][name] = over_time(
            series["times_s"], series["sides"], [row[name] for row in rows], period(name), not name.endswith(HINGES)
        )
    path = pathlib.Path(__file__).parent.parent / "data" / "angles.json"

    def rounded(value):
        if isinstance(value, float):
            return round(value, 6)
        if isinstance(value, dict):
            return {key: rounded(item) for key, item in value.items()}
        return [rounded(item) for item in value] if isinstance(value, list) else value

    path.write_text(json.dumps(rounded({"poses": poses, "series": series}), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
