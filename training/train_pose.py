"""Trains the pose net; can be stopped and resumed at any time.

The learning rate warms up, stays constant, and falls linearly to zero over the last
`--decay-steps`, which begin when what is left of `--minutes` (or `--steps`) just holds them.
`before-decay.pt` is the full checkpoint of that moment: a longer run goes on from there.
"""

import argparse
import signal
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from coco_figures import AREA_SHARE
from evaluate_pose import quick_oks
from expected_oks import ExpectedOks
from gradient_partner import GradientPartner
from hourglass import hold, initialize_heads, input_size, normalize_pixels
from moving_average import Average
from muon import Muon
from native_layers import use_native_layers
from needed_file import CHECKPOINT, needed_file
from pose_augment import varied_batch
from pose_checkpoint import append_log, build_net, load_weights, read_checkpoint, save_atomically
from pose_data import SAMPLING_WEIGHT, PoseData, load_pose_data
from pose_loss import OUTPUT_KIND, pose_loss, taught_loss
from taught_heatmaps import TaughtHeatmaps

HERE = Path(__file__).parent

OLDEST_TORCH = (2, 4)
"""The first one with a fused AdamW for processors."""

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
    add("--deep-middle", type=int, help="channels in the middle of blocks of 8x6 cells and fewer; half of the features if not told")
    add("--deep-blocks", type=int, default=0, help="further blocks on the way down and up where cells are 16x12 and fewer")
    add("--loss", choices=list(OUTPUT_KIND), default="locate")
    add("--joint-weight", type=float, default=4.0, help="extra weight of the joint's own cell in the cross-entropy")
    add("--teacher", type=Path, help="PP-TinyPose's ONNX file: learn its heatmaps, made once, beside the labels (with mse)")
    add("--teacher-share", type=float, default=0.5, help="how much of the loss is the teacher's")
    add("--expected-oks", type=float, default=0.0, help="weight of what the places taken are to be judged by (with mse)")
    add("--variation", type=float, default=1.0, help="how strongly windows vary; less for a net that underfits")
    add("--coco-weight", type=float, default=SAMPLING_WEIGHT["coco"], help="how much more often than others COCO's people are drawn")
    add("--hold-statistics", action="store_true", help="batch normalization as learned so far, a third quicker in f32; for late parts")
    add("--hold-stem", action="store_true", help="the stem learns no further, which saves a fifth of the arithmetic; for late parts")
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
    add("--processes", type=int, choices=[1, 2], default=1, help="2: half of each batch is another process's, of as many threads")
    add("--native-layers", action="store_true", help="the program's own kernels, on a processor: a third faster")
    add("--bfloat16", action="store_true", help="autocast, on machines that have bfloat16 arithmetic")
    add("--seed", type=int, default=0)
    add("--resume", type=Path, help="full checkpoint to go on from, schedule included")
    add("--start", type=Path, help="full checkpoint, exported or plain weights to start a new run from")
    chosen = parser.parse_args()
    if chosen.teacher and chosen.loss != "mse":
        parser.error("--teacher gives heatmaps, so it needs --loss mse")
    if chosen.expected_oks and chosen.loss != "mse":
        parser.error("--expected-oks reads heatmaps, so it needs --loss mse")
    if chosen.warmup_steps < 1 or chosen.decay_steps < 1:
        parser.error("--warmup-steps and --decay-steps have to be 1 or more")
    if chosen.native_layers and chosen.hold_statistics:
        parser.error("--native-layers normalize by the batch: leave out --hold-statistics")
    if chosen.native_layers and chosen.processes == 2 and chosen.threads > 1:
        parser.error("--native-layers starts its threads before the second process, which would lack them: take --threads 1")
    if torch.__version__ < OLDEST_TORCH:
        parser.error(f"PyTorch {torch.__version__} is too old: pip install -r requirements.txt")
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
        # the far ends of Gaussians are such numbers, with which Intel's processors take twenty times as long
        torch.set_flush_denormal(True)
        self.chosen = chosen
        self.directory = HERE / "runs" / chosen.name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.architecture = {"stacks": chosen.stacks, "features": chosen.features, "joints": 17, "stem": chosen.stem}
        if chosen.deep_middle:
            self.architecture["deep_middle"] = chosen.deep_middle
        if chosen.deep_blocks:
            self.architecture["deep_blocks"] = chosen.deep_blocks
        self.net = build_net(self.architecture)
        initialize_heads(self.net, OUTPUT_KIND[chosen.loss] == "logits")
        if chosen.start:
            start = read_checkpoint(chosen.start)
            load_weights(self.net, start.get("average", start))
        hold(self.net, chosen.hold_statistics, chosen.hold_stem)
        self.net.to(chosen.device)
        if chosen.native_layers:
            use_native_layers(self.net)
        self.optimizers = optimizers_of(self.net, chosen)
        self.average = Average(self.net, chosen.average_decay)
        self.random = np.random.default_rng(chosen.seed)
        self.size = input_size(chosen.size)
        self.expected_oks = ExpectedOks(self.size, chosen.device)
        self.step = self.crops_seen = 0
        self.first_share = self.decay_share = 1.0 if chosen.first_share is None else chosen.first_share
        self.decays = False
        if chosen.resume:
            resumed = needed_file(chosen.resume, CHECKPOINT)
            self.restore(torch.load(resumed, map_location=chosen.device, weights_only=False))

    def restore(self, state: dict) -> None:
        """Rates come from the command line, everything else from the checkpoint."""
        if "optimizers" not in state:
            raise SystemExit(f"{self.chosen.resume} is no full checkpoint, so nothing can go on from it: give it as --start")
        try:
            self.net.load_state_dict(state["net"])
        except RuntimeError:
            told = f"{self.chosen.resume} holds a net of {state['architecture']}, the options ask for {self.architecture}"
            raise SystemExit(told) from None
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

    def loss_of(self, batch: "Batch") -> torch.Tensor:
        chosen, size = self.chosen, self.size
        crops = normalize_pixels(torch.from_numpy(batch.pictures).to(chosen.device))
        with torch.autocast(chosen.device.split(":")[0], torch.bfloat16, enabled=chosen.bfloat16):
            outputs = self.net(crops)
        # the losses' many small steps take six times as long where layouts differ
        outputs = [output.float().contiguous() for output in outputs]
        labels = torch.from_numpy(batch.joints).to(chosen.device)
        loss = pose_loss(chosen.loss, outputs, labels, size, chosen.joint_weight)
        if batch.taught is not None:
            heat, known = (torch.from_numpy(each).to(chosen.device) for each in batch.taught)
            loss = loss + chosen.teacher_share * (taught_loss(outputs, heat, known, size) - loss)
        if chosen.expected_oks:
            person_px = torch.from_numpy(batch.person_px).to(chosen.device)
            loss = loss + chosen.expected_oks * self.expected_oks.loss(outputs, labels, person_px)
        return loss

    def train_step(self, batches: "Batches", partner: GradientPartner | None) -> float:
        """One step, with a partner that has a half of its own; its loss."""
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        if partner:
            partner.begin()
        loss = self.loss_of(batches.next())
        loss.backward()
        loss = (loss.item() + partner.finish()) / 2 if partner else loss.item()
        nn.utils.clip_grad_norm_(self.net.parameters(), 20.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.average.update(self.net)
        self.step += 1
        self.crops_seen += self.chosen.batch
        return loss


@dataclass
class Batch:
    """What one step learns from.

    pictures: uint8 `[n, height, width, 3]`.
    joints: float32 `[n, 17, 3]`, x and y in pixels of the pictures, weight.
    person_px: float32 `[n]`, root of each person's area in the picture.
    taught: a teacher's heat and where it is known (`TaughtHeatmaps.batch`), or None.
    """

    pictures: np.ndarray
    joints: np.ndarray
    person_px: np.ndarray
    taught: tuple[np.ndarray, np.ndarray] | None


class Batches:
    """Draws people, with replacement, and makes batches of them."""

    def __init__(self, data: PoseData, teacher: TaughtHeatmaps | None, chosen: argparse.Namespace, random: np.random.Generator):
        self._data, self._teacher, self._chosen, self._random = data, teacher, chosen, random
        self._size = input_size(chosen.size)
        self._probability = data.sampling_probability(chosen.coco_weight)
        self._people = self._draw()

    def _draw(self) -> np.ndarray:
        """The people of a later batch: what they need is read from disk meanwhile."""
        count = self._chosen.batch // self._chosen.processes
        people = self._random.choice(self._data.training, count, p=self._probability)
        self._data.pixels.expect(people)
        if self._teacher:
            self._teacher.expect(people)
        return people

    def next(self) -> Batch:
        people, self._people = self._people, self._draw()
        pictures, joints, maps = varied_batch(self._data, people, self._size, self._random, self._chosen.variation)
        taught = self._teacher.batch(people, maps, self._size) if self._teacher else None
        areas = AREA_SHARE * self._data.boxes[people, 2:].prod(1) * np.abs(np.linalg.det(maps[:, :, :2]))
        return Batch(pictures, joints, np.sqrt(areas).astype(np.float32), taught)


def start_partner(run: Run, data: PoseData, teacher: TaughtHeatmaps | None) -> GradientPartner:
    random = np.random.default_rng([run.chosen.seed, run.step, 1])
    batches = Batches(data, teacher, run.chosen, random)

    def next_loss():
        batch = batches.next()
        return lambda: run.loss_of(batch)

    return GradientPartner(run.net, next_loss)


def train(run: Run) -> None:
    chosen = run.chosen
    data = load_pose_data(chosen.data, chosen.cache, chosen.more)
    teacher = TaughtHeatmaps(data, chosen.teacher, chosen.cache, chosen.threads) if chosen.teacher else None
    run.net.train()
    partner = start_partner(run, data, teacher) if chosen.processes == 2 else None
    batches = Batches(data, teacher, chosen, run.random)
    run.log(f"options {vars(chosen)}")
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    began = saved = validated = reported = time.time()
    losses, durations = [], deque(maxlen=STEPS_OF_SPEED)
    while not stopped:
        now = time.time()
        steps_left = chosen.steps - run.step
        if durations:
            steps_left = min(steps_left, (began + chosen.minutes * 60 - now) / np.median(durations))
        share = run.set_rate(steps_left)
        if share == 0 or chosen.steps <= run.step:
            break
        losses.append(run.train_step(batches, partner))
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
            validate(run, data)
            validated = reported = time.time()
    run.save()
    validate(run, data)


def validate(run: Run, data: PoseData) -> None:
    net = build_net(run.architecture)
    net.load_state_dict(run.average.state)
    score = quick_oks(net.eval(), data, run.size, OUTPUT_KIND[run.chosen.loss], run.chosen.validate_people)
    people = min(run.chosen.validate_people, len(data.validation))
    run.log(f"step {run.step} crops {run.crops_seen} mean OKS {score:.4f} on {people} validation people")


if __name__ == "__main__":
    train(Run(options()))
