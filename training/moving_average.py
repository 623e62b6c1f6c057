"""The net that is judged and shipped: the moving average of the one that learns."""

import torch
from torch import nn


class Average:
    """Exponential moving average of a net's weights and batch statistics."""

    def __init__(self, net: nn.Module, decay: float):
        self.state = {name: value.detach().clone() for name, value in net.state_dict().items()}
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, net: nn.Module) -> None:
        """Follows the net; quickly at first, so that the start is soon forgotten."""
        self.updates += 1
        share = 1 - min(self.decay, self.updates / (self.updates + 9))
        averages, values = [], []
        for name, value in net.state_dict().items():
            if value.dtype.is_floating_point:
                averages.append(self.state[name])
                values.append(value)
            else:
                self.state[name].copy_(value)
        torch._foreach_lerp_(averages, values, share)
