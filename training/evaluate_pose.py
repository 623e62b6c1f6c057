"""Judges pose nets on the validation split: people of COCO pictures that were never trained on.

Object keypoint similarity (OKS) and its average precision by pycocotools, with annotated boxes,
every net on exactly the same crops; no flip test unless it is asked for. The labels hold no segmentation areas; the
area of a person is taken as 0.53 of the box, the usual share in COCO. Crops are scaled, so
APm and APl split people by their size in the stored crop, not in the original picture.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from scipy.stats import mannwhitneyu
from torch import nn

from coco_figures import AREA_SHARE, PERSON, average_precision, figures_line, joint_similarity
from hourglass import input_size, normalize_pixels
from pose_augment import MIRRORED_JOINT, plain_batch
from pose_checkpoint import load_net
from pose_data import PoseData, load_pose_data, positions_of_labels
from pose_decode import DECODERS
from pose_teacher import TEACHER_SHIFT, TEACHER_SIZE, PoseTeacher
from taught_heatmaps import mirrored_mean

HERE = Path(__file__).parent

NEAR_SHARE = 0.1
"""A joint is near its label within this share of the root of the box's area."""


def human_labels(data: PoseData, people: np.ndarray) -> np.ndarray:
    """`[n, 17, 3]` x, y, visibility in crop pixels."""
    return np.array([positions_of_labels(data.rows[person], data.rows[person]["gt"]) for person in people], float)


