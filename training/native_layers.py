"""Convolution, batch normalization, residual and ReLU by the program's own kernels, for training on a processor.

PyTorch's operations take about twice the time there. `use_native_layers(net)` replaces the `forward` of the `ConvBn` and
`Bottleneck` modules of a net in place; parameters, buffers and their names stay as they are, and evaluation goes through
PyTorch as before. The native part, `native/`, is compiled by cargo on first use.

    python native_layers.py      compares values, gradients and times with PyTorch's
"""

import copy
import ctypes
import shutil
import subprocess
import time
import types
from pathlib import Path

import torch
from torch import Tensor, nn

PACKAGE = Path(__file__).parent / "native"


class Sizes(ctypes.Structure):
    """`Sizes` of the native part: those of a layer's input, and its convolution."""

    _fields_ = [(name, ctypes.c_uint64) for name in "count height width inputs outputs kernel stride".split()]


class Norm(ctypes.Structure):
    """`Norm` of the native part."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in "gamma beta mean inverse running_mean running_variance".split()),
        ("momentum", ctypes.c_double),
        ("epsilon", ctypes.c_double),
    ]


_library: ctypes.CDLL | None = None


def native() -> ctypes.CDLL:
    """The native part, compiled if its source has changed; its threads are as many as PyTorch's at the first call."""
    global _library
    if _library is None:
        if shutil.which("cargo") is None:
            raise SystemExit("native layers are compiled by cargo, which is missing: install Rust from https://rustup.rs")
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=PACKAGE, check=True)
        _library = ctypes.CDLL(str(PACKAGE / "target" / "release" / "libnative_layers.so"))
        if _library.start(ctypes.c_uint64(torch.get_num_threads())):
            raise RuntimeError("the threads of the native layers cannot be started")
    return _library


def address(tensor: Tensor | None) -> ctypes.c_void_p:
    return ctypes.c_void_p(None if tensor is None else tensor.data_ptr())


def channels_last(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last)


def check(status: int) -> None:
    if status:
        raise RuntimeError("the native layers do not take this layer")


