"""Prints what pycocotools calls the similarity of the two poses in `track::similarity`'s test.

Needs pycocotools (2.0.11 was used): python3 tests/reference/make_oks.py
"""

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def keypoints(shift):
    values = []
    for joint in range(17):
        share = joint / 16
        values += [10 + 50 * share + shift, 20 + 100 * share, 2]
    return values


def main():
    truth = COCO()
    annotation = {
        "id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "num_keypoints": 17,
        "area": 5000.0, "bbox": [10, 20, 50, 100], "keypoints": keypoints(0),
    }
    truth.dataset = {
        "info": {}, "images": [{"id": 1}], "annotations": [annotation],
        "categories": [{"id": 1, "name": "person"}],
    }
    truth.createIndex()
    found = truth.loadRes(
        [{"image_id": 1, "category_id": 1, "score": 1.0, "keypoints": keypoints(6)}]
    )
    evaluation = COCOeval(truth, found, "keypoints")
    evaluation._prepare()
    print(evaluation.computeOks(1, 1))


if __name__ == "__main__":
    main()
