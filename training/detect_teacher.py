"""A published detector that shows the trained one what it sees in every canvas.

RTMDet-nano (Lyu et al. 2022, arXiv:2212.07784) has the same levels as our net (strides 8, 16, 32), so its answer for a
cell is a target for our cell: a soft score and a box, also where labels say nothing. It sees the canvas as it
was drawn for training, colors, cuts and scale included, but answers for the corners of cells and we for their middles.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from detector import DETECTOR, PADDING_GRAY, cell_centers
from needed_file import PUBLISHED_NET, needed_file
from onnx_session import open_session

PIXEL_MEAN = np.float32([103.53, 116.28, 123.675])
PIXEL_SPREAD = np.float32([57.375, 57.12, 58.395])
"""Blue, green, red, as RTMDet was trained (MMDetection, configs/rtmdet)."""

TO_OUR_CELLS = DETECTOR.strides[0] // 2
"""Canvas pixels from a corner of a smallest cell to its middle."""

RAW_ANSWERS = ("onnx::Sigmoid_1402", "onnx::Gather_1404")
"""Names in the exported file: score logits `[n, cells, 1]` and distances in pixels `[n, cells, 4]`, before suppression."""


def rtmdet_input(canvases: np.ndarray) -> np.ndarray:
    """Canvases `[n, h, w, 3]`, RGB, 8 bits, as RTMDet takes them: `[n, 3, h, w]`."""
    pixels = torch.from_numpy(canvases).flip(-1).permute(0, 3, 1, 2)
    mean, spread = (torch.from_numpy(each)[:, None, None] for each in (PIXEL_MEAN, PIXEL_SPREAD))
    return ((pixels - mean) / spread).contiguous().numpy()


class DetectorTeacher:
    """RTMDet-nano's raw answers for a batch of canvases.

    With `bfloat16`, on machines that have its arithmetic, in 0.55 of the time; its sure boxes then overlap the exact
    ones by .988, its scores are .008 off (means over 5,759 cells of training canvases).
    """

    def __init__(self, path: Path, bfloat16: bool = False):
        graph = _without_suppression(path)
        if bfloat16:
            net = _bfloat16_net(graph)
            self._run = lambda pixels: list(net([pixels]).values())
        else:
            session = open_session(graph)
            self._run = lambda pixels: session.run(list(RAW_ANSWERS), {"input": pixels})

    def answers(self, canvases: np.ndarray) -> tuple[Tensor, Tensor]:
        """Scores `[n, cells]` (0..1) and boxes `[n, cells, 4]` (corners, canvas pixels) of canvases `[n, h, w, 3]`, RGB."""
        logits, distances = (torch.from_numpy(each) for each in self._run(rtmdet_input(canvases)))
        height, width = canvases.shape[1:3]
        # RTMDet counts distances from a cell's corner, we count from its middle.
        corners = torch.cat([cell_centers(height // s, width // s, s) - s / 2 for s in DETECTOR.strides])
        boxes = torch.cat([corners - distances[..., :2], corners + distances[..., 2:]], dim=-1)
        return logits[..., 0].sigmoid(), boxes

    def answers_for_our_cells(self, canvases: np.ndarray) -> tuple[Tensor, Tensor]:
        """The same for the middles of cells: it looks at the canvas moved by half a smallest cell.

        At stride 8 that is exact; at 16 and 32 its points stay a quarter and three eighths of a cell away.
        """
        moved = np.full_like(canvases, PADDING_GRAY)
        moved[:, :-TO_OUR_CELLS, :-TO_OUR_CELLS] = canvases[:, TO_OUR_CELLS:, TO_OUR_CELLS:]
        scores, boxes = self.answers(moved)
        return scores, boxes + TO_OUR_CELLS


def _bfloat16_net(graph: bytes):
    """The graph compiled by OpenVINO; ONNX Runtime has no bfloat16 on x86."""
    import openvino

    core = openvino.Core()
    options = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"}
    return core.compile_model(core.read_model(graph), "CPU", options)


def _without_suppression(path: Path) -> bytes:
    """The file's graph as far as the raw answers; the rest takes one picture at a time only."""
    import onnx

    model = onnx.load(str(needed_file(path, PUBLISHED_NET)))
    maker = {name: node for node in model.graph.node for name in node.output}
    needed, waiting = set(), list(RAW_ANSWERS)
    while waiting:
        node = maker.get(waiting.pop())
        if node is not None and node.output[0] not in needed:
            needed.add(node.output[0])
            waiting.extend(node.input)
    kept = [node for node in model.graph.node if node.output[0] in needed]
    del model.graph.node[:], model.graph.output[:]
    model.graph.node.extend(kept)
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in RAW_ANSWERS)
    return model.SerializeToString()