def object_keypoint_similarity(points: np.ndarray, labels: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Of each person, `[n]`, over the labelled joints."""
    area = boxes[:, 2] * boxes[:, 3] * AREA_SHARE
    similarity = joint_similarity(points, labels, area)
    known = labels[..., 2] > 0
    return (similarity * known).sum(1) / np.maximum(known.sum(1), 1)


@torch.no_grad()
def net_heatmaps(net: nn.Module, pictures: np.ndarray, output: str) -> np.ndarray:
    """Heat `[n, 17, rows, columns]` of the last stack."""
    raw = net(normalize_pixels(torch.from_numpy(pictures)))[-1]
    return (raw.sigmoid() if output == "logits" else raw).numpy()


def flip_test(heatmaps_of, pictures: np.ndarray) -> np.ndarray:
    """The mean of what a net says of pictures and, turned back, of their mirror images."""
    mirrored = heatmaps_of(np.ascontiguousarray(pictures[:, :, ::-1]))
    return (heatmaps_of(pictures) + mirrored[:, MIRRORED_JOINT, :, ::-1]) / 2


def to_crop(points: np.ndarray, position_map: np.ndarray) -> np.ndarray:
    """Points `[17, 3]` from input pixels to crop pixels."""
    inverse = np.linalg.inv(position_map[:, :2])
    return np.column_stack([(points[:, :2] - position_map[:, 2]) @ inverse.T, points[:, 2]])


def predicted_points(heatmaps_of, data: PoseData, people: np.ndarray, size, decoders: list[str], shift: float = 0.0):
    """For each decoder `[n, 17, 3]` in crop pixels; `shift` is added to input positions."""
    found = {name: [] for name in decoders}
    for first in range(0, len(people), 16):
        pictures, maps = plain_batch(data, people[first : first + 16], size)
        for heatmaps, position_map in zip(heatmaps_of(pictures), maps):
            for name in decoders:
                points = DECODERS[name](heatmaps)
                points[:, :2] += shift
                found[name].append(to_crop(points, position_map))
    return {name: np.array(points) for name, points in found.items()}


def quick_oks(net: nn.Module, data: PoseData, size: tuple[int, int], output: str, count: int) -> float:
    """Mean OKS of the first `count` validation people in a fixed shuffle, decoded by `scatter`."""
    people = np.random.default_rng(1).permutation(data.validation)[:count]
    points = predicted_points(lambda p: net_heatmaps(net, p, output), data, people, size, ["scatter"])["scatter"]
    return float(object_keypoint_similarity(points, human_labels(data, people), data.boxes[people]).mean())


def precision_of_crops(points: np.ndarray, labels: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """AP, AP50, AP75, APm, APl; each crop is a picture with one person."""
    people = range(1, len(points) + 1)
    truth = {
        "images": [{"id": i} for i in people],
        "annotations": [
            {
                "id": i, "image_id": i, "category_id": PERSON, "iscrowd": 0, "bbox": box.tolist(),
                "area": float(box[2] * box[3] * AREA_SHARE), "keypoints": label.flatten().tolist(),
                "num_keypoints": int((label[:, 2] > 0).sum()),
            }
            for i, label, box in zip(people, labels, boxes)
        ],
    }  # fmt: skip
    answers = [
        {"image_id": i, "category_id": PERSON, "keypoints": person.flatten().tolist(), "score": person_score(person)}
        for i, person in zip(people, points)
    ]
    return average_precision(truth, answers, "keypoints")


def person_score(points: np.ndarray) -> float:
    """Mean heat of the joints above 0.2."""
    sure = points[:, 2] > 0.2
    return float(points[sure, 2].mean()) if sure.any() else 0.01


def print_reliability(points: np.ndarray, labels: np.ndarray, boxes: np.ndarray) -> None:
    """How often joints are near their label, tenth by tenth of confidence; and how sure the net is of joints without one."""
    distance = np.linalg.norm(points[..., :2] - labels[..., :2], axis=2) / np.sqrt(boxes[:, 2] * boxes[:, 3])[:, None]
    confidence, known = points[..., 2], labels[..., 2] > 0
    print("  confidence    mean  within 0.1 of the box's size   joints | joints without a label")
    for tenth in range(10):
        chosen = (confidence * 10).astype(int).clip(0, 9) == tenth
        asked = chosen & known
        if asked.any():
            near = (distance[asked] < NEAR_SHARE).mean()
            row = f"  {tenth / 10:.1f} to {(tenth + 1) / 10:.1f}  {confidence[asked].mean():6.3f}  {near:28.3f}  {asked.sum():7}"
            print(f"{row} | {(chosen & ~known).sum():8}", flush=True)
    surer = mannwhitneyu(confidence[known], confidence[~known]).statistic / (known.sum() * (~known).sum())
    print(f"  a joint with a label is surer than one without in {surer:.4f} of all pairs", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, nargs="?", help="full checkpoint of train_pose.py or exported weights")
    parser.add_argument("--which", choices=["average", "net"], default="average", help="EMA or the last weights")
    parser.add_argument("--teacher", type=Path, help="PP-TinyPose's ONNX file, judged too")
    parser.add_argument("--data", type=Path, default=HERE / "../../shared/data")
    parser.add_argument("--cache", type=Path, default=HERE / "runs/cache")
    parser.add_argument("--size", default="256x192")
    parser.add_argument("--people", type=int, default=10**9, help="at most so many, in a fixed shuffle")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--flip-test", action="store_true", help="judge the nets with a look in the mirror, too")
    parser.add_argument("--reliability", action="store_true", help="print what confidences mean, too")
    chosen = parser.parse_args()
    if not (chosen.checkpoint or chosen.teacher):
        parser.error("there is no net to judge: give a checkpoint, --teacher, or both")
    size = input_size(chosen.size)
    torch.set_num_threads(chosen.threads)
    data = load_pose_data(chosen.data, chosen.cache)
    people = np.random.default_rng(1).permutation(data.validation)[: chosen.people]
    judged = []
    if chosen.checkpoint:
        net, checkpoint = load_net(chosen.checkpoint, chosen.which)
        output = checkpoint["output"]
        plain = lambda pictures: net_heatmaps(net, pictures, output)  # noqa: E731
        judged.append((str(chosen.checkpoint), plain, size, 0.0))
        if chosen.flip_test:
            judged.append((f"{chosen.checkpoint} with flip test", lambda pictures: flip_test(plain, pictures), size, 0.0))
    if chosen.teacher:
        teacher = PoseTeacher(chosen.teacher, chosen.threads)
        judged.append(("PP-TinyPose", teacher.heatmaps, TEACHER_SIZE, TEACHER_SHIFT))
        if chosen.flip_test:
            both = lambda pictures: mirrored_mean(teacher, pictures)  # noqa: E731
            judged.append(("PP-TinyPose with flip test", both, TEACHER_SIZE, TEACHER_SHIFT))
    labels, boxes = human_labels(data, people), data.boxes[people]
    for net_name, heatmaps_of, net_size, shift in judged:
        began = time.time()
        found = predicted_points(heatmaps_of, data, people, net_size, list(DECODERS), shift)
        print(f"{net_name}: {len(people)} people, {time.time() - began:.0f} s", flush=True)
        for decoder, points in found.items():
            figures = figures_line(precision_of_crops(points, labels, boxes))
            similarity = object_keypoint_similarity(points, labels, boxes).mean()
            print(f"  {decoder:10} {figures}  mean OKS {similarity:.4f}", flush=True)
        if chosen.reliability:
            print_reliability(found["scatter"], labels, boxes)


if __name__ == "__main__":
    main()
