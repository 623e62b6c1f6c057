"""Detector and pose net together on whole validation pictures: truth for `poseglass eval`, and what published nets reach.

    python evaluate_chain.py --data DIR --teachers DIR --to FOLDER
    poseglass eval --annotations FOLDER/people.json --images DIR/detect --boxes detected --flip-test=never

The joints of a person are known in the pose net's crops, the boxes in the detector's pictures; the same person is found in
both by the shape of the box. People for whom none fits, or who have no labelled joints, are ignored as COCO does.
Pictures are at most 352 pixels large and only people with labelled joints count, so no figure here is a COCO result.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

from coco_figures import AREA_SHARE, PERSON, average_precision, figures_line, joint_similarity
from evaluate_detector import rtmdet, yolox
from evaluate_pose import person_score
from label_lines import read_label_lines
from pose_augment import plain_map, warp
from pose_data import FULL_SHIFT, is_validation, positions_of_labels, read_rows
from pose_decode import scatter
from pose_teacher import TEACHER_SHIFT, TEACHER_SIZE, PoseTeacher

HERE = Path(__file__).parent

LARGEST_SHAPE_DIFFERENCE = 0.03
"""Of the logarithm of width over height, between two boxes of one person: both are rounded."""

LOWEST_BOX_SCORE = 0.05
"""Boxes below change average precision next to nothing."""

SAME_POSE_OKS = 0.75
"""Of two poses so much alike the surer one counts, as in `poseglass eval --boxes detected`."""

BELIEVED = 0.3
"""From this confidence on joints are compared."""


def validation_pictures(data_directory: Path) -> list[dict]:
    """The label lines of the detector's validation pictures."""
    rows = read_label_lines(data_directory / "detect" / "labels.jsonl.gz")
    return [row for row in rows if is_validation(row)]


def joints_in_picture(crop: dict, box: np.ndarray) -> list[list[float]]:
    """Human labels of a crop, moved to where the person's box is in the picture, counting pixels as COCO does."""
    left, top, width, height = crop["box"]
    scale = ((box[2] - box[0]) / width + (box[3] - box[1]) / height) / 2
    joints = positions_of_labels(crop, crop["gt"]).astype(float)
    joints[:, :2] = box[:2] + (joints[:, :2] - (left, top)) * scale - FULL_SHIFT
    return [joint.tolist() if joint[2] else [0, 0, 0] for joint in joints]


def truth(data_directory: Path) -> dict:
    """COCO annotations of the validation pictures."""
    crops: dict[str, list] = {}
    for row in read_rows(data_directory):
        if is_validation(row):
            crops.setdefault(row["from"], []).append(row)
    images, annotations = [], []
    for number, picture in enumerate(validation_pictures(data_directory), start=1):
        width, height = picture["size"]
        images.append({"id": number, "file_name": picture["file"], "width": width, "height": height})
        boxes = np.array(picture["people"], float).reshape(-1, 4)
        known = crops.get(picture["from"], [])
        shapes = np.log((boxes[:, 2] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 1]))
        crop_shapes = np.log([row["box"][2] / row["box"][3] for row in known])
        apart = np.abs(shapes[:, None] - crop_shapes[None])
        crop_of = {box: crop for box, crop in zip(*linear_sum_assignment(apart)) if apart[box, crop] < LARGEST_SHAPE_DIFFERENCE}
        for index, box in enumerate(boxes):
            joints = joints_in_picture(known[crop_of[index]], box) if index in crop_of else [[0, 0, 0]] * 17
            extent = box[2:] - box[:2]
            annotations.append(
                {
                    "id": len(annotations) + 1, "image_id": number, "category_id": PERSON, "iscrowd": 0,
                    "bbox": [*box[:2], *extent], "area": float(extent.prod() * AREA_SHARE),
                    "keypoints": [number for joint in joints for number in joint],
                    "num_keypoints": sum(v > 0 for _, _, v in joints),
                }
            )  # fmt: skip
    categories = [{"id": PERSON, "name": "person", "keypoints": [], "skeleton": []}]
    return {"info": {}, "images": images, "annotations": annotations, "categories": categories}


def answers(detect, pose: PoseTeacher, picture: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """`[17, 3]` in picture pixels and score of everyone whom a detector finds, each once."""
    found = []
    for *corners, score in detect(picture):
        if score < LOWEST_BOX_SCORE:
            continue
        box = np.array([corners[0], corners[1], corners[2] - corners[0], corners[3] - corners[1]])
        position_map = plain_map(box, TEACHER_SIZE)
        heatmaps = pose.heatmaps(warp(picture, position_map, TEACHER_SIZE)[None])[0]
        points = scatter(heatmaps)
        points[:, :2] += TEACHER_SHIFT
        points[:, :2] = (points[:, :2] - position_map[:, 2]) @ np.linalg.inv(position_map[:, :2]).T - FULL_SHIFT
        found.append((points, score * person_score(points), box[2] * box[3]))
    found.sort(key=lambda person: -person[1])
    kept = []
    for person in found:
        if all(likeness(person, other) < SAME_POSE_OKS for other in kept):
            kept.append(person)
    return [(points, score) for points, score, _ in kept]


def likeness(one: tuple[np.ndarray, float, float], other: tuple[np.ndarray, float, float]) -> float:
    """Mean OKS of the joints of which both are sure; each is (points, score, area of the box). Without four of those 0."""
    shared = (one[0][:, 2] >= BELIEVED) & (other[0][:, 2] >= BELIEVED)
    if shared.sum() < 4:
        return 0.0
    return float(joint_similarity(one[0], other[0], (one[2] + other[2]) / 2)[shared].mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE / "../../shared/data")
    parser.add_argument("--teachers", type=Path, default=HERE / "../../shared/teachers")
    parser.add_argument("--to", type=Path, default=HERE / "runs/chain", help="folder for people.json")
    chosen = parser.parse_args()
    labels = truth(chosen.data)
    chosen.to.mkdir(parents=True, exist_ok=True)
    (chosen.to / "people.json").write_text(json.dumps(labels))
    counted = sum(each["num_keypoints"] > 0 for each in labels["annotations"])
    print(f"{len(labels['images'])} pictures, {counted} of {len(labels['annotations'])} people with joints", flush=True)
    pose = PoseTeacher(chosen.teachers / "pp-tinypose-256x192.onnx")
    detectors = {
        "YOLOX-nano 416": yolox(chosen.teachers / "yolox-nano.onnx"),
        "RTMDet-nano 320": rtmdet(chosen.teachers / "rtmdet-nano-person.onnx"),
    }
    for name, detect in detectors.items():
        results = []
        for image in labels["images"]:
            picture = cv2.cvtColor(cv2.imread(str(chosen.data / "detect" / image["file_name"])), cv2.COLOR_BGR2RGB)
            for points, score in answers(detect, pose, picture):
                results.append(
                    {"image_id": image["id"], "category_id": PERSON, "keypoints": points.flatten().tolist(), "score": score}
                )
        figures = figures_line(average_precision(labels, results, "keypoints"))
        print(f"{name} + PP-TinyPose: {figures}", flush=True)


if __name__ == "__main__":
    main()
