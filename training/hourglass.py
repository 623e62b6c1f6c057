"""The pose net: a stacked hourglass of bottleneck blocks.

Newell, Yang and Deng, "Stacked Hourglass Networks for Human Pose Estimation" (ECCV 2016), with
batch normalization after each convolution and the nonlinearity after the sum.

Module names are a contract: they are the tensor names of the exported weights and the paths
under which the Rust program looks them up.

Input: `[n, 3, height, width]`, RGB divided by 255 minus 0.45; both sides divide by 64.
Output: one tensor `[n, joints, height / 4, width / 4]` per stack, best last. Cell (column, row)
stands for the input pixel position ((column + 0.5) * 4, (row + 0.5) * 4), where pixel (0, 0)
covers the square from (0, 0) to (1, 1).

Whether the outputs are heatmaps or logits (heatmap = sigmoid of the output) is a matter of the
loss they were trained with; the exported weights say which in their metadata (`output`).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

CELL = 4
"""Input pixels per side of a heatmap cell."""

SIDE_MULTIPLE = 64
"""Both sides of an input divide by it: a quarter of them is halved four times."""

PIXEL_MEAN = 0.45
"""Subtracted from RGB values that were scaled to 0..1."""


class ConvBn(nn.Module):
    """Convolution without bias, batch normalization, and a ReLU unless told otherwise.

    holds_statistics: means and deviations stay as they were learned and are not the batch's, in training too. The
    normalization is then a part of the convolution, as it is at use, and its passes over the maps are saved.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, relu: bool = True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-5)
        self.relu = relu
        self.holds_statistics = False

    def forward(self, x: Tensor) -> Tensor:
        x = self._with_held_statistics(x) if self.holds_statistics else self.bn(self.conv(x))
        return functional.relu(x, inplace=True) if self.relu else x

    def _with_held_statistics(self, x: Tensor) -> Tensor:
        scale = self.bn.weight * torch.rsqrt(self.bn.running_var + self.bn.eps)
        weight = (self.conv.weight * scale[:, None, None, None]).contiguous(memory_format=torch.channels_last)
        bias = self.bn.bias - self.bn.running_mean * scale
        return functional.conv2d(x, weight, bias, self.conv.stride, self.conv.padding)


class Bottleneck(nn.Module):
    """1x1 down to `middle` channels (half of the outputs if not told), 3x3, 1x1 up again, added to its input."""

    def __init__(self, inputs: int, outputs: int, middle: int | None = None):
        super().__init__()
        middle = middle or outputs // 2
        self.reduce = ConvBn(inputs, middle)
        self.conv = ConvBn(middle, middle, kernel=3)
        self.expand = ConvBn(middle, outputs, relu=False)
        self.project = ConvBn(inputs, outputs, relu=False) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        skip = x if self.project is None else self.project(x)
        return functional.relu(self.expand(self.conv(self.reduce(x))) + skip, inplace=True)


class Hourglass(nn.Module):
    """Halves the resolution `depth` times and comes back, with a branch past each halving.

    Blocks after the last two halvings (of an input of 256x192: 8x6 and 4x3 cells) are `deep_middle` wide in the middle, and after
    the last three (16x12 too) `deep_blocks` further ones follow on the way down and on the way up. What is seen there of the whole
    body is worth most and costs least: it is a twelfth of the cells.
    """

    def __init__(self, depth: int, features: int, deep_middle: int, deep_blocks: int):
        super().__init__()
        middle = deep_middle if depth <= 2 else features // 2
        more = deep_blocks if depth <= 3 else 0
        self.skip = Bottleneck(features, features, deep_middle if depth <= 1 else features // 2)
        self.down = Bottleneck(features, features, middle)
        self.down_more = nn.Sequential(*(Bottleneck(features, features, middle) for _ in range(more)))
        if depth > 1:
            self.inner = Hourglass(depth - 1, features, deep_middle, deep_blocks)
        else:
            self.inner = Bottleneck(features, features, middle)
        self.up = Bottleneck(features, features, middle)
        self.up_more = nn.Sequential(*(Bottleneck(features, features, middle) for _ in range(more)))

    def forward(self, x: Tensor) -> Tensor:
        low = self.down_more(self.down(functional.max_pool2d(x, 2)))
        low = self.up_more(self.up(self.inner(low)))
        return self.skip(x) + functional.interpolate(low, scale_factor=2, mode="nearest")


class StackedHourglass(nn.Module):
    """Stem to a quarter of the resolution, then hourglasses that each refine the one before."""

    def __init__(
        self,
        stacks: int = 2,
        features: int = 64,
        joints: int = 17,
        stem: int = 32,
        depth: int = 4,
        deep_middle: int | None = None,
        deep_blocks: int = 0,
    ):
        super().__init__()
        self.stem = nn.Sequential(
            ConvBn(3, stem, kernel=3, stride=2),
            ConvBn(stem, features, kernel=3, stride=2),
            Bottleneck(features, features),
        )
        middle = deep_middle or features // 2
        self.hourglasses = nn.ModuleList(Hourglass(depth, features, middle, deep_blocks) for _ in range(stacks))
        self.features = nn.ModuleList(ConvBn(features, features) for _ in range(stacks))
        self.heatmaps = nn.ModuleList(nn.Conv2d(features, joints, 1) for _ in range(stacks))
        self.merge_features = nn.ModuleList(nn.Conv2d(features, features, 1) for _ in range(stacks - 1))
        self.merge_heatmaps = nn.ModuleList(nn.Conv2d(joints, features, 1) for _ in range(stacks - 1))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        outputs = []
        for index, hourglass in enumerate(self.hourglasses):
            y = self.features[index](hourglass(x))
            heatmap = self.heatmaps[index](y)
            outputs.append(heatmap)
            if index < len(self.merge_features):
                x = x + self.merge_features[index](y) + self.merge_heatmaps[index](heatmap)
        return outputs


def hold(net: StackedHourglass, statistics: bool, stem: bool) -> None:
    """What is not to be learned further: the statistics of all batch normalization, the weights of the stem."""
    for module in net.modules():
        if isinstance(module, ConvBn):
            module.holds_statistics = statistics
    net.stem.requires_grad_(not stem)


def initialize_heads(net: StackedHourglass, logits: bool) -> None:
    """Starts the output layers near "no joint anywhere": zero heat, or a probability of 1 %."""
    for head in net.heatmaps:
        nn.init.normal_(head.weight, std=0.001)
        nn.init.constant_(head.bias, -4.6 if logits else 0.0)


def input_size(text: str) -> tuple[int, int]:
    """Height and width of an input, from a text such as "256x192" (`--size`)."""
    sides = text.split("x")
    if len(sides) != 2 or any(not side.isdecimal() or int(side) % SIDE_MULTIPLE or not int(side) for side in sides):
        raise SystemExit(f"--size {text}: height x width have to be multiples of {SIDE_MULTIPLE}, such as 256x192")
    height, width = map(int, sides)
    return height, width


def normalize_pixels(crops: Tensor) -> Tensor:
    """uint8 `[n, height, width, 3]` RGB to the net's input, channels last in memory."""
    return crops.permute(0, 3, 1, 2).float().div_(255.0).sub_(PIXEL_MEAN).contiguous(memory_format=torch.channels_last)
