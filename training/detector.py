"""The person detector: a dense, fully convolutional one-class net and the decoding of its answers.

Architecture (frozen; `DETECTOR` below, 384x384 input)

    stem     ConvBn 3->16 3x3 stride 2, ConvBn 16->32 3x3 stride 2, Bottleneck 32      stride 4
    stages   0: ConvBn 32->64 3x3 stride 2, 2 Bottleneck 64                            stride 8
             1: ConvBn 64->128 3x3 stride 2, 4 Bottleneck 128                          stride 16
             2: ConvBn 128->192 3x3 stride 2, 3 Bottleneck 192                         stride 32
    laterals ConvBn 1x1 without ReLU to 64 channels, one a stage
    merges   Bottleneck 64, one a stage, after adding the coarser merged map (nearest, twice as large)
    heads    one a stage: tower ConvBn 64->64 3x3; score Conv 1x1 64->1, box Conv 1x1 64->4, with bias

Keys of the weights file (w = conv.weight, bn.weight, bn.bias, bn.running_mean, bn.running_var)

    stem.{0,1}.w                            stem.2.{reduce,conv,expand}.w
    stages.{0,1,2}.0.w                      stages.{0,1,2}.{1..n}.{reduce,conv,expand}.w
    laterals.{0,1,2}.w                      merges.{0,1,2}.{reduce,conv,expand}.w
    heads.{0,1,2}.tower.w                   heads.{0,1,2}.{score,box}.{weight,bias}

Input: RGB / 255 - 0.45, `[n, 3, height, width]`, both sides multiples of 32. A picture is scaled so that its
longer side is 384, put at the top left, and padded at the right and at the bottom with gray 114 / 255.
`decode` says how the raw answers become boxes. The tower's convolution is the same for all levels while
training (its batch norms differ, because the levels' statistics do); the file repeats it for each level.
"""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from box_overlap import pairwise_iou

INPUT_SIDE = 384
INPUT_MEAN = 0.45
PADDING_GRAY = 114
SIDE_MULTIPLE = 32
BOX_LOG_LIMIT = 6.0
NMS_IOU = 0.6
PRIOR_SCORE = 0.01
"""Of every cell at the start of training, as there are few people (Lin et al. 2017, arXiv:1708.02002)."""


@dataclass(frozen=True)
class DetectorConfig:
    """Channels and depths: `stem` two widths, `stages` and `depths` one a stride of 8, 16, 32, `neck` the head's."""

    stem: tuple[int, int] = (16, 32)
    stages: tuple[int, int, int] = (64, 128, 192)
    depths: tuple[int, int, int] = (2, 4, 3)
    neck: int = 64
    strides: tuple[int, int, int] = (8, 16, 32)

    def to_dict(self) -> dict:
        return asdict(self)


DETECTOR = DetectorConfig()


class ConvBn(nn.Module):
    """Convolution without bias, batch norm, optional ReLU; `same` padding for odd kernels."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, relu: bool = True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-5, momentum=0.03)
        self.relu = relu

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.bn(self.conv(x))
        return F.relu(x, inplace=True) if self.relu else x


class Bottleneck(nn.Module):
    """1x1 to half the outputs, 3x3, 1x1 without ReLU, plus the skip (projected if widths differ), ReLU."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        middle = outputs // 2
        self.reduce = ConvBn(inputs, middle)
        self.conv = ConvBn(middle, middle, 3)
        self.expand = ConvBn(middle, outputs, relu=False)
        self.project = ConvBn(inputs, outputs, relu=False) if inputs != outputs else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip = x if self.project is None else self.project(x)
        return F.relu(self.expand(self.conv(self.reduce(x))) + skip, inplace=True)


