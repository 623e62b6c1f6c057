"""Figures of person detectors on the validation pictures (COCO pictures whose id is divisible by 10).

- human: AP and AP50 against the human boxes (people with labelled joints; unlabelled people count as false).
- agreed: the same against the boxes on which both teachers agree (score > 0.45). RTMDet-nano is one of the teachers.
- recall: share of the agreed boxes found at IoU 0.5, at the lowest threshold with at most one false box every two
  pictures. A false box matches neither a human box nor a teacher's box of any score at IoU 0.5.

Pictures are at most 352 pixels large, so no figure here is a COCO result.

    python evaluate_detector.py --data DIR runs/detector/last.pt
    python evaluate_detector.py --data DIR yolox=teachers/yolox-nano.onnx rtmdet=teachers/rtmdet-nano-person.onnx
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch

from box_overlap import pairwise_iou
from coco_figures import PERSON, average_precision
from detect_data import TEACHER_SURE, PictureSet, letterbox
from detect_teacher import rtmdet_input
from detector import DETECTOR, INPUT_MEAN, INPUT_SIDE, PADDING_GRAY, Detector, DetectorConfig, decode, decode_both_looks, suppress
from needed_file import CHECKPOINT, needed_file
from onnx_session import open_session

LOWEST_SCORE = 0.01
FALSE_BOXES_A_PICTURE = 0.5
MATCH_IOU = 0.5
YOLOX_SIDE, RTMDET_SIDE = 416, 320
"""Input sides that YOLOX-nano and RTMDet-nano were published for."""
COCO_PERSON, COCO_ANIMALS = 0, slice(14, 24)
"""Of the 80 classes of COCO in their usual order; animals are bird, cat, dog and so on to giraffe."""


def load_detector(path: Path) -> Detector:
    """A net ready to run from a checkpoint (its averaged weights) or from a safetensors file."""
    path = needed_file(path, CHECKPOINT)
    if path.suffix == ".safetensors":
        from safetensors import safe_open

        with safe_open(str(path), "pt") as file:
            config = json.loads(file.metadata()["config"])
            state = {key: file.get_tensor(key).float() for key in file.keys()}
    else:
        saved = torch.load(path, map_location="cpu")
        config, state = saved["config"], saved["ema"]
        print(f"# {path.name}: step {saved['step']}, {saved['seen']} pictures seen")
    config = DetectorConfig(**{key: tuple(value) if isinstance(value, list) else value for key, value in config.items()})
    net = Detector(config)
    missing, unexpected = net.load_state_dict(state, strict=False)
    if unexpected or any(not key.endswith("num_batches_tracked") for key in missing):
        raise ValueError(f"{path}: keys do not fit: {missing} {unexpected}")
    return net.eval().to(memory_format=torch.channels_last)


def ours(net: Detector, side: int = INPUT_SIDE, flip_test: bool = False):
    """Function from a picture (RGB) to its boxes `[m, 5]` in picture pixels; a flip test looks at the mirror image too."""

    @torch.no_grad()
    def detect(picture: np.ndarray) -> np.ndarray:
        canvas, scale, size = letterbox(picture, side)
        batch = torch.from_numpy(canvas).permute(2, 0, 1)[None].float() / 255 - INPUT_MEAN
        if flip_test:
            found = decode_both_looks(net(torch.cat([batch, batch.flip(3)])), LOWEST_SCORE, size, DETECTOR.strides)
        else:
            found = decode(net(batch), LOWEST_SCORE, size, DETECTOR.strides)[0]
        found[:, :4] /= scale
        return found

    return detect


def yolox_answers(path: Path, side: int = YOLOX_SIDE):
    """YOLOX: BGR 0..255, letterboxed; raw centers, log sizes, objectness and classes for a cell.

    Function from a picture (RGB) to the boxes `[cells, 4]` and scores `[cells, classes]` of all cells, the scale and
    the size of the scaled picture, in whose pixels the boxes are.
    """
    session = open_session(path)
    cells = []
    for stride in (8, 16, 32):
        y, x = np.mgrid[: side // stride, : side // stride]
        cells.append(np.stack([x.ravel(), y.ravel(), np.full(x.size, stride)], axis=1))
    cells = np.concatenate(cells).astype(np.float32)

    def answers(picture: np.ndarray):
        canvas, scale, size = letterbox(picture, side, multiple=side, gray=PADDING_GRAY)
        batch = canvas[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        raw = session.run(None, {"images": batch})[0][0]
        center, half = (raw[:, :2] + cells[:, :2]) * cells[:, 2:], np.exp(raw[:, 2:4]) * cells[:, 2:] / 2
        return np.concatenate([center - half, center + half], axis=1), raw[:, 4:5] * raw[:, 5:], scale, size

    return answers


def yolox(path: Path, side: int = YOLOX_SIDE):
    """YOLOX's people: function as `ours`."""
    answers = yolox_answers(path, side)

    def detect(picture: np.ndarray) -> np.ndarray:
        boxes, scores, scale, size = answers(picture)
        return suppressed(boxes, scores[:, COCO_PERSON], scale, size)

    return detect


def rtmdet(path: Path, side: int = RTMDET_SIDE):
    """RTMDet exported with its own non-maximum suppression: function as `ours`."""
    session = open_session(path)

    def detect(picture: np.ndarray) -> np.ndarray:
        canvas, scale, size = letterbox(picture, side, multiple=side, gray=PADDING_GRAY)
        found = session.run(["dets"], {"input": rtmdet_input(canvas[None])})[0][0]
        return suppressed(found[:, :4], found[:, 4], scale, size)

    return detect


