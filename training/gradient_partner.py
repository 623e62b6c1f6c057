"""A second process that learns from its own half of each batch.

The operations of a small net are too short to be shared by two threads: on two cores two processes of a thread each, with half
a batch each, do 1.45 times as much as one process with two threads (features 128: 1.2 times, RESULTS.md). Both read the
same weights, in shared memory; the first one takes the mean of both gradients and steps.
"""

from collections.abc import Callable

import torch
import torch.multiprocessing as multiprocessing
from torch import Tensor, nn


class GradientPartner:
    """The process and what is shared with it; made before anything is computed by threads, since it is a fork."""

    def __init__(self, net: nn.Module, next_loss: Callable[[], Callable[[], Tensor]]):
        """`next_loss` makes a batch and gives what computes its loss."""
        net.share_memory()
        self._weights = [weight for weight in net.parameters() if weight.requires_grad]
        self._gradients = [torch.zeros_like(weight).share_memory_() for weight in self._weights]
        self._pipe, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("fork")
        process = context.Process(target=self._work, args=(self._pipe, theirs, next_loss), daemon=True)
        process.start()
        theirs.close()

    def begin(self) -> None:
        """Lets the other process learn from its half with the weights as they are."""
        self._pipe.send(True)

    @torch.no_grad()
    def finish(self) -> float:
        """Waits for it, makes the weights' gradients the mean of both, and gives the other half's loss."""
        loss = self._pipe.recv()
        gradients = [weight.grad for weight in self._weights]
        torch._foreach_add_(gradients, self._gradients)
        torch._foreach_mul_(gradients, 0.5)
        return loss

    def _work(self, ours, pipe, next_loss: Callable[[], Callable[[], Tensor]]) -> None:
        # or the end of the first process would not be seen
        ours.close()
        while True:
            compute = next_loss()
            try:
                pipe.recv()
            except EOFError:
                return
            for weight in self._weights:
                weight.grad = None
            loss = compute()
            loss.backward()
            with torch.no_grad():
                torch._foreach_copy_(self._gradients, [weight.grad for weight in self._weights])
            pipe.send(loss.item())
