"""The mean of pose nets' weights, where one went on from the other, with batch statistics measured anew.

A net that went on at a middle rate with other people and the one that it began with err in different ways, while all nets on the straight
way between them see well; their mean sees better than either (Wortsman et al., "Robust fine-tuning of zero-shot models",
CVPR 2022). Batch statistics are no weights: they are measured on training people (Izmailov et al., "Averaging Weights Leads to Wider Optima",
UAI 2018). A net that was trained with `--hold-statistics` is first written as the equal one that is normalized by its own statistics.

    python mean_weights.py ../weights/pose-accurate.safetensors runs/accurate-13/last.pt --more runs/more-people … --to runs/mean.pt
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from hourglass import StackedHourglass, input_size, normalize_pixels
from pose_augment import varied_batch
from pose_checkpoint import build_net, load_weights, read_checkpoint, save_atomically
from pose_data import SAMPLING_WEIGHT, PoseData, load_pose_data

HERE = Path(__file__).parent

BATCH = 32


def show_batches(net: StackedHourglass, data: PoseData, chosen: argparse.Namespace) -> None:
    """Lets the net look at `chosen.batches` batches, drawn as for training."""
    random = np.random.default_rng(chosen.seed)
    probability = data.sampling_probability(chosen.coco_weight)
    size = input_size(chosen.size)
    for _ in range(chosen.batches):
        people = random.choice(data.training, BATCH, p=probability)
        pictures, _, _ = varied_batch(data, people, size, random, chosen.variation)
        net(normalize_pixels(torch.from_numpy(pictures)))


@torch.no_grad()
def measure_statistics(net: StackedHourglass, data: PoseData, chosen: argparse.Namespace) -> None:
    """Every batch normalization's mean and variance become the plain mean over what is shown."""
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None
    net.train()
    show_batches(net, data, chosen)
    net.eval()


@torch.no_grad()
def normalize_by_own_statistics(net: StackedHourglass, data: PoseData, chosen: argparse.Namespace) -> None:
    """The net answers as before, and its means and variances are those of what is shown: scales and offsets make up for it."""
    measured = {}

    def measure(layer: nn.BatchNorm2d, inputs: tuple[torch.Tensor]) -> None:
        values = inputs[0].double()
        sums = torch.stack([values.mean((0, 2, 3)), values.square().mean((0, 2, 3))])
        measured[layer] = measured.get(layer, 0) + sums / chosen.batches

    layers = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    hooks = [layer.register_forward_pre_hook(measure) for layer in layers]
    net.eval()
    show_batches(net, data, chosen)
    for hook in hooks:
        hook.remove()
    for layer in layers:
        mean, square = measured[layer]
        variance = square - mean**2
        held_scale = layer.weight / torch.sqrt(layer.running_var + layer.eps)
        layer.bias += held_scale * (mean - layer.running_mean)
        layer.weight.copy_(held_scale * torch.sqrt(variance + layer.eps))
        layer.running_mean.copy_(mean)
        layer.running_var.copy_(variance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", type=Path, nargs="+", help="full checkpoints or exported weights, of one architecture; all count alike")
    parser.add_argument("--to", type=Path, required=True, help="a checkpoint that export_weights.py and --start read")
    parser.add_argument("--data", type=Path, default=HERE / "../../shared/data")
    parser.add_argument("--more", type=Path, action="append", default=[], help="folder of further people (cut_more_people.py)")
    parser.add_argument("--cache", type=Path, default=HERE / "runs/cache")
    parser.add_argument("--size", default="256x192", help="height x width of the input")
    parser.add_argument("--coco-weight", type=float, default=SAMPLING_WEIGHT["coco"], help="as in training")
    parser.add_argument("--variation", type=float, default=1.0, help="as in training")
    parser.add_argument("--batches", type=int, default=110, help="how many the statistics are measured on")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    nets = [read_checkpoint(path) for path in chosen.nets]
    first = nets[0]
    if any((net["architecture"], net["output"]) != (first["architecture"], first["output"]) for net in nets):
        parser.error("the nets differ in architecture or output")
    data = load_pose_data(chosen.data, chosen.cache, chosen.more)
    for trained in nets:
        if trained.get("options", {}).get("hold_statistics") == "True":
            net = build_net(trained["architecture"])
            load_weights(net, trained["average"])
            normalize_by_own_statistics(net, data, chosen)
            trained["average"] = net.state_dict()
    learned = [name for name, value in first["average"].items() if value.is_floating_point()]
    weights = {name: torch.stack([net["average"][name] for net in nets]).mean(0) for name in learned}
    net = build_net(first["architecture"])
    load_weights(net, weights)
    measure_statistics(net, data, chosen)
    save_atomically({"architecture": first["architecture"], "output": first["output"], "average": net.state_dict()}, chosen.to)


if __name__ == "__main__":
    main()
