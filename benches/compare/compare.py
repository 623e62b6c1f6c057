"""Times poseglass and ONNX Runtime on the same nets, pair by pair, and prints a line a case.

A pair is a burst of runs of either engine, one after the other, so that both meet the same neighbors on the
machine; the ratio of a case is the median of the ratios of its pairs, the times are medians too.

    python compare.py POSEGLASS ONNX_DIR [--pairs 9] [--runs 24] [--isa avx2] [--precision int16]

ONNX Runtime computes in f32 in either case.
"""

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import onnxruntime


def ours(program: Path, net: str, threads: int, batch: int, runs: int, how: list[str]) -> dict:
    """Figures of one burst of ours."""
    command = [program, "bench", "--net", net, "--threads", threads, "--batch", batch, "--frames", runs, "--json"]
    answer = subprocess.run([str(part) for part in command + how], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


class Theirs:
    """ONNX Runtime on one net with so many threads."""

    def __init__(self, model: Path, threads: int, batch: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        shape = self.session.get_inputs()[0].shape
        self.input = {"x": (np.random.default_rng(0).random((batch, *shape[1:])) - 0.45).astype(np.float32)}

    def burst(self, runs: int) -> float:
        """Median milliseconds of a run."""
        times = []
        for _ in range(runs + 3):
            began = time.perf_counter()
            self.session.run(None, self.input)
            times.append(1000 * (time.perf_counter() - began))
        return statistics.median(times[3:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("models", type=Path)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--isa")
    parser.add_argument("--precision", default="f32", choices=("f32", "int16"))
    chosen = parser.parse_args()
    how = ["--precision", chosen.precision] + (["--isa", chosen.isa] if chosen.isa else [])
    for model in sorted(chosen.models.glob("*.onnx")):
        for threads in (1, 2):
            for batch in (1, 4):
                runs = max(3, chosen.runs // batch)
                theirs = Theirs(model, threads, batch)
                pairs = []
                for _ in range(chosen.pairs):
                    figures = ours(chosen.program, model.stem, threads, batch, runs, how)
                    pairs.append((figures["median_ms"], theirs.burst(runs)))
                our_ms = statistics.median(pair[0] for pair in pairs)
                their_ms = statistics.median(pair[1] for pair in pairs)
                ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
                print(
                    f"{model.stem} threads={threads} batch={batch} isa={figures['isa']} precision={chosen.precision} "
                    f"ours_ms={our_ms:.2f} ort_ms={their_ms:.2f} ratio={ratio:.3f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
