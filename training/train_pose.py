"""Trains the pose net; can be stopped and resumed at any time.

The learning rate warms up, stays constant, and falls linearly to zero over the last
`--decay-steps`, which begin when what is left of `--minutes` (or `--steps`) just holds them.
`before-decay.pt` is the full checkpoint of that moment: a longer run goes on from there.
"""

import argparse
import signal
import time
from collections import deque
from pathlib import Path

import numpy as np
import torch
from torch import nn

from evaluate_pose import quick_oks
from hourglass import initialize_heads, normalize_pixels
from moving_average import Average
from muon import Muon
from native_layers import use_native_layers
from pose_augment import varied_batch
from pose_checkpoint import append_log, build_net, load_weights, read_checkpoint, save_atomically
from pose_data import SAMPLING_WEIGHT, load_pose_data
from pose_loss import OUTPUT_KIND, pose_loss, taught_loss
from taught_heatmaps import TaughtHeatmaps

HERE = Path(__file__).parent

STEPS_OF_SPEED = 2000
"""The median of so many steps says how long one takes: a pause, a slow start or a busy minute does not count."""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--name", required=True, help="the run's folder under training/runs")
    add("--data", type=Path, default=HERE / "../../shared/data")
    add("--more", type=Path, action="append", default=[], help="folder of further people (cut_more_people.py)")
    add("--cache", type=Path, default=HERE / "runs/cache")
    add("--size", default="256x192", help="height x width of the input")
    add("--stacks", type=int, default=2)
    add("--features", type=int, default=64)
    add("--stem", type=int, default=32)
    add("--loss", choices=list(OUTPUT_KIND), default="locate")
    add("--joint-weight", type=float, default=4.0, help="extra weight of the joint's own cell in the cross-entropy")
    add("--teacher", type=Path, help="PP-TinyPose's ONNX file: learn its heatmaps, made once, beside the labels (with mse)")
    add("--teacher-share", type=float, default=0.5, help="how much of the loss is the teacher's")
    add("--variation", type=float, default=1.0, help="how strongly windows vary; less for a net that underfits")
    add("--coco-weight", type=float, default=SAMPLING_WEIGHT["coco"], help="how much more often than others COCO's people are drawn")
    add("--optimizer", choices=["muon", "adamw"], default="muon")
    add("--rate", type=float, default=2e-3, help="AdamW's learning rate")
    add("--muon-rate", type=float, default=0.05, help="Muon's relative learning rate")
    add("--muon-momentum", type=float, default=0.9)
    add("--weight-decay", type=float, default=0.02, help="AdamW's")
    add("--batch", type=int, default=32)
    add("--warmup-steps", type=int, default=100)
    add("--decay-steps", type=int, default=500)
    add("--first-share", type=float, help="share of the rates to begin with; default 1, or the checkpoint's")
    add("--steps", type=int, default=10**9, help="last step, counted over all resumed parts of the run")
    add("--minutes", type=float, default=1e9, help="length of this part of the run, by the clock")
    add("--average-decay", type=float, default=0.999)
    add("--checkpoint-minutes", type=float, default=4)
    add("--validate-minutes", type=float, default=15)
    add("--validate-people", type=int, default=300)
    add("--device", default="cpu")
    add("--threads", type=int, default=1)
    add("--native-layers", action="store_true", help="the program's own kernels, on a processor: a third faster")
    add("--bfloat16", action="store_true", help="autocast, on machines that have bfloat16 arithmetic")
    add("--seed", type=int, default=0)
    add("--resume", type=Path, help="full checkpoint to go on from, schedule included")
    add("--start", type=Path, help="full checkpoint, exported or plain weights to start a new run from")
    chosen = parser.parse_args()
    if chosen.teacher and chosen.loss != "mse":
        parser.error("--teacher gives heatmaps, so it needs --loss mse")
    return chosen


