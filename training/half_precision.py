"""Trained nets as the program reads them: safetensors in half precision, equal weights in equal bytes."""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save


def network_state(state: dict) -> dict:
    """What a file holds: weights and batch norm statistics, nothing of the training, no shared memory."""
    return {key: value.clone().contiguous() for key, value in state.items() if not key.endswith("num_batches_tracked")}


def with_sorted_header(content: bytes) -> bytes:
    """The same safetensors file with its metadata in order, so that equal weights give equal bytes.

    The format: header length (8 bytes, little end first), header in JSON, tensors. The library
    writes the metadata in an order that changes from run to run.
    """
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


def write_half(state: dict, path: Path, metadata: dict[str, str]) -> None:
    """A net's state as an f16 file; prints its size and checksum."""
    halves = {key: value.half() for key, value in network_state(state).items()}
    wrong = [key for key, value in halves.items() if not torch.isfinite(value).all()]
    if wrong:
        raise ValueError(f"not finite in f16: {wrong}")
    content = with_sorted_header(save(halves, metadata))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    print(f"{path}: {len(halves)} tensors, {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
