"""Writes tests/data/one_euro.csv: a noisy signal at uneven times and what a 1 euro filter makes of it.

Written down from the paper's algorithms 1 and 2 (Casiez, Roussel, Vogel 2012) with lists and loops,
apart from the program, so that both can be compared. Needs Python 3 alone:

    python3 tests/reference/make_one_euro.py
"""

import csv
import math
import pathlib
import random

MIN_CUTOFF = 1.0
BETA = 0.007
D_CUTOFF = 1.0


def alpha(rate, cutoff):
    te = 1.0 / rate
    tau = 1.0 / (2.0 * math.pi * cutoff)
    return 1.0 / (1.0 + tau / te)


class LowPass:
    def __init__(self):
        self.hatx_prev = None

    def filter(self, x, a):
        hatx = x if self.hatx_prev is None else a * x + (1.0 - a) * self.hatx_prev
        self.hatx_prev = hatx
        return hatx


def one_euro(times, samples):
    xfilt, dxfilt = LowPass(), LowPass()
    filtered = []
    for k, (t, x) in enumerate(zip(times, samples)):
        if k == 0:
            # the paper's rate is fixed; the first one is not used
            rate, dx = 1.0, 0.0
        else:
            rate = 1.0 / (t - times[k - 1])
            dx = (x - xfilt.hatx_prev) * rate
        edx = dxfilt.filter(dx, alpha(rate, D_CUTOFF))
        cutoff = MIN_CUTOFF + BETA * abs(edx)
        filtered.append(xfilt.filter(x, alpha(rate, cutoff)))
    return filtered


def main():
    rng = random.Random(2012)
    times, samples = [], []
    t = 0.0
    for k in range(600):
        times.append(t)
        truth = 300.0 if k < 150 else 300.0 + 120.0 * math.sin(3.0 * (t - times[150]))
        if 450 <= k:
            truth += 200.0
        samples.append(truth + rng.gauss(0.0, 2.0))
        # a camera at about 30 frames per second that drops some
        t += rng.choice([1, 1, 1, 1, 2, 5]) / 30.0 + rng.uniform(-0.004, 0.004)
    path = pathlib.Path(__file__).parent.parent / "data" / "one_euro.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["time_s", "sample", "filtered"])
        for row in zip(times, samples, one_euro(times, samples)):
            writer.writerow([repr(number) for number in row])


if __name__ == "__main__":
    main()
