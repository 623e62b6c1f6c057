"""Trains the re-identification net; can be stopped and resumed at any time, a TERM signal saves first.

Two views of each person of a batch go through the net. Two losses are added:

- contrast (InfoNCE, van den Oord et al. 2018): among all views of the batch, a view's nearest is the other view of the
  same person;
- distillation (SEED, Fang et al. 2021): seen from a view, people of a large random sample are as near as they are for
  the teacher, which saw the person plainly; so strangers who look alike are not pushed apart with force.

The rate warms up, stays, and falls to zero over the last part of `--minutes`.

    python train_reidentifier.py --name reid --minutes 30 --native-layers
"""

import argparse
import signal
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from evaluate_reidentifier import OurNet, Views, changed_views, figures, numbers_of
from moving_average import Average
from native_layers import use_native_layers
from needed_file import CHECKPOINT, needed_file
from pose_checkpoint import append_log, save_atomically
from reid_augment import varied_views
from reid_data import load_reid_data
from reidentifier import SIAMESE, SiameseNet, normalize_pixels
from train_detector import build_optimizers

HERE = Path(__file__).parent
WARM_UP_STEPS = 50
GRADIENT_LIMIT = 10.0

CONTRAST_TEMPERATURE = 0.1
NET_TEMPERATURE, TEACHER_TEMPERATURE = 0.1, 0.07
"""The teacher's is lower, so that the net's answers become more decided than they would by themselves."""

SAMPLED_PEOPLE = 4096
"""So many people besides the batch's are compared with in the distillation."""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--name", required=True, help="the run's folder under training/runs")
    add("--data", type=Path, default=HERE / "../../shared/data")
    add("--cache", type=Path, default=HERE / "runs/cache")
    add("--minutes", type=float, required=True, help="length of the whole run by the clock, earlier parts included")
    add("--decay-share", type=float, default=0.7, help="the part of the run, its last, in which the rate falls")
    add("--people", type=int, default=64, help="people a batch, each seen twice")
    add("--muon-rate", type=float, default=0.03)
    add("--adam-rate", type=float, default=0.003)
    add("--average-decay", type=float, default=0.995)
    add("--checkpoint-minutes", type=float, default=3)
    add("--validate-minutes", type=float, default=8)
    add("--threads", type=int, default=1)
    add("--native-layers", action="store_true", help="the program's own kernels, on a processor")
    add("--seed", type=int, default=1)
    add("--resume", action="store_true", help="go on from the run's last checkpoint")
    return parser.parse_args()


