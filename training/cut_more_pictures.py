"""Takes the further pictures of the detector out of fetched repositories, made small, with their labels.

`pictures.jsonl.gz` (of `data/more`) holds a line a picture: repository, path, size, and the boxes of two teachers. The
pictures themselves lie in public git repositories; each is given here by its git directory (no work tree needed).
The folder that is written has the form that `detect_data.PictureSet` reads.

    python cut_more_pictures.py PICTURES.jsonl.gz OUT GIT_DIR [GIT_DIR ...] --side 320 --share sports22=0.5
"""

import argparse
import random
import subprocess
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from label_lines import read_label_lines, write_label_lines

JPEG_QUALITY = 90


class GitFiles:
    """Reads files at a commit of several git directories, each through a single `git cat-file` process."""

    def __init__(self, git_directories: list[Path], commit: str = "HEAD"):
        self._commit = commit
        for directory in git_directories:
            ask = ["git", f"--git-dir={directory}", "rev-parse", "--quiet", "--verify", f"{commit}^{{commit}}"]
            if subprocess.run(ask, capture_output=True).returncode:
                raise SystemExit(f"{directory} is no git directory with the commit {commit}: fetch it first, as by git clone --bare")
        commands = (["git", f"--git-dir={directory}", "cat-file", "--batch"] for directory in git_directories)
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for command in commands
        ]

    def read(self, path: str) -> bytes | None:
        """The file's bytes in the first directory whose commit holds it, or None."""
        for process in self._processes:
            process.stdin.write(f"{self._commit}:{path}\n".encode())
            process.stdin.flush()
            header = process.stdout.readline().split()
            if len(header) != 3 or not header[2].isdigit():
                continue
            content = process.stdout.read(int(header[2]))
            process.stdout.read(1)
            return content
        return None


def decoded_picture(content: bytes) -> np.ndarray | None:
    """A picture file's pixels (blue, green, red), or None if it is none."""
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def small_picture(row: dict, picture: np.ndarray, side: int) -> tuple[np.ndarray, dict]:
    """The picture with its longer side at most `side`, and its label line in the new pixels."""
    scale = min(1.0, side / max(row["size"]))
    size = [max(1, round(length * scale)) for length in row["size"]]
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    teacher = [[*(round(edge * scale, 1) for edge in box[:4]), *box[4:]] for box in row["teacher"]]
    return picture, {"size": size, "source": row["source"], "from": row["path"], "teacher": teacher}


def write_pictures(pictures: Iterable[tuple[np.ndarray, dict]], out: Path, folder: str) -> int:
    """Writes pictures (blue, green, red) into a folder of `out`, numbered, and their label lines; returns their number."""
    (out / folder).mkdir(parents=True, exist_ok=True)

    def written():
        for number, (picture, label) in enumerate(pictures):
            label["file"] = f"{folder}/{number:06d}.jpg"
            cv2.imwrite(str(out / label["file"]), picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            yield label

    return write_label_lines(out / "labels.jsonl.gz", written())


def source_share(text: str) -> tuple[str, float]:
    """A source's name and how much of it to take, from "SOURCE=SHARE"."""
    source, _, share = text.partition("=")
    return source, float(share)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("git", type=Path, nargs="+")
    parser.add_argument("--side", type=int, default=320)
    shares_help = "SOURCE=SHARE of its pictures to take, drawn by chance"
    parser.add_argument("--share", type=source_share, action="append", default=[], help=shares_help)
    arguments = parser.parse_args()
    shares = dict(arguments.share)
    rows = read_label_lines(arguments.labels)
    chance = random.Random(0)
    rows = [row for row in rows if chance.random() < shares.get(row["source"], 1.0)]
    files = GitFiles(arguments.git)

    def taken():
        for row in rows:
            content = files.read(row["path"])
            picture = decoded_picture(content) if content else None
            if picture is not None and list(picture.shape[1::-1]) == row["size"]:
                yield small_picture(row, picture, arguments.side)

    written = write_pictures(taken(), arguments.out, "images")
    print(f"{written} of {len(rows)} pictures in {arguments.out}")


if __name__ == "__main__":
    main()