class ConvBnFunction(torch.autograd.Function):
    """x `[n, c, h, w]`, weight `[outputs, inputs, k, k]` -> activation; updates the running statistics."""

    @staticmethod
    def forward(ctx, x, weight, gamma, beta, residual, norm_module: nn.BatchNorm2d, stride: int, relu: bool):
        x, weight = channels_last(x), weight.contiguous()
        residual = None if residual is None else channels_last(residual)
        count, inputs, height, width = x.shape
        outputs, _, kernel, _ = weight.shape
        size = (count, outputs, (height + stride - 1) // stride, (width + stride - 1) // stride)
        sizes = Sizes(count, height, width, inputs, outputs, kernel, stride)
        raw = torch.empty(size, memory_format=torch.channels_last)
        out = torch.empty_like(raw)
        statistics = torch.empty(2, outputs)
        norm = Norm(
            address(gamma), address(beta), address(statistics[0]), address(statistics[1]),
            address(norm_module.running_mean), address(norm_module.running_var), norm_module.momentum, norm_module.eps,
        )  # fmt: skip
        check(
            native().forward(
                ctypes.byref(sizes), ctypes.byref(norm), address(x), address(weight), address(residual),
                ctypes.c_bool(relu), address(raw), address(out),
            )  # fmt: skip
        )
        ctx.sizes, ctx.norm, ctx.relu, ctx.has_residual = sizes, norm, relu, residual is not None
        ctx.save_for_backward(x, weight, raw, out if relu else None, statistics, gamma)
        return out

    @staticmethod
    def backward(ctx, gradient):
        # statistics and gamma are saved for the pointers to them in `norm`
        x, weight, raw, out, statistics, gamma = ctx.saved_tensors
        gradient = channels_last(gradient)
        # behind a ReLU the residual gets what passes it, otherwise all
        passed = torch.empty_like(raw) if ctx.has_residual and ctx.relu else None
        x_gradient = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        weight_gradient = torch.empty_like(weight)
        norm_gradients = torch.empty_like(statistics)
        check(
            native().backward(
                ctypes.byref(ctx.sizes), ctypes.byref(ctx.norm), address(gradient), address(out), address(raw), address(x),
                address(weight), address(passed), address(x_gradient), address(weight_gradient),
                address(norm_gradients[0]), address(norm_gradients[1]),
            )  # fmt: skip
        )
        residual_gradient = (gradient if passed is None else passed) if ctx.has_residual else None
        return x_gradient, weight_gradient, norm_gradients[0], norm_gradients[1], residual_gradient, None, None, None


def conv_bn(module: nn.Module, x: Tensor, residual: Tensor | None = None, relu: bool | None = None) -> Tensor:
    """`module(x)` of a ConvBn in training mode; with a residual, the ReLU comes after the sum."""
    conv, norm = module.conv, module.bn
    relu = module.relu if relu is None else relu
    norm.num_batches_tracked += 1
    return ConvBnFunction.apply(x, conv.weight, norm.weight, norm.bias, residual, norm, conv.stride[0], relu)


def conv_bn_forward(module: nn.Module, x: Tensor) -> Tensor:
    return conv_bn(module, x) if module.training else type(module).forward(module, x)


def bottleneck_forward(module: nn.Module, x: Tensor) -> Tensor:
    if not module.training:
        return type(module).forward(module, x)
    skip = x if module.project is None else module.project(x)
    return conv_bn(module.expand, module.conv(module.reduce(x)), skip, relu=True)


def use_native_layers(net: nn.Module) -> nn.Module:
    """Lets every ConvBn and Bottleneck of the net run natively while training; returns the net."""
    native()
    replacements = {"ConvBn": conv_bn_forward, "Bottleneck": bottleneck_forward}
    for module in net.modules():
        forward = replacements.get(type(module).__name__)
        if forward:
            module.forward = types.MethodType(forward, module)
    return net


def gradients(module: nn.Module, x: Tensor, seed: int) -> dict:
    """Loss, gradients and running statistics of one step with a random linear loss."""
    module.zero_grad()
    generator = torch.Generator().manual_seed(seed)
    loss = 0.0
    for out in flat(module(x)):
        loss = loss + (out * torch.randn(out.shape, generator=generator).to(out)).sum()
    loss.backward()
    found = {name: parameter.grad.detach().clone() for name, parameter in module.named_parameters()}
    return found | {name: value.clone() for name, value in module.named_buffers() if value.is_floating_point()}


def flat(answers) -> list:
    """The tensors of a net's answer."""
    return [answers] if isinstance(answers, Tensor) else [each for answer in answers for each in flat(answer)]


def compare(title: str, net: nn.Module, x: Tensor) -> None:
    """Prints how far PyTorch's single precision and the native layers are from double precision, and the times of both."""
    x = channels_last(x)
    exact = copy.deepcopy(net).double()
    nets = {
        "PyTorch": copy.deepcopy(net).to(memory_format=torch.channels_last),
        "native": use_native_layers(copy.deepcopy(net)),
    }
    truth = gradients(exact, x.double(), seed=1)
    times = {name: [] for name in nets}
    for name, module in nets.items():
        found = gradients(module, x, seed=1)
        errors = [
            ((found[key].double() - value).norm() / value.norm()).item() for key, value in truth.items() if value.norm() > 1e-6
        ]
        print(f"{title}, {name}: relative error of gradients, median {sorted(errors)[len(errors) // 2]:.1e}, largest {max(errors):.1e}")
    for turn in range(8):
        for name, module in nets.items():
            began = time.perf_counter()
            gradients(module, x, seed=turn)
            times[name].append(time.perf_counter() - began)
    plain, ours = (min(values) for values in times.values())
    print(f"{title}: PyTorch {1000 * plain:.0f} ms, native {1000 * ours:.0f} ms a step, {plain / ours:.2f} times as fast")


if __name__ == "__main__":
    from detector import Detector
    from hourglass import ConvBn, StackedHourglass

    torch.manual_seed(0)
    torch.set_num_threads(1)
    for inputs, outputs, kernel, stride in ((32, 64, 1, 1), (32, 48, 3, 1), (32, 64, 3, 2), (3, 32, 3, 2)):
        layer = ConvBn(inputs, outputs, kernel, stride).train()
        compare(f"{kernel}x{kernel} {inputs} to {outputs}, stride {stride}", layer, torch.randn(4, inputs, 24, 18))
    compare("pose net", StackedHourglass().train(), torch.randn(16, 3, 192, 128))
    compare("detector", Detector().train(), torch.randn(6, 3, 256, 256))
