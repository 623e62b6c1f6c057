"""Label files: gzip, one JSON object a line."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

from needed_file import LABELS, needed_file

REPORTED_EVERY = 5000
"""Lines, while a file is written."""


def read_label_lines(path: Path) -> list[dict]:
    """All lines of a file."""
    with gzip.open(needed_file(path, LABELS), "rt") as lines:
        return [json.loads(line) for line in lines]


def write_label_lines(path: Path, labels: Iterable[dict]) -> int:
    """Writes labels as they come, saying now and then how many; returns their number. Only all of them get the file's name."""
    written = 0
    unfinished = path.with_suffix(".unfinished")
    with gzip.open(unfinished, "wt") as out:
        for label in labels:
            out.write(json.dumps(label, separators=(",", ":")) + "\n")
            written += 1
            if written % REPORTED_EVERY == 0:
                print(f"{written} labels", flush=True)
    unfinished.replace(path)
    return written
