"""What a frame costs with the engines that people would take instead, on a real video; decoding is not counted.

    python video_peers.py VIDEO --program POSEGLASS [--yolox yolox-nano.onnx --tinypose pp-tinypose-256x192.onnx]

MediaPipe Pose follows one person with its default net (`model_complexity` 1); it is left out where it is not installed.
YOLOX-nano (416) looks for people and PP-TinyPose (256x192) for the joints of each on every frame, both in ONNX Runtime;
they are left out where their files are not given. All get two threads. Runs of all engines take turns.
Needs `opencv-python-headless`, and for those two `onnxruntime`.
"""

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

import cv2
import numpy as np

THREADS = 2
TURNS = 3
WARM_UP_FRAMES = 10
"""First frames that are not counted, as in `poseglass bench`."""


def frames_of(video: Path, most: int) -> list:
    """The first frames, RGB."""
    capture, frames = cv2.VideoCapture(str(video)), []
    while len(frames) < most:
        is_there, frame = capture.read()
        if not is_there:
            break
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
    return frames


def timed(work, frames) -> list:
    """Milliseconds of each frame after the first ones."""
    times = []
    for frame in frames:
        began = time.perf_counter()
        work(frame)
        times.append(1000 * (time.perf_counter() - began))
    return times[WARM_UP_FRAMES:]


class MediaPipePose:
    title = "MediaPipe Pose (one person)"

    def __init__(self):
        import mediapipe

        self.pose = mediapipe.solutions.pose.Pose(model_complexity=1)

    def __call__(self, frame) -> None:
        self.pose.process(frame)


class YoloxAndTinyPose:
    title = "YOLOX-nano + PP-TinyPose, ONNX Runtime"

    def __init__(self, yolox: Path, tinypose: Path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        self.yolox, self.tinypose = (
            onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            for path in (yolox, tinypose)
        )

    def people(self, frame) -> np.ndarray:
        scale = 416 / max(frame.shape[:2])
        small = cv2.resize(frame, None, fx=scale, fy=scale)
        canvas = np.full((416, 416, 3), 114, np.float32)
        canvas[: small.shape[0], : small.shape[1]] = small[:, :, ::-1]
        raw = self.yolox.run(None, {self.yolox.get_inputs()[0].name: canvas.transpose(2, 0, 1)[None]})[0][0]
        cells = [
            (x, y, stride)
            for stride in (8, 16, 32)
            for y in range(416 // stride)
            for x in range(416 // stride)
        ]
        x, y, stride = np.array(cells, np.float32).T
        score = raw[:, 4] * raw[:, 5]
        keep = score > 0.3
        center = (raw[:, :2] + np.stack([x, y], 1)) * stride[:, None]
        extent = np.exp(raw[:, 2:4]) * stride[:, None]
        boxes = np.concatenate([center - extent / 2, extent], 1)[keep] / scale
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), score[keep].tolist(), 0.3, 0.5)
        return boxes[np.array(kept).reshape(-1)]

    def __call__(self, frame) -> None:
        boxes = self.people(frame)
        crops = []
        for left, top, width, height in boxes:
            scale = 1.25 * max(width / 192, height / 256)
            x, y = left + width / 2 - 96 * scale, top + height / 2 - 128 * scale
            crop = cv2.warpAffine(
                frame, np.array([[scale, 0, x], [0, scale, y]]), (192, 256), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            )
            crops.append((crop - (123.675, 116.28, 103.53)) / (58.395, 57.12, 57.375))
        if crops:
            batch = np.stack(crops).transpose(0, 3, 1, 2).astype(np.float32)
            heatmaps = self.tinypose.run(None, {self.tinypose.get_inputs()[0].name: batch})[0]
            heatmaps.reshape(*heatmaps.shape[:2], -1).argmax(-1)


def ours(program: Path, video: Path, model: str, frames: int) -> dict:
    """Figures of `poseglass bench`."""
    command = [program, "bench", video, "--model", model, "--threads", THREADS, "--frames", frames, "--json"]
    answer = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--models", nargs="+", default=["fast"])
    parser.add_argument("--yolox", type=Path)
    parser.add_argument("--tinypose", type=Path)
    parser.add_argument("--frames", type=int, default=120)
    chosen = parser.parse_args()
    cv2.setNumThreads(THREADS)
    frames = frames_of(chosen.video, chosen.frames)
    if len(frames) <= WARM_UP_FRAMES:
        parser.error(f"of {chosen.video} {len(frames)} frames can be read: more than {WARM_UP_FRAMES} are needed")
    peers = []
    try:
        peers.append(MediaPipePose())
    except ImportError:
        print("MediaPipe is not installed: left out")
    if chosen.yolox and chosen.tinypose:
        peers.append(YoloxAndTinyPose(chosen.yolox, chosen.tinypose))
    rates: dict = {}
    for _ in range(TURNS):
        for model in chosen.models:
            figures = ours(chosen.program, chosen.video, model, chosen.frames - WARM_UP_FRAMES)
            frame = next(stage for stage in figures["stages"] if stage["stage"] == "frame")
            rates.setdefault(f"poseglass {model}", []).append(
                (figures["inference_frames_per_second"], frame["p50_ms"], frame["p95_ms"])
            )
        for peer in peers:
            times = timed(peer, frames)
            mean = statistics.fmean(times)
            rates.setdefault(peer.title, []).append((1000 / mean, statistics.median(times), np.quantile(times, 0.95)))
    for title, runs in rates.items():
        rate, median, late = (statistics.median(run[i] for run in runs) for i in range(3))
        print(f"{title}: {rate:.1f} frames per second, p50 {median:.1f} ms, p95 {late:.1f} ms")


if __name__ == "__main__":
    main()
