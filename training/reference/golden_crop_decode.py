"""Crops and decoded points that the Rust program's are compared with.

The crops are written without OpenCV, straight from the formulas below, in f64, to
`tests/data/parity/crop-decode.safetensors`.

Picture: 97 wide, 123 high, RGB, byte at (row, column, channel) =
    (row * 7 + column * 13 + channel * 61 + (row * column) // 5) mod 256.

Crop: box x, y, width, height; its center c; grown to 3:4 (width to height) and times 1.25 to a
window w wide. Scale s = w / 192. The center (u + 0.5, v + 0.5) of crop pixel (column u, row v)
lies at picture position c + s * (u + 0.5 - 96, v + 0.5 - 128). There the value is interpolated
between the four nearest pixel centers (pixel (i, j) has its center at (i + 0.5, j + 0.5));
pixels outside the picture are black. The crop is kept unrounded.

    picture [123, 97, 3] u8; boxes [3, 4]; crop.0 to crop.2 [64, 48, 3]: every fourth row and
    column (from 1) of the crop [256, 192, 3], values 0..255.

Heatmaps: [17, 64, 48], one for each joint, sums of Gaussians of formula_heatmaps. Decoded by `scatter` of `pose_decode.py`:

    heatmaps; scatter [17, 3]: x, y in input pixels, score.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from pose_decode import scatter  # noqa: E402

HEIGHT, WIDTH = 256, 192
BOXES = np.array([[20.0, 10.0, 50.0, 100.0], [-8.5, 60.25, 70.0, 40.5], [70.0, 80.0, 40.0, 60.0]])

GAUSSIANS = [
    [(20.3, 30.7, 2.0, 0.9)],
    [(0.2, 10.4, 2.0, 0.8)],
    [(47.4, 63.2, 2.0, 0.7)],
    [(24.0, 32.0, 2.0, 1.0)],
    [(1.4, 61.6, 1.5, 0.6), (30.0, 20.0, 3.0, 0.4)],
    [(12.5, 12.5, 2.0, 0.5)],
    [(40.1, 5.9, 1.0, 0.95), (38.0, 8.0, 4.0, 0.3)],
    [(25.7, 33.1, 6.0, 0.2)],
    [(10.2, 50.6, 2.0, 0.55), (13.9, 50.1, 2.0, 0.5)],
    [(46.2, 31.3, 2.5, 0.35)],
    [(20.3, 20.7, 2.0, 0.9), (23.1, 22.0, 2.0, 0.85)],
    [(20.3, 40.7, 1.5, 0.5), (30.2, 41.3, 3.0, 0.45)],
    [(5.1, 5.7, 1.0, 0.9), (40.2, 50.3, 4.0, 0.8)],
    [(22.2, 0.3, 2.0, 0.6), (22.2, 9.4, 2.0, 0.6)],
    [(30.8, 62.9, 2.0, 0.7), (24.3, 60.2, 2.0, 0.2)],
    [(24.2, 32.1, 12.0, 0.25)],
]
"""Heatmaps as lists of column, row, sigma (in cells; cell centers at whole numbers) and height."""


def formula_picture() -> np.ndarray:
    row, column, channel = np.ogrid[:123, :97, :3]
    return ((row * 7 + column * 13 + channel * 61 + (row * column) // 5) % 256).astype(np.uint8)


def crop(picture: np.ndarray, box: np.ndarray) -> np.ndarray:
    """`[256, 192, 3]` in f64, by the formula above."""
    x, y, width, height = box
    window = max(width, height * WIDTH / HEIGHT) * 1.25
    scale = window / WIDTH
    across = x + width / 2 + scale * (np.arange(WIDTH) + 0.5 - WIDTH / 2) - 0.5
    down = y + height / 2 + scale * (np.arange(HEIGHT) + 0.5 - HEIGHT / 2) - 0.5
    left, top = np.floor(across).astype(int), np.floor(down).astype(int)
    share_right, share_below = (across - left)[None, :, None], (down - top)[:, None, None]

    def at(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        inside_rows, inside_columns = (rows >= 0) & (rows < 123), (columns >= 0) & (columns < 97)
        values = picture[np.clip(rows, 0, 122)[:, None], np.clip(columns, 0, 96)[None]].astype(float)
        return values * (inside_rows[:, None] & inside_columns[None])[..., None]

    upper = at(top, left) * (1 - share_right) + at(top, left + 1) * share_right
    lower = at(top + 1, left) * (1 - share_right) + at(top + 1, left + 1) * share_right
    return upper * (1 - share_below) + lower * share_below


def formula_heatmaps() -> np.ndarray:
    """`[17, 64, 48]` f32: GAUSSIANS, then one all zero."""
    row, column = np.ogrid[:64, :48]
    heatmaps = []
    for parts in GAUSSIANS:
        heat = np.zeros((64, 48))
        for x, y, sigma, height in parts:
            heat += height * np.exp(-((column - x) ** 2 + (row - y) ** 2) / (2 * sigma**2))
        heatmaps.append(heat)
    heatmaps.append(np.zeros((64, 48)))
    return np.stack(heatmaps).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=HERE / "../../tests/data/parity")
    chosen = parser.parse_args()
    chosen.to.mkdir(parents=True, exist_ok=True)
    picture, heatmaps = formula_picture(), formula_heatmaps()
    tensors = {"picture": picture, "boxes": BOXES.astype(np.float32), "heatmaps": heatmaps}
    for index, box in enumerate(BOXES):
        tensors[f"crop.{index}"] = np.ascontiguousarray(crop(picture, box)[1::4, 1::4]).astype(np.float32)
    tensors["scatter"] = scatter(heatmaps).astype(np.float32)
    path = chosen.to / "crop-decode.safetensors"
    save_file(tensors, path)
    path.chmod(0o644)
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
