"""A file that a script cannot do without."""

from pathlib import Path

LABELS = "the labels of pictures, which lie beside it (--help says which folders are asked for)"
PUBLISHED_NET = "a published net (README.md says which ones are asked)"
CHECKPOINT = "a checkpoint of a training run (RUN/last.pt) or exported weights"


def needed_file(path: Path, what: str) -> Path:
    """The path; where there is no file, the script ends with one sentence that says `what` it would be."""
    if not path.is_file():
        raise SystemExit(f"{path} is missing: {what}")
    return path
