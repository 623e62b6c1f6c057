"""Writes tests/data/pck.json: poses beside labeled people, and shares of correct keypoints computed with numpy alone.

Needs the packages of requirements.txt:

    python3 tests/reference/make_pck_cases.py
"""

import itertools
import json
import pathlib

import numpy as np

N_JOINTS = 17
SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000


def make(rng):
    """A few pictures with people beside each other, results in any order, some missing and some of nobody."""
    images, annotations, results = [], [], []
    for image_id in range(1, 7):
        images.append({"id": image_id})
        of_image = []
        for number in range(rng.integers(0, 4)):
            corner, size = np.array([150 * number, 20]) + rng.uniform(0, 20, 2), rng.uniform([60, 120], [140, 300])
            joints = np.column_stack([corner + size * rng.uniform(0, 1, (N_JOINTS, 2)), rng.integers(0, 3, N_JOINTS)])
            joints = np.round(joints, 1)
            joints[joints[:, 2] == 0] = 0
            annotations.append({
                "id": len(annotations) + 1,
                "image_id": image_id,
                "category_id": 1,
                "iscrowd": 0,
                "keypoints": joints.ravel().tolist(),
                "num_keypoints": int((joints[:, 2] > 0).sum()),
                "area": float(size.prod() * 0.6),
                "bbox": [*corner.tolist(), *size.tolist()],
                "head_rect": [*corner.tolist(), *(size * [0.35, 0.16]).tolist()],
            })
            if rng.random() < 0.15:
                continue
            off = rng.normal(0, 1, (N_JOINTS, 2)) * rng.choice([2, 15, 40], (N_JOINTS, 1))
            found = np.column_stack([np.round(joints[:, :2] + off, 1), np.round(rng.uniform(0.1, 1, N_JOINTS), 2)])
            found[rng.random(N_JOINTS) < 0.1] = 0
            of_image.append(found)
        if rng.random() < 0.3:
            of_image.append(np.column_stack([rng.uniform(0, 600, (N_JOINTS, 2)), np.ones(N_JOINTS)]))
        rng.shuffle(of_image)
        results += [
            {"image_id": image_id, "category_id": 1, "keypoints": pose.ravel().tolist(), "score": round(rng.random(), 3)}
            for pose in of_image
        ]
    # a crowd and someone without labels are nobody's
    annotations.append(dict(annotations[0], id=900, iscrowd=1))
    annotations.append(dict(annotations[0], id=901, num_keypoints=0, keypoints=[0] * 51))
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]}, results


def oks(person, pose):
    labels, pose = np.reshape(person["keypoints"], (-1, 3)), np.reshape(pose, (-1, 3))
    labeled = labels[:, 2] > 0
    squares = ((labels - pose)[:, :2] ** 2).sum(1)
    return np.exp(-squares / (2 * person["area"] * (2 * SIGMAS) ** 2))[labeled].mean()


def partners(people, poses):
    """The pose of each person, by trying all ways."""
    slots = list(range(len(poses))) + [None] * len(people)
    return max(
        set(itertools.permutations(slots, len(people))),
        key=lambda way: sum(oks(person, poses[k]) for person, k in zip(people, way) if k is not None),
    )


def shares(ground_truth, results, alpha, unit):
    n_labeled, n_correct, n_people, n_missed = np.zeros(N_JOINTS, int), np.zeros(N_JOINTS, int), 0, 0
    for image in ground_truth["images"]:
        people = [
            person for person in ground_truth["annotations"]
            if person["image_id"] == image["id"] and not person["iscrowd"] and person["num_keypoints"]
        ]
        poses = [result["keypoints"] for result in results if result["image_id"] == image["id"]]
        for person, k in zip(people, partners(people, poses)):
            labels = np.reshape(person["keypoints"], (-1, 3))
            labeled = labels[:, 2] > 0
            n_labeled += labeled
            n_people, n_missed = n_people + 1, n_missed + (k is None)
            if k is None:
                continue
            pose = np.reshape(poses[k], (-1, 3))
            near = np.linalg.norm((labels - pose)[:, :2], axis=1) <= alpha * unit(person)
            n_correct += labeled & near & pose.any(1)
    return {
        "people": n_people,
        "missed_people": n_missed,
        "all_joints": n_correct.sum() / n_labeled.sum(),
        "joints": [c / n if n else None for c, n in zip(n_correct.tolist(), n_labeled.tolist())],
    }


def longer_side(person):
    return max(person["bbox"][2:])


def head(person):
    return 0.6 * np.hypot(*person["head_rect"][2:])


def main():
    rng = np.random.default_rng(17)
    cases = []
    for _ in range(4):
        ground_truth, results = make(rng)
        figures = [
            {"metric": metric, "alpha": alpha, **shares(ground_truth, results, alpha, unit)}
            for metric, alpha, unit in [("pck", 0.2, longer_side), ("pck", 0.05, longer_side), ("pckh", 0.5, head), ("pckh", 0.1, head)]
        ]
        cases.append({"annotations": ground_truth, "results": results, "figures": figures})
    path = pathlib.Path(__file__).resolve().parent.parent / "data" / "pck.json"
    lines = ",\n".join(json.dumps(case) for case in cases)
    path.write_text(f'{{"made_by": "tests/reference/make_pck_cases.py", "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
