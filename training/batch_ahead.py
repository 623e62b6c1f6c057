"""The next batches, made by a thread of their own while the net learns from the last one."""

import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

BATCHES_AHEAD = 2


class BatchAhead:
    """Calls `make` over and over in a thread that ends with the program; at most `BATCHES_AHEAD` results wait."""

    def __init__(self, make: Callable[[], Any]):
        self._waiting: Queue = Queue(BATCHES_AHEAD)
        threading.Thread(target=self._fill, args=(make,), daemon=True).start()

    def _fill(self, make: Callable[[], Any]) -> None:
        while True:
            try:
                self._waiting.put((make(), None))
            except Exception as error:  # handed on, else the run would wait for ever
                self._waiting.put((None, error))
                return

    def next(self) -> Any:
        """The oldest batch that waits; raises what making it raised."""
        batch, error = self._waiting.get()
        if error is not None:
            raise error
        return batch