PEERS = {"yolox": (yolox, YOLOX_SIDE), "rtmdet": (rtmdet, RTMDET_SIDE)}
"""Published detectors and their own input sides."""


def suppressed(boxes, scores, scale, size, lowest: float = LOWEST_SCORE) -> np.ndarray:
    """Boxes `[n, 4]` of a picture scaled to `size` (width, height) -> those that are left, `[m, 5]` in picture pixels."""
    boxes = boxes.clip(0, np.float32([*size, *size])) / scale
    # as in `decode`: nothing is left of a box that lies beside the picture
    chosen = (scores >= lowest) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    boxes, scores = boxes[chosen], scores[chosen]
    kept = suppress(boxes, scores)
    return np.concatenate([boxes[kept], scores[kept, None]], axis=1)


def precision_of_boxes(truth: list, found: list) -> tuple[float, float]:
    """AP and AP50; lists of arrays `[n, 4]` and `[m, 5]`, one a picture."""
    annotations = [
        {"id": i, "image_id": picture, "category_id": PERSON, "iscrowd": 0, "bbox": _xywh(box), "area": float(_area(box))}
        for i, (picture, box) in enumerate(((p, box) for p, boxes in enumerate(truth) for box in boxes), start=1)
    ]
    results = [
        {"image_id": picture, "category_id": PERSON, "bbox": _xywh(box), "score": float(box[4])}
        for picture, boxes in enumerate(found)
        for box in boxes
    ]
    images = [{"id": picture} for picture in range(len(truth))]
    precision, precision_50, *_ = average_precision({"images": images, "annotations": annotations}, results, "bbox")
    return float(precision), float(precision_50)


def _xywh(box) -> list[float]:
    return [float(box[0]), float(box[1]), float(box[2] - box[0]), float(box[3] - box[1])]


def _area(box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def threshold_and_recall(agreed: list, known: list, found: list) -> tuple[float, float, float]:
    """Lowest threshold within the allowed false boxes, recall of the agreed boxes there, false boxes a picture."""
    scores, false, true = [], [], []
    for target, all_known, boxes in zip(agreed, known, found):
        boxes = boxes[np.argsort(-boxes[:, 4], kind="stable")]
        overlap = pairwise_iou(boxes[:, :4], target)
        free = np.ones(len(target), bool)
        is_known = (pairwise_iou(boxes[:, :4], all_known) >= MATCH_IOU).any(axis=1)
        for row, box, fine in zip(overlap, boxes, is_known):
            candidates = np.where(free, row, 0)
            best = int(candidates.argmax()) if len(target) else -1
            hit = best >= 0 and candidates[best] >= MATCH_IOU
            if hit:
                free[best] = False
            scores.append(box[4])
            true.append(hit)
            false.append(not fine)
    order = np.argsort(-np.array(scores), kind="stable")
    false_so_far, true_so_far = np.cumsum(np.array(false)[order]), np.cumsum(np.array(true)[order])
    allowed = np.flatnonzero(false_so_far <= FALSE_BOXES_A_PICTURE * len(agreed))
    if len(allowed) == 0:
        return 1.0, 0.0, 0.0
    last = allowed[-1]
    total = sum(len(target) for target in agreed)
    return float(np.array(scores)[order][last]), true_so_far[last] / total, false_so_far[last] / len(agreed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--runs", type=Path, default=Path(__file__).parent / "runs" / "detector")
    parser.add_argument("--side", type=int, action="append", help="longer side of the input; default each net's own")
    parser.add_argument("--flip-test", action="store_true", help="our nets look at the mirror image too")
    parser.add_argument("nets", nargs="+", help="checkpoint, safetensors file, yolox=FILE or rtmdet=FILE")
    arguments = parser.parse_args()
    for name in arguments.nets:
        kind, is_published, _ = name.partition("=")
        if is_published and kind not in PEERS:
            parser.error(f"{name}: what stands before = has to be {' or '.join(PEERS)}")
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    pictures = PictureSet(arguments.data, arguments.runs / "cache")
    chosen = pictures.validation()
    labels = [pictures.labels[i] for i in chosen]
    human = [label.human for label in labels]
    agreed = [label.teacher[(label.teacher[:, 4] > TEACHER_SURE) & (label.teacher[:, 5] == 2), :4] for label in labels]
    known = [np.concatenate([label.human, label.teacher[:, :4]]) for label in labels]
    print(f"# {len(chosen)} pictures, {sum(map(len, human))} human boxes, {sum(map(len, agreed))} agreed boxes")
    print("net                       side  human AP  AP50  agreed AP  AP50  recall  at score  false a picture")
    for name in arguments.nets:
        kind, is_published, file = name.partition("=")
        path = Path(file if is_published else name)
        open_peer, own_side = PEERS[kind] if is_published else (None, INPUT_SIDE)
        for side in arguments.side or [own_side]:
            detect = open_peer(path, side) if open_peer else ours(load_detector(path), side, arguments.flip_test)
            found = [detect(pictures.picture(i)) for i in chosen]
            a, a50 = precision_of_boxes(human, found)
            b, b50 = precision_of_boxes(agreed, found)
            threshold, recall, false = threshold_and_recall(agreed, known, found)
            print(
                f"{path.stem:25} {side:4}  {a:8.3f} {a50:5.3f}  {b:9.3f} {b50:5.3f}"
                f"  {recall:6.3f}  {threshold:8.3f}  {false:15.2f}"
            )


if __name__ == "__main__":
    main()
