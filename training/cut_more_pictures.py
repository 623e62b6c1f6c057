"""Takes the further pictures of the detector out of fetched repositories, made small, with their labels.

`pictures.jsonl.gz` (of `data/more`) holds a line a picture: repository, path, size, and the boxes of two teachers. The
pictures themselves lie in public git repositories; each is given here by its git directory (no work tree needed).
The folder that is written has the form that `detect_data.PictureSet` reads.

    python cut_more_pictures.py PICTURES.jsonl.gz OUT GIT_DIR [GIT_DIR ...] --side 320 --share sports22=0.5
"""

import argparse
import random
import subprocess
from pathlib import Path

import cv2
import numpy as np

from label_lines import read_label_lines, write_label_lines

JPEG_QUALITY = 90


class GitFiles:
    """Reads files at HEAD of several git directories, each through a single `git cat-file` process."""

    def __init__(self, git_directories: list[Path]):
        commands = (["git", f"--git-dir={directory}", "cat-file", "--batch"] for directory in git_directories)
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for command in commands
        ]

    def read(self, path: str) -> bytes | None:
        """The file's bytes in the first directory whose HEAD holds it, or None."""
        for process in self._processes:
            process.stdin.write(f"HEAD:{path}\n".encode())
            process.stdin.flush()
            header = process.stdout.readline().split()
            if len(header) < 3 or not header[2].isdigit():
                continue
            content = process.stdout.read(int(header[2]))
            process.stdout.read(1)
            return content
        return None


def small_picture(row: dict, content: bytes, side: int) -> tuple[np.ndarray, dict] | None:
    """The picture with its longer side at most `side`, and its label line in the new pixels."""
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if picture is None or list(picture.shape[1::-1]) != row["size"]:
        return None
    scale = min(1.0, side / max(row["size"]))
    size = [max(1, round(length * scale)) for length in row["size"]]
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    teacher = [[*(round(edge * scale, 1) for edge in box[:4]), *box[4:]] for box in row["teacher"]]
    return picture, {"size": size, "source": row["source"], "from": row["path"], "teacher": teacher}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("git", type=Path, nargs="+")
    parser.add_argument("--side", type=int, default=320)
    parser.add_argument("--share", action="append", default=[], help="SOURCE=SHARE of its pictures to take, drawn by chance")
    arguments = parser.parse_args()
    shares = {source: float(share) for source, share in (each.split("=") for each in arguments.share)}
    rows = read_label_lines(arguments.labels)
    chance = random.Random(0)
    rows = [row for row in rows if chance.random() < shares.get(row["source"], 1.0)]
    files = GitFiles(arguments.git)
    (arguments.out / "images").mkdir(parents=True, exist_ok=True)

    def taken():
        number = 0
        for row in rows:
            content = files.read(row["path"])
            small = small_picture(row, content, arguments.side) if content else None
            if small is None:
                continue
            picture, label = small
            label["file"] = f"images/{number:06d}.jpg"
            cv2.imwrite(str(arguments.out / label["file"]), picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            yield label
            number += 1

    written = write_label_lines(arguments.out / "labels.jsonl.gz", taken())
    print(f"{written} of {len(rows)} pictures in {arguments.out}")


if __name__ == "__main__":
    main()
