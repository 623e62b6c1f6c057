"""Figures of re-identification on validation people: can a net tell which of all people a changed view shows?

Each person is seen plainly and again changed: `copy` is only mirrored and relit, `changed` is what training varies
(elsewhere, other light, other background, half hidden, less sharp), with a seed that training does not use.
All nets see the same pictures, cut out as each of them wants it.

    python evaluate_reidentifier.py --ours runs/reid/last.pt --teachers DIR
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from needed_file import CHECKPOINT, PUBLISHED_NET, needed_file
from pose_data import PoseData, load_pose_data
from reid_augment import relit, varied_view
from reid_data import INPUT_SIZE, TEACHER_SIZE, Osnet, input_from_crop, shrinking_warp, teacher_input, validation_people
from reidentifier import SiameseConfig, SiameseNet, normalize_pixels

HERE = Path(__file__).parent
SEED = 1_000_003


@dataclass
class Views:
    """Two pictures of each person, `[256, 128, 3]`, and the person's box in them."""

    plain: list
    changed: list


class OurNet:
    """A checkpoint's averaged net."""

    def __init__(self, net: SiameseNet):
        self.net = net.eval()

    @classmethod
    def load(cls, checkpoint: Path):
        saved = torch.load(needed_file(checkpoint, CHECKPOINT), map_location="cpu", weights_only=False)
        net = SiameseNet(SiameseConfig(**saved["config"]))
        net.load_state_dict(saved["average"])
        return cls(net)

    def __call__(self, views: list) -> np.ndarray:
        pictures = np.stack([shrinking_warp(picture, input_from_crop(box), INPUT_SIZE) for picture, box in views])
        with torch.no_grad():
            parts = [self.net(normalize_pixels(torch.from_numpy(part))) for part in np.array_split(pictures, max(1, len(pictures) // 32))]
        return torch.cat(parts).numpy()


class OsnetNet:
    """OSNet on the stretched box."""

    def __init__(self, file: Path):
        self.net = Osnet(file)

    def __call__(self, views: list) -> np.ndarray:
        return np.concatenate([self.net(teacher_input(picture, box)[None]) for picture, box in views])


class OpenVinoNet:
    """person-reid-0277 on the stretched box; BGR, 0 to 255."""

    def __init__(self, file: Path):
        import openvino

        self.net = openvino.Core().compile_model(str(needed_file(file, PUBLISHED_NET)), "CPU", {"INFERENCE_NUM_THREADS": 1})

    def __call__(self, views: list) -> np.ndarray:
        found = []
        for picture, box in views:
            stretched = teacher_input(picture, box)[None, :, :, ::-1].transpose(0, 3, 1, 2)
            found.append(next(iter(self.net(np.ascontiguousarray(stretched, np.float32)).values())).copy())
        return np.concatenate(found)


def plain_view(pose: PoseData, person: int) -> tuple[np.ndarray, np.ndarray]:
    """The person's box fitted into a picture of twice our net's size, so that the larger nets lose nothing."""
    box = pose.boxes[person]
    view = input_from_crop(box, TEACHER_SIZE)
    corner = view[:, :2] @ box[:2] + view[:, 2]
    return shrinking_warp(pose.pixels[person], view, TEACHER_SIZE), np.concatenate([corner, view[0, 0] * box[2:]])


def copied_views(pose: PoseData, people: np.ndarray) -> Views:
    """Plain, and mirrored in other light."""
    random = np.random.default_rng(SEED)
    plain = [plain_view(pose, int(person)) for person in people]
    copies = [(relit(np.ascontiguousarray(picture[:, ::-1]), random), mirrored(box)) for picture, box in plain]
    return Views(plain, copies)


def mirrored(box: np.ndarray) -> np.ndarray:
    return np.array([TEACHER_SIZE[0] - box[0] - box[2], *box[1:]])


def changed_views(pose: PoseData, people: np.ndarray) -> Views:
    """Plain, and changed in every way."""
    random = np.random.default_rng(SEED)
    plain = [plain_view(pose, int(person)) for person in people]
    return Views(plain, [varied_view(pose, int(person), random, TEACHER_SIZE) for person in people])


def numbers_of(views: Views, net) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of unit length of the plain and of the changed views, `[n, d]` each."""
    both = [net(some) for some in (views.plain, views.changed)]
    return tuple(numbers / np.linalg.norm(numbers, axis=1, keepdims=True) for numbers in both)


def figures(plain: np.ndarray, changed: np.ndarray) -> str:
    """Cosines; rank-1: the changed view's nearest plain one is the same person; AUC; equal error rate; and how many of
    the same are known again at the threshold that takes one of a hundred others for them."""
    cosines = changed @ plain.T
    n = len(cosines)
    same, others = np.diag(cosines), cosines[~np.eye(n, dtype=bool)]
    rank_1 = (cosines.argmax(axis=1) == np.arange(n)).mean()
    ranked = np.sort(others)
    auc = np.searchsorted(ranked, same).mean() / len(others)
    thresholds = np.quantile(same, np.linspace(0, 1, 501))
    missed = np.searchsorted(np.sort(same), thresholds) / n
    taken = 1 - np.searchsorted(ranked, thresholds) / len(others)
    even = np.abs(missed - taken).argmin()
    strict = np.quantile(others, 0.99)
    return (
        f"same {same.mean():.3f} others {others.mean():.3f} (deviation {others.std():.3f}) rank-1 {rank_1:.3f} "
        f"AUC {auc:.4f} equal error {(missed[even] + taken[even]) / 2:.3f} at {thresholds[even]:.3f} "
        f"known {(same > strict).mean():.3f} at {strict:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, nargs="*", default=[], help="checkpoints")
    parser.add_argument("--teachers", type=Path, help="folder with OSNet and person-reid-0277")
    parser.add_argument("--data", type=Path, default=HERE / "../../shared/data")
    parser.add_argument("--cache", type=Path, default=HERE / "runs/cache")
    parser.add_argument("--people", type=int, default=400)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    pose = load_pose_data(arguments.data, arguments.cache)
    people = validation_people(pose)[: arguments.people]
    nets = {str(path): OurNet.load(path) for path in arguments.ours}
    if arguments.teachers:
        nets["OSNet x0.25"] = OsnetNet(arguments.teachers / "osnet_x0_25_msmt17.onnx")
        nets["person-reid-0277"] = OpenVinoNet(arguments.teachers / "person-reid-0277.xml")
    for kind, views in {"copy": copied_views(pose, people), "changed": changed_views(pose, people)}.items():
        for name, net in nets.items():
            print(f"{kind}, {len(people)} people, {name}: {figures(*numbers_of(views, net))}", flush=True)


if __name__ == "__main__":
    main()
