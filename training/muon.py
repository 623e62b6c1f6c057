"""Muon: momentum made orthogonal before each step (Jordan et al. 2024), for convolutions.

A convolution's weight is read as a matrix [outputs, inputs * kernel area]. The Newton-Schulz
iteration moves all singular values of its momentum near 1, so that rare directions are learned
as fast as common ones.

Every convolution given to this optimizer must be followed by batch normalization: its scale has
no effect then, so each matrix is kept at norm sqrt(outputs) and the learning rate is relative, the share
of the weight that one step replaces. Neither weight decay nor a per-layer rate is needed.
"""

import torch
from torch import Tensor

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the quintic iteration, tuned by Jordan for speed: singular values end in 0.7..1.2."""


def orthogonalized(matrices: Tensor, iterations: int = 5) -> Tensor:
    """`[count, rows, columns]`: each matrix's nearest (about) orthogonal one.

    An iteration is X <- (a + b G + c G G) X with G = X X'. All factors are polynomials of the first G, so they
    commute, and the long side is touched only at the beginning and at the end.
    """
    a, b, c = NEWTON_SCHULZ
    wide = matrices.shape[1] <= matrices.shape[2]
    x = matrices if wide else matrices.transpose(1, 2)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    gram = x @ x.transpose(1, 2)
    product = None
    for left in reversed(range(iterations)):
        factor = b * gram + c * gram @ gram
        factor.diagonal(dim1=1, dim2=2).add_(a)
        product = factor if product is None else factor @ product
        if left:
            gram = factor @ gram @ factor
    x = product @ x
    return x if wide else x.transpose(1, 2)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalized, matrices of one shape at a time."""

    def __init__(self, weights, lr: float = 0.05, momentum: float = 0.9):
        super().__init__(list(weights), {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure=None) -> None:
        for group in self.param_groups:
            by_shape: dict[tuple, list] = {}
            for weight in group["params"]:
                if weight.grad is not None:
                    by_shape.setdefault((weight.shape[0], weight[0].numel()), []).append(weight)
            for weights in by_shape.values():
                self._step_one_shape(weights, group["lr"], group["momentum"])

    def _step_one_shape(self, weights: list, rate: float, momentum: float) -> None:
        rows = weights[0].shape[0]
        gradients = torch.stack([weight.grad.reshape(rows, -1) for weight in weights])
        for weight, gradient in zip(weights, gradients):
            state = self.state[weight]
            if "momentum" not in state:
                state["momentum"] = torch.zeros_like(gradient)
            state["momentum"].lerp_(gradient, 1 - momentum)
        averages = torch.stack([self.state[weight]["momentum"] for weight in weights])
        steps = orthogonalized(gradients.lerp(averages, momentum))
        # A full step has the norm of the weight itself.
        steps = steps * (rows**0.5 / (steps.norm(dim=(1, 2), keepdim=True) + 1e-7))
        matrices = torch.stack([weight.reshape(rows, -1) for weight in weights])
        matrices = matrices - rate * steps
        matrices = matrices * (rows**0.5 / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7))
        for weight, matrix in zip(weights, matrices):
            weight.copy_(matrix.view(weight.shape))
