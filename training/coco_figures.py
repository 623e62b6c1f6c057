"""COCO's average precision by pycocotools, for all evaluations here."""

import contextlib
import io

import numpy as np

FIGURES = ("AP", "AP50", "AP75", "APm", "APl")
"""What is told of joints, in this order."""

AREA_SHARE = 0.53
"""Of a person's box that the person covers, where no segmentation is known: the usual share in COCO."""

OKS_SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
"""How far human labels of a joint scatter, as a share of the square root of the person's area (`cocoeval.py`)."""

PERSON = 1
"""COCO's number of the only category here."""


def joint_similarity(one: np.ndarray, other: np.ndarray, area: np.ndarray | float) -> np.ndarray:
    """How near two readings `[..., 17, at least x and y]` of a person are, joint by joint, `[..., 17]`: 1 is the same place.

    Object keypoint similarity is its mean over the joints that count. `area` `[...]` is the person's, in the square of their unit.
    """
    squared = ((one[..., :2] - other[..., :2]) ** 2).sum(-1)
    return np.exp(-squared / (2 * np.expand_dims(area, -1) * (2 * OKS_SIGMAS) ** 2 + 1e-9))


def average_precision(truth: dict, results: list[dict], kind: str) -> np.ndarray:
    """pycocotools' `stats` of results against annotations in COCO's form; `kind` is "bbox" or "keypoints".

    The first three are AP, AP50 and AP75; of joints APm and APl follow, of boxes APs, APm and APl. No result at all is 0.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    if not results:
        return np.zeros(5)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"info": {}, "categories": [{"id": PERSON, "name": "person"}], **truth}
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(results), kind)
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return judge.stats


def figures_line(stats: np.ndarray) -> str:
    """The figures of joints with their names, in a line."""
    return "  ".join(f"{name} {value:.3f}" for name, value in zip(FIGURES, stats))
