"""A file of equal rows that are drawn by chance, more of them than memory holds."""

import mmap
from math import prod
from pathlib import Path

import numpy as np


class RowsOnDisk:
    """uint8 `[rows, ...]`. A row is read from the disk when it is asked for, or before, when it is expected."""

    def __init__(self, path: Path, shape: tuple[int, ...]):
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # the system would read far beyond each row, in vain
        self._map.madvise(mmap.MADV_RANDOM)
        self._rows = np.frombuffer(self._map, np.uint8).reshape(shape)
        self._row_bytes = prod(shape[1:])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: int) -> np.ndarray:
        found = self._rows[row]
        self.expect(row)
        return found

    def expect(self, row: int) -> None:
        """Begins to read a row and does not wait for it."""
        begin = row * self._row_bytes
        page = begin - begin % mmap.PAGESIZE
        self._map.madvise(mmap.MADV_WILLNEED, page, begin + self._row_bytes - page)