class Head(nn.Module):
    """One level's answers: a score logit and four raw distances for each cell."""

    def __init__(self, channels: int):
        super().__init__()
        self.tower = ConvBn(channels, channels, 3)
        self.score = nn.Conv2d(channels, 1, 1)
        self.box = nn.Conv2d(channels, 4, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.tower(x)
        return self.score(x), self.box(x)


class Detector(nn.Module):
    """`[n, 3, h, w]` -> for strides 8, 16, 32: (score logits `[n, 1, h/s, w/s]`, raw distances `[n, 4, h/s, w/s]`)."""

    def __init__(self, config: DetectorConfig = DETECTOR):
        super().__init__()
        self.config = config
        first, second = config.stem
        self.stem = nn.Sequential(ConvBn(3, first, 3, 2), ConvBn(first, second, 3, 2), Bottleneck(second, second))
        widths = (second, *config.stages)
        self.stages = nn.ModuleList(
            nn.Sequential(ConvBn(before, width, 3, 2), *(Bottleneck(width, width) for _ in range(depth)))
            for before, width, depth in zip(widths, config.stages, config.depths)
        )
        self.laterals = nn.ModuleList(ConvBn(width, config.neck, relu=False) for width in config.stages)
        self.merges = nn.ModuleList(Bottleneck(config.neck, config.neck) for _ in config.stages)
        self.heads = nn.ModuleList(Head(config.neck) for _ in config.stages)
        self._initialize()

    def _initialize(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            if isinstance(module, Bottleneck):
                nn.init.constant_(module.expand.bn.weight, 0.5)
        for head in self.heads:
            head.tower.conv = self.heads[0].tower.conv
            nn.init.normal_(head.score.weight, std=0.01)
            nn.init.constant_(head.score.bias, -np.log((1 - PRIOR_SCORE) / PRIOR_SCORE))
            nn.init.normal_(head.box.weight, std=0.01)
            nn.init.constant_(head.box.bias, 0.8)

    def forward(self, x: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        x = self.stem(x)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        answers, coarser = [], None
        for level in reversed(range(len(maps))):
            merged = self.laterals[level](maps[level])
            if coarser is not None:
                merged = merged + F.interpolate(coarser, scale_factor=2, mode="nearest")
            coarser = self.merges[level](merged)
            answers.append(self.heads[level](coarser))
        return answers[::-1]


def cell_centers(height: int, width: int, stride: int, device=None) -> torch.Tensor:
    """Centers of a level's cells in input pixels, row by row: `[height * width, 2]`, (x, y)."""
    y, x = torch.meshgrid(torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij")
    return (torch.stack([x, y], dim=-1).reshape(-1, 2).float() + 0.5) * stride


def flatten_answers(answers, strides=DETECTOR.strides):
    """All levels in one: logits `[n, cells]`, boxes `[n, cells, 4]` (x1, y1, x2, y2, input pixels), centers, strides.

    A cell (column i, row j) of a level of stride s has its center at ((i + 0.5) s, (j + 0.5) s). Its four raw
    numbers a (left, top, right, bottom) stand for distances d = s exp(min(a, 6)) from that center to the box's
    sides: x1 = cx - d_left, y1 = cy - d_top, x2 = cx + d_right, y2 = cy + d_bottom.
    """
    logits, boxes, centers, scales = [], [], [], []
    for (score, raw), stride in zip(answers, strides):
        points = cell_centers(*score.shape[2:], stride, score.device)
        distances = raw.flatten(2).transpose(1, 2).clamp(max=BOX_LOG_LIMIT).exp() * stride
        boxes.append(torch.cat([points - distances[..., :2], points + distances[..., 2:]], dim=-1))
        logits.append(score.flatten(1))
        centers.append(points)
        scales.append(torch.full((len(points),), float(stride), device=score.device))
    return torch.cat(logits, 1), torch.cat(boxes, 1), torch.cat(centers), torch.cat(scales)


def suppress(boxes: np.ndarray, scores: np.ndarray, iou: float = NMS_IOU) -> list[int]:
    """Greedy non-maximum suppression: indices kept, best first; a box goes if its IoU with a kept one is > `iou`."""
    order = np.argsort(-scores, kind="stable")
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        overlap = np.prod(np.clip(high - low, 0, None), axis=1)
        order = rest[overlap / (areas[best] + areas[rest] - overlap + 1e-9) <= iou]
    return kept


def decode(answers, threshold: float, size=None, strides=DETECTOR.strides, limit: int = 300):
    """Boxes of each picture of a batch: a list of arrays `[m, 5]` (x1, y1, x2, y2, score), best first, input pixels.

    1. score = sigmoid(logit); cells with score < `threshold` are dropped.
    2. Boxes as in `flatten_answers`, clipped to the picture: x to 0..width, y to 0..height, where `size` is the
       (width, height) of the scaled picture without its padding (default: the whole input); those of which nothing
       is left are dropped.
    3. Of more than 1000 cells the 1000 with the highest scores are kept.
    4. `suppress` with IoU 0.6 over all levels together; at most `limit` boxes.
    Divide by the picture's scale (input pixels a picture pixel) to be back in picture pixels.
    """
    logits, boxes, _, _ = flatten_answers(answers, strides)
    if size is None:
        score, stride = answers[0][0], strides[0]
        size = (score.shape[3] * stride, score.shape[2] * stride)
    found = []
    for scores, corners in zip(logits.sigmoid().float().cpu().numpy(), boxes.float().cpu().numpy()):
        corners = corners.copy()
        corners[:, 0::2] = corners[:, 0::2].clip(0, size[0])
        corners[:, 1::2] = corners[:, 1::2].clip(0, size[1])
        chosen = np.flatnonzero((scores >= threshold) & (corners[:, 2:] > corners[:, :2]).all(axis=1))
        chosen = chosen[np.argsort(-scores[chosen], kind="stable")][:1000]
        kept = chosen[suppress(corners[chosen], scores[chosen])[:limit]]
        found.append(np.concatenate([corners[kept], scores[kept, None]], axis=1))
    return found


SAME_PERSON_IOU = 0.5
MIRROR_SCORE_SHARE = 0.25
"""Scores of each of two looks count down to this share of the threshold."""


def merged_looks(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The mean of what two looks at one picture found, `[m, 5]` and `[k, 5]`, best first.

    Boxes with an IoU over 0.5 are paired one to one, those that overlap most first; a pair becomes the mean of both boxes and
    scores, and a box that only one look found keeps half of its score. Then `suppress` as in `decode`. The raw answers
    cannot be averaged instead: the cell that answers for a person in the mirror may answer for the neighbor in the picture.
    """
    overlap = pairwise_iou(one[:, :4], other[:, :4])
    pairs = np.argwhere(overlap > SAME_PERSON_IOU)
    pairs = pairs[np.argsort(-overlap[tuple(pairs.T)], kind="stable")]
    twin_of, paired = {}, set()
    for i, j in pairs.tolist():
        if i not in twin_of and j not in paired:
            twin_of[i] = j
            paired.add(j)
    half_as_sure = np.array([1, 1, 1, 1, 0.5])
    merged = [(row + other[twin_of[i]]) / 2 if i in twin_of else row * half_as_sure for i, row in enumerate(one)]
    merged += [row * half_as_sure for j, row in enumerate(other) if j not in paired]
    merged = np.array(merged).reshape(-1, 5)
    return merged[suppress(merged[:, :4], merged[:, 4])]


def mirrored_answers(answers):
    """Raw answers to mirrored pictures as if the pictures had not been mirrored."""
    return [(score.flip(3), box.flip(3)[:, [2, 1, 0, 3]]) for score, box in answers]


def decode_both_looks(answers, threshold: float, size=None, strides=DETECTOR.strides) -> np.ndarray:
    """Boxes `[m, 5]` from the answers to a picture and to its mirror image, the first two of a batch."""
    first, second = ([(score[i : i + 1], box[i : i + 1]) for score, box in answers] for i in (0, 1))
    lowest = MIRROR_SCORE_SHARE * threshold
    looks = (decode(each, lowest, size, strides)[0] for each in (first, mirrored_answers(second)))
    return merged_looks(*looks)


def multiply_adds(net: nn.Module, height: int, width: int) -> int:
    """Multiply-adds of the net's convolutions for one picture."""
    total = 0

    def count(module, _, output):
        nonlocal total
        total += output.numel() * module.weight[0].numel()

    hooks = [module.register_forward_hook(count) for module in net.modules() if isinstance(module, nn.Conv2d)]
    with torch.no_grad():
        net.eval()(torch.zeros(1, 3, height, width))
    for hook in hooks:
        hook.remove()
    return total


def numbers_in_file(net: nn.Module) -> int:
    """Weights and batch norm statistics."""
    return sum(value.numel() for key, value in net.state_dict().items() if "num_batches" not in key)


if __name__ == "__main__":
    detector = Detector()
    square, wide = (multiply_adds(detector, height, INPUT_SIDE) / 1e9 for height in (INPUT_SIDE, 224))
    print(f"{square:.3f} GMAC at {INPUT_SIDE}x{INPUT_SIDE}, {wide:.3f} at {INPUT_SIDE}x224")
    print(f"{numbers_in_file(detector) / 1e6:.2f} million numbers in the file")
