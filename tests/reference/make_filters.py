"""Writes tests/data/filters.json: noisy signals and what scipy's filters make of them.

The program's conventions are spelled out here in scipy's terms: the cutoff of the Butterworth filter is corrected for
its two runs, ends of the Gaussian are continued through the last point, the median's window narrows toward the ends.
Needs the packages of requirements.txt:

    python3 tests/reference/make_filters.py
"""

import json
import math
import pathlib
import random
from importlib.metadata import version

import numpy as np
from scipy.interpolate import make_smoothing_spline
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, filtfilt, freqz, medfilt, sosfiltfilt


def signal(rng, times):
    phase = rng.uniform(0, 6)
    return np.array([300 + 80 * math.sin(4 * t + phase) + 15 * math.sin(19 * t) + rng.gauss(0, 3) for t in times])


def winter_cutoff(rate, cutoff):
    """Where a digital filter of order 2 must lie so that two runs have half the power at `cutoff` (Winter 2009)."""
    correction = (math.sqrt(2) - 1) ** 0.25
    return rate / math.pi * math.atan(math.tan(math.pi * cutoff / rate) / correction)


def butterworth(values, rate, cutoff):
    b, a = butter(2, winter_cutoff(rate, cutoff), fs=rate)
    _, response = freqz(b, a, worN=[cutoff], fs=rate)
    assert abs(abs(response[0]) ** 4 - 0.5) < 1e-12
    filtered = filtfilt(b, a, values)
    again = sosfiltfilt(butter(2, winter_cutoff(rate, cutoff), fs=rate, output="sos"), values)
    assert np.allclose(filtered, again, atol=1e-9)
    return filtered


def gaussian(values, rate, cutoff):
    sigma = rate * math.sqrt(math.log(2)) / (2 * math.pi * cutoff)
    n = int(4 * sigma + 0.5)
    before, after = 2 * values[0] - values[n:0:-1], 2 * values[-1] - values[-2 : -n - 2 : -1]
    return gaussian_filter1d(np.concatenate([before, values, after]), sigma)[n : n + len(values)]


def median(values, n_window):
    filtered = medfilt(values, n_window)
    for k in range(n_window // 2):
        filtered[k] = np.median(values[: 2 * k + 1])
        filtered[len(values) - 1 - k] = np.median(values[len(values) - 1 - 2 * k :])
    return filtered


def main():
    rng = random.Random(6)
    cases = []

    def add(name, times, values, filtered, **options):
        numbers = {"times": times, "values": values, "filtered": filtered}
        cases.append({"filter": name, **options} | {key: [float(x) for x in xs] for key, xs in numbers.items()})

    for rate, cutoff, n in [(30, 6, 120), (25, 6, 10), (60, 6, 90), (240, 10, 200), (30, 2, 61), (100, 0.5, 300)]:
        times = [k / rate for k in range(n)]
        values = signal(rng, times)
        add("butterworth", times, values, butterworth(values, rate, cutoff), cutoff_hz=cutoff)
        if rate / cutoff < 20:
            add("gaussian", times, values, gaussian(values, rate, cutoff), cutoff_hz=cutoff)
    for rate, n_window, n in [(30, 5, 60), (50, 9, 40), (25, 3, 5)]:
        times = [k / rate for k in range(n)]
        values = signal(rng, times)
        add("median", times, values, median(values, n_window), window_secs=(n_window - 1) / rate)
    for lam in (0, 1e-6, 6e-6, 1e-3, 1.0):
        times = [0.0]
        for _ in range(79):
            times.append(times[-1] + rng.choice([1, 1, 1, 2, 4]) / 30 + rng.uniform(-0.01, 0.01))
        values = signal(rng, times)
        spline = make_smoothing_spline(np.array(times), values, lam=lam)
        between = np.linspace(times[0], times[-1], 57)
        add("spline", times, values, spline(times), lam=lam, between=list(between), at_between=[float(y) for y in spline(between)])

    path = pathlib.Path(__file__).parent.parent / "data" / "filters.json"
    made_by = f"tests/reference/make_filters.py with scipy {version('scipy')}"
    lines = ",\n".join(json.dumps(case) for case in cases)
    path.write_text(f'{{"made_by": "{made_by}", "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
