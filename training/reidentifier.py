"""The re-identification net: a person's picture in, 128 numbers out that are near each other for the same person.

Siamese in use: one net looks at every picture, and only the products of its answers are compared.

Architecture (frozen; `SIAMESE` below, input 128 rows x 64 columns)

    stem     ConvBn 3->16 3x3 stride 2, ConvBn 16->32 3x3 stride 2, Bottleneck 32      stride 4
    stages   0: ConvBn 32->64 3x3 stride 2, 2 Bottleneck 64                            stride 8
             1: ConvBn 64->128 3x3 stride 2, 4 Bottleneck 128                          stride 16
    widen    ConvBn 1x1 128->256
    pooling  the mean over the 8 x 4 cells
    embed    Linear 256->128, then unit length

Keys of the weights file (w = conv.weight, bn.weight, bn.bias, bn.running_mean, bn.running_var)

    stem.{0,1}.w    stem.2.{reduce,conv,expand}.w
    stages.{0,1}.0.w    stages.{0,1}.{1..n}.{reduce,conv,expand}.w
    widen.w    embed.{weight,bias}

Input: RGB / 255 - 0.45, `[n, 3, 128, 64]`. The person's box just fits, shape unchanged; black outside the picture.
"""

from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as F

from detector import INPUT_MEAN, Bottleneck, ConvBn, multiply_adds, numbers_in_file

INPUT_HEIGHT, INPUT_WIDTH = 128, 64


@dataclass(frozen=True)
class SiameseConfig:
    """Channels and depths: `stem` two widths, `stages` and `depths` one a stride of 8 and 16, `wide`, `numbers` out."""

    stem: tuple[int, int] = (16, 32)
    stages: tuple[int, int] = (64, 128)
    depths: tuple[int, int] = (2, 4)
    wide: int = 256
    numbers: int = 128

    def to_dict(self) -> dict:
        return asdict(self)


SIAMESE = SiameseConfig()


class SiameseNet(nn.Module):
    """`[n, 3, 128, 64]` -> `[n, 128]`, each row of unit length."""

    def __init__(self, config: SiameseConfig = SIAMESE):
        super().__init__()
        self.config = config
        first, second = config.stem
        self.stem = nn.Sequential(ConvBn(3, first, 3, 2), ConvBn(first, second, 3, 2), Bottleneck(second, second))
        self.stages = nn.ModuleList(
            nn.Sequential(ConvBn(before, width, 3, 2), *(Bottleneck(width, width) for _ in range(depth)))
            for before, width, depth in zip((second, *config.stages), config.stages, config.depths)
        )
        self.widen = ConvBn(config.stages[-1], config.wide)
        self.embed = nn.Linear(config.wide, config.numbers)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            if isinstance(module, Bottleneck):
                nn.init.constant_(module.expand.bn.weight, 0.5)

    def numbers(self, x: torch.Tensor) -> torch.Tensor:
        """The answer before its length becomes 1."""
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.embed(self.widen(x).mean(dim=(2, 3)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.numbers(x))


def normalize_pixels(pictures: torch.Tensor) -> torch.Tensor:
    """`[n, 128, 64, 3]`, 8 bits -> the net's input."""
    return pictures.permute(0, 3, 1, 2).float() / 255 - INPUT_MEAN


if __name__ == "__main__":
    siamese = SiameseNet()
    work, numbers = multiply_adds(siamese, INPUT_HEIGHT, INPUT_WIDTH), numbers_in_file(siamese)
    print(f"{work / 1e6:.1f} million multiply-adds a person, {numbers / 1e3:.0f} thousand numbers in the file")
