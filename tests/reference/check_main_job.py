"""Checks what `poseglass track CLIP --video OUT.mp4 --export jsonl=OUT.jsonl` wrote.

    check_main_job.py CLIP OUT.mp4 OUT.jsonl

The video must be H.264 with the clip's size, frame count and times (by ffprobe); the results must hold a line for
each frame with the clip's times, identities that are unique in each frame, and joints inside the picture's
surroundings. In the clip one man stands for eight seconds and leaves: he must be found in most frames.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

SAME_TIME_SECS = 0.002
FOUND_SHARE = 0.8


def probe(path: str) -> tuple[dict, list[float]]:
    """The first video stream's facts and its frames' presentation times in seconds."""
    answer = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_streams", "-show_frames",
         "-show_entries", "stream=codec_name,width,height:frame=pts_time", "-of", "json", path],
        check=True, capture_output=True,
    )
    facts = json.loads(answer.stdout)
    return facts["streams"][0], [float(frame["pts_time"]) for frame in facts["frames"]]


def main() -> None:
    clip, video, results = sys.argv[1:4]
    source, source_times = probe(clip)
    written, written_times = probe(video)
    assert written["codec_name"] == "h264", written
    assert [written["width"], written["height"]] == [source["width"], source["height"]], (written, source)
    assert len(written_times) == len(source_times), (len(written_times), len(source_times))
    shift = source_times[0]
    for ours, theirs in zip(written_times, source_times):
        assert abs(ours - (theirs - shift)) <= SAME_TIME_SECS, (ours, theirs)

    header, *rows = [json.loads(line) for line in Path(results).read_text(encoding="utf-8").splitlines()]
    assert header["schema"] == "poseglass/1", header
    assert len(rows) == len(source_times), len(rows)
    seen = Counter()
    for row, time in zip(rows, source_times):
        assert abs(row["time_s"] - (time - shift)) <= SAME_TIME_SECS, (row["time_s"], time)
        identities = [person["id"] for person in row["people"]]
        assert len(identities) == len(set(identities)), identities
        seen.update(identities)
        for person in row["people"]:
            assert len(person["keypoints"]) == len(header["skeleton"]["joints"])
            for joint in filter(None, person["keypoints"]):
                x, y, confidence = joint
                assert 0 <= confidence <= 1, joint
                assert -source["width"] < x < 2 * source["width"], joint
                assert -source["height"] < y < 2 * source["height"], joint
    frames_with_someone = sum(bool(row["people"]) for row in rows)
    assert frames_with_someone >= FOUND_SHARE * len(rows), f"someone in {frames_with_someone} of {len(rows)} frames"
    print(f"{len(rows)} frames at the clip's times, someone in {frames_with_someone}, identities {dict(seen)}")


if __name__ == "__main__":
    main()