def contrast_loss(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Two views of the same people, `[n, d]` each."""
    views = torch.cat([first, second])
    products = views @ views.T / CONTRAST_TEMPERATURE
    products.fill_diagonal_(-1e4)
    n = len(first)
    return F.cross_entropy(products, torch.arange(2 * n).roll(n))


def distillation_loss(views: torch.Tensor, taught: torch.Tensor, sample: torch.Tensor) -> torch.Tensor:
    """How far the net's nearness to the people of the sample is from the teacher's; `[n, d]`, `[n, d]`, `[m, d]`."""
    target = F.softmax(taught @ sample.T / TEACHER_TEMPERATURE, dim=1)
    found = F.log_softmax(views @ sample.T / NET_TEMPERATURE, dim=1)
    return F.kl_div(found, target, reduction="batchmean")


class Run:
    """State of a training run and its files."""

    def __init__(self, chosen: argparse.Namespace):
        torch.manual_seed(chosen.seed)
        torch.set_num_threads(chosen.threads)
        self.chosen = chosen
        self.directory = HERE / "runs" / chosen.name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.net = SiameseNet(SIAMESE).to(memory_format=torch.channels_last)
        if chosen.native_layers:
            use_native_layers(self.net)
        self.optimizers = build_optimizers(self.net, chosen.muon_rate, chosen.adam_rate)
        self.rates = (chosen.muon_rate, chosen.adam_rate)
        self.average = Average(self.net, chosen.average_decay)
        self.random = np.random.default_rng(chosen.seed)
        self.step, self.minutes_before = 0, 0.0
        self.began = time.time()
        if chosen.resume:
            self.restore(torch.load(needed_file(self.directory / "last.pt", CHECKPOINT), weights_only=False))

    def minutes(self) -> float:
        return self.minutes_before + (time.time() - self.began) / 60

    def restore(self, state: dict) -> None:
        self.net.load_state_dict(state["net"])
        self.average.state = state["average"]
        for optimizer, saved in zip(self.optimizers, state["optimizers"]):
            optimizer.load_state_dict(saved)
        self.random.bit_generator.state = state["numpy_random"]
        self.step, self.minutes_before = state["step"], state["minutes"]
        self.average.updates = self.step

    def save(self) -> None:
        state = {
            "config": self.net.config.to_dict(),
            "net": self.net.state_dict(),
            "average": self.average.state,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "numpy_random": self.random.bit_generator.state,
            "step": self.step,
            "minutes": self.minutes(),
            "options": {name: str(value) for name, value in vars(self.chosen).items()},
        }
        save_atomically(state, self.directory / "last.pt")

    def log(self, line: str) -> None:
        append_log(self.directory, line)

    def train_step(self, pictures: np.ndarray, taught: torch.Tensor, sample: torch.Tensor) -> tuple[float, float]:
        """`pictures` holds the first views of all, then the second ones."""
        left = max(0.0, 1 - self.minutes() / self.chosen.minutes)
        share = min(1.0, left / self.chosen.decay_share, (self.step + 1) / WARM_UP_STEPS)
        for optimizer, rate in zip(self.optimizers, self.rates):
            for group in optimizer.param_groups:
                group["lr"] = rate * share
        views = self.net(normalize_pixels(torch.from_numpy(pictures)))
        contrast = contrast_loss(*views.chunk(2))
        distillation = distillation_loss(views, taught.repeat(2, 1), sample)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        (contrast + distillation).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), GRADIENT_LIMIT)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        self.average.update(self.net)
        return contrast.item(), distillation.item()


def validate(run: Run, views: Views) -> None:
    """Figures of the averaged net."""
    net = SiameseNet(SIAMESE)
    net.load_state_dict(run.average.state)
    run.log(f"step {run.step} validation {figures(*numbers_of(views, OurNet(net)))}")


def train(run: Run) -> None:
    chosen = run.chosen
    data = load_reid_data(chosen.data, chosen.cache)
    taught = torch.from_numpy(data.taught)
    seen = changed_views(data.pose, data.validation[:300])
    run.log(f"{len(data.training)} people; options {vars(chosen)}")
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    saved = validated = reported = time.time()
    losses = []
    run.net.train()
    while not stopped and run.minutes() < chosen.minutes:
        chosen_rows = run.random.choice(len(data.training), chosen.people, replace=False)
        people = data.training[chosen_rows]
        pictures = varied_views(data.pose, np.concatenate([people, people]), run.random)
        others = run.random.choice(len(data.training), SAMPLED_PEOPLE, replace=False)
        sample = torch.cat([taught[chosen_rows], taught[others]])
        losses.append(run.train_step(pictures, taught[chosen_rows], sample))
        if time.time() - reported > 30:
            contrast, distillation = np.mean(losses, axis=0)
            rate = 2 * chosen.people * len(losses) / (time.time() - reported)
            run.log(f"step {run.step} contrast {contrast:.3f} distillation {distillation:.3f} {rate:.0f} views/s")
            reported, losses = time.time(), []
        if time.time() - saved > 60 * chosen.checkpoint_minutes:
            run.save()
            saved = time.time()
        if time.time() - validated > 60 * chosen.validate_minutes:
            validate(run, seen)
            validated = reported = time.time()
    run.save()
    validate(run, seen)


if __name__ == "__main__":
    train(Run(options()))