def optimizers_of(net: nn.Module, chosen: argparse.Namespace) -> list[torch.optim.Optimizer]:
    """Muon for convolutions that batch normalization follows, AdamW for all else; or AdamW alone."""
    names = {name for name, _ in net.named_parameters()}

    def for_muon(name: str) -> bool:
        return name.endswith(".conv.weight") and name.replace(".conv.weight", ".bn.weight") in names

    muon = chosen.optimizer == "muon"
    convolutions = [p for n, p in net.named_parameters() if for_muon(n)]
    heads = [p for n, p in net.named_parameters() if not for_muon(n) and p.dim() > 1]
    vectors = [p for p in net.parameters() if p.dim() == 1]
    decayed = heads if muon else heads + convolutions
    groups = [{"params": decayed, "weight_decay": chosen.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    found = [torch.optim.AdamW(groups, lr=chosen.rate, fused=True)]
    if muon:
        found.append(Muon(convolutions, lr=chosen.muon_rate, momentum=chosen.muon_momentum))
    for optimizer in found:
        for group in optimizer.param_groups:
            group["full_rate"] = group["lr"]
    return found


class Run:
    """State of a training run and its files."""

    def __init__(self, chosen: argparse.Namespace):
        torch.manual_seed(chosen.seed)
        torch.set_num_threads(chosen.threads)
        self.chosen = chosen
        self.directory = HERE / "runs" / chosen.name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.architecture = {"stacks": chosen.stacks, "features": chosen.features, "joints": 17, "stem": chosen.stem}
        self.net = build_net(self.architecture)
        initialize_heads(self.net, OUTPUT_KIND[chosen.loss] == "logits")
        if chosen.start:
            start = read_checkpoint(chosen.start)
            load_weights(self.net, start.get("average", start))
        self.net.to(chosen.device)
        if chosen.native_layers:
            use_native_layers(self.net)
        self.optimizers = optimizers_of(self.net, chosen)
        self.average = Average(self.net, chosen.average_decay)
        self.random = np.random.default_rng(chosen.seed)
        self.step = self.crops_seen = 0
        self.first_share = self.decay_share = 1.0 if chosen.first_share is None else chosen.first_share
        self.decays = False
        if chosen.resume:
            self.restore(torch.load(chosen.resume, map_location=chosen.device, weights_only=False))

    def restore(self, state: dict) -> None:
        """Rates come from the command line, everything else from the checkpoint."""
        self.net.load_state_dict(state["net"])
        self.average.state, self.average.updates = state["average"], state["average_updates"]
        for optimizer, saved in zip(self.optimizers, state["optimizers"]):
            rates = [group["full_rate"] for group in optimizer.param_groups]
            optimizer.load_state_dict(saved)
            for group, rate in zip(optimizer.param_groups, rates):
                group["full_rate"] = rate
        self.random.bit_generator.state = state["numpy_random"]
        torch.set_rng_state(state["torch_random"].cpu())
        self.step, self.crops_seen = state["step"], state["crops_seen"]
        if self.chosen.first_share is None:
            self.first_share = self.decay_share = state.get("decay_share", 1.0)
            self.decays = state.get("decays", self.first_share < 1)

    def save(self, file_name: str = "last.pt") -> None:
        state = {
            "architecture": self.architecture,
            "output": OUTPUT_KIND[self.chosen.loss],
            "net": self.net.state_dict(),
            "average": self.average.state,
            "average_updates": self.average.updates,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "numpy_random": self.random.bit_generator.state,
            "torch_random": torch.get_rng_state(),
            "step": self.step,
            "crops_seen": self.crops_seen,
            "decay_share": self.decay_share,
            "decays": self.decays,
            "options": {name: str(value) for name, value in vars(self.chosen).items()},
        }
        save_atomically(state, self.directory / file_name)

    def log(self, line: str) -> None:
        append_log(self.directory, line)

    def set_rate(self, steps_left: float) -> float:
        """Share of the full learning rate for the next step; `steps_left` is the estimate to the end of this part.

        The estimate is made anew at every step, so that the share is zero when the time is over
        even on a machine that has become slower. It is never above the share that the run went on from.
        """
        left = steps_left / self.chosen.decay_steps
        if left < self.first_share and not self.decays:
            self.save("before-decay.pt")
            self.decays = True
        self.decay_share = max(0.0, min(self.first_share, left))
        share = self.decay_share * min(1.0, (self.step + 1) / self.chosen.warmup_steps)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_rate"] * share
        return share

    def train_step(self, pictures: np.ndarray, joints: np.ndarray, taught, size: tuple[int, int]) -> float:
        """One step; `taught`, if not None: a teacher's heat and where it is known (`TaughtHeatmaps.batch`)."""
        chosen = self.chosen
        crops = normalize_pixels(torch.from_numpy(pictures).to(chosen.device))
        with torch.autocast(chosen.device.split(":")[0], torch.bfloat16, enabled=chosen.bfloat16):
            outputs = self.net(crops)
        loss = pose_loss(chosen.loss, outputs, torch.from_numpy(joints).to(chosen.device), size, chosen.joint_weight)
        if taught is not None:
            heat, known = (torch.from_numpy(each).to(chosen.device) for each in taught)
            loss = loss + chosen.teacher_share * (taught_loss(outputs, heat, known, size) - loss)
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 20.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.average.update(self.net)
        self.step += 1
        self.crops_seen += len(pictures)
        return loss.item()


def train(run: Run) -> None:
    chosen = run.chosen
    size = tuple(int(side) for side in chosen.size.split("x"))
    data = load_pose_data(chosen.data, chosen.cache, chosen.more)
    teacher = TaughtHeatmaps(data, chosen.teacher, chosen.cache, chosen.threads) if chosen.teacher else None
    probability = data.sampling_probability(chosen.coco_weight)
    run.log(f"options {vars(chosen)}")
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    began = saved = validated = reported = time.time()
    losses, durations = [], deque(maxlen=STEPS_OF_SPEED)
    run.net.train()
    upcoming = random_people(run, data.training, probability)
    while not stopped:
        now = time.time()
        steps_left = chosen.steps - run.step
        if durations:
            steps_left = min(steps_left, (began + chosen.minutes * 60 - now) / np.median(durations))
        share = run.set_rate(steps_left)
        if share == 0 or chosen.steps <= run.step:
            break
        people, upcoming = upcoming, random_people(run, data.training, probability)
        data.pixels.expect(upcoming)
        if teacher:
            teacher.expect(upcoming)
        pictures, joints, maps = varied_batch(data, people, size, run.random, chosen.variation)
        taught = teacher.batch(people, maps, size) if teacher else None
        losses.append(run.train_step(pictures, joints, taught, size))
        durations.append(time.time() - now)
        if time.time() - reported > 30:
            crops_a_second = chosen.batch * len(losses) / (time.time() - reported)
            progress = f"step {run.step} crops {run.crops_seen} loss {np.mean(losses):.4f}"
            run.log(f"{progress} rate {share:.3f} {crops_a_second:.1f} crops/s")
            reported, losses = time.time(), []
        if time.time() - saved > chosen.checkpoint_minutes * 60:
            run.save()
            saved = time.time()
        if time.time() - validated > chosen.validate_minutes * 60:
            validate(run, data, size)
            validated = reported = time.time()
    run.save()
    validate(run, data, size)


def random_people(run: Run, training: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """The next batch, drawn with replacement."""
    return run.random.choice(training, run.chosen.batch, p=probability)


def validate(run: Run, data, size: tuple[int, int]) -> None:
    net = build_net(run.architecture)
    net.load_state_dict(run.average.state)
    score = quick_oks(net.eval(), data, size, OUTPUT_KIND[run.chosen.loss], run.chosen.validate_people)
    people = min(run.chosen.validate_people, len(data.validation))
    run.log(f"step {run.step} crops {run.crops_seen} mean OKS {score:.4f} on {people} validation people")


if __name__ == "__main__":
    train(Run(options()))
