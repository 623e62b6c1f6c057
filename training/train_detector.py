"""Trains the person detector; can be stopped and resumed at any step.

The learning rate warms up, then stays; `--decay-steps N` or `--decay-minutes M` brings it to zero over the next N
steps or M minutes and stops. Keep a checkpoint from before the decay: training goes on from there. A TERM signal
saves a checkpoint before the end.

    python train_detector.py --data DIR --minutes 80
    python train_detector.py --data DIR --resume runs/detector/last.pt --decay-steps 1500 --name decayed
"""

import argparse
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from detect_augment import Kinds, make_batch
from detect_data import HUMAN_LABEL_REPEATS, PictureSet
from detect_loss import detection_loss
from detect_teacher import DetectorTeacher
from detector import DETECTOR, INPUT_MEAN, Detector
from evaluate_detector import load_detector
from moving_average import Average
from muon import Muon
from native_layers import use_native_layers
from needed_file import CHECKPOINT, needed_file

WARM_UP_STEPS = 60
GRADIENT_LIMIT = 30.0
REPORTED_STEPS = 25
"""So many steps make a line of the log."""


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True, help="folders with labels.jsonl.gz")
    parser.add_argument("--runs", type=Path, default=Path(__file__).parent / "runs" / "detector")
    parser.add_argument("--name", default="last", help="name of the checkpoint and of the log")
    parser.add_argument("--resume", type=Path, help="full checkpoint to go on from")
    parser.add_argument("--start", type=Path, help="exported weights to start a new run from")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side", type=int, default=320, help="longer side of the canvases")
    parser.add_argument("--pixels", type=int, default=1_050_000, help="pixels a batch, about")
    parser.add_argument("--mosaic", type=float, default=Kinds.mosaic, help="share of canvases made of four pictures")
    parser.add_argument("--close-up", type=float, default=Kinds.close_up, help="share that shows one person from near")
    parser.add_argument("--variation", type=float, default=Kinds.variation, help="0 to 1: patches, stretches, colors")
    parser.add_argument("--human-repeats", type=int, default=HUMAN_LABEL_REPEATS, help="how much oftener human boxes are drawn")
    parser.add_argument("--teacher", type=Path, help="RTMDet-nano's ONNX file: learn its answers beside the labels")
    parser.add_argument("--native-layers", action="store_true", help="the program's own kernels, on a processor")
    parser.add_argument("--bfloat16", action="store_true", help="autocast, on machines that have bfloat16 arithmetic")
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--steps", type=int, default=10**9, help="steps of this call")
    parser.add_argument("--decay-steps", type=int, default=0)
    parser.add_argument("--decay-minutes", type=float, default=0)
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument("--adam-rate", type=float, default=0.002)
    parser.add_argument("--ema", type=float, default=0.998)
    parser.add_argument("--checkpoint-minutes", type=float, default=4)
    return parser.parse_args()


def build_optimizers(net: torch.nn.Module, muon_rate: float, adam_rate: float) -> list[torch.optim.Optimizer]:
    """Muon for convolutions followed by batch norm (they have no bias), Adam for everything else."""
    convolutions = [
        module.weight for module in net.modules() if isinstance(module, torch.nn.Conv2d) and module.bias is None
    ]
    convolutions = list({id(weight): weight for weight in convolutions}.values())
    taken = {id(weight) for weight in convolutions}
    others = [parameter for parameter in net.parameters() if id(parameter) not in taken]
    return [Muon(convolutions, lr=muon_rate), torch.optim.Adam(others, lr=adam_rate, betas=(0.9, 0.99))]


def decay_factor(arguments: argparse.Namespace, done: int, minutes: float) -> float:
    """Share of the learning rate that is left; 0 ends the run."""
    if arguments.decay_steps:
        return max(0.0, 1 - done / arguments.decay_steps)
    if arguments.decay_minutes:
        return max(0.0, 1 - minutes / arguments.decay_minutes)
    return 1.0


def save(path: Path, net, average: Average, optimizers, step: int, seen: int, arguments) -> None:
    partial = path.with_suffix(".partial")
    torch.save(
        {
            "net": net.state_dict(),
            "ema": average.state,
            "optimizers": [optimizer.state_dict() for optimizer in optimizers],
            "step": step,
            "seen": seen,
            "config": net.config.to_dict(),
            "arguments": {key: str(value) for key, value in vars(arguments).items()},
        },
        partial,
    )
    partial.rename(path)


def main() -> None:
    arguments = parse_arguments()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    pictures = PictureSet(arguments.data, arguments.runs / "cache")
    pool = pictures.training(arguments.human_repeats)
    net = Detector(DETECTOR).to(arguments.device, memory_format=torch.channels_last)
    if arguments.start:
        net.load_state_dict(load_detector(arguments.start).state_dict())
    if arguments.native_layers:
        use_native_layers(net)
    teacher = DetectorTeacher(arguments.teacher, bfloat16=arguments.bfloat16) if arguments.teacher else None
    average = Average(net, arguments.ema)
    optimizers = build_optimizers(net, arguments.muon_rate, arguments.adam_rate)
    rates = (arguments.muon_rate, arguments.adam_rate)
    step = seen = 0
    if arguments.resume:
        saved = torch.load(needed_file(arguments.resume, CHECKPOINT), map_location=arguments.device)
        net.load_state_dict(saved["net"])
        average.state = saved["ema"]
        for optimizer, state in zip(optimizers, saved["optimizers"]):
            optimizer.load_state_dict(state)
        step, seen = saved["step"], saved["seen"]
        average.updates = step
    random = np.random.default_rng([arguments.seed, step])
    kinds = Kinds(arguments.mosaic, arguments.close_up, arguments.variation)

    def taught_batch():
        canvases, people, ignore = make_batch(random, pictures, pool, arguments.side, arguments.pixels, kinds)
        return canvases, people, ignore, teacher.answers_for_our_cells(canvases) if teacher else None

    # the next batch is made while the net learns from the last one
    maker = ThreadPoolExecutor(1)
    coming = maker.submit(taught_batch)
    log = open(arguments.runs / f"{arguments.name}.log", "a", buffering=1)
    checkpoint = arguments.runs / f"{arguments.name}.pt"
    print(f"# {vars(arguments)}", file=log)
    first, start, saved_at, reported, recent = step, time.time(), time.time(), time.time(), []
    asked_to_stop = []
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.append(True))
    while True:
        done, minutes = step - first, (time.time() - start) / 60
        decay = decay_factor(arguments, done, minutes)
        stop = asked_to_stop or done >= arguments.steps or minutes > arguments.minutes or decay == 0
        if stop or time.time() - saved_at > arguments.checkpoint_minutes * 60:
            save(checkpoint, net, average, optimizers, step, seen, arguments)
            saved_at = time.time()
        if stop:
            break
        factor = min(1.0, (step + 1) / WARM_UP_STEPS) * decay
        for optimizer, rate in zip(optimizers, rates):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
        canvases, people, ignore, taught = coming.result()
        coming = maker.submit(taught_batch)
        batch = torch.from_numpy(canvases).to(arguments.device).permute(0, 3, 1, 2).float() / 255 - INPUT_MEAN
        with torch.autocast(arguments.device.split(":")[0], torch.bfloat16, enabled=arguments.bfloat16):
            answers = net(batch)
        answers = [tuple(each.float() for each in level) for level in answers]
        loss, figures = detection_loss(answers, people, ignore, DETECTOR.strides, taught)
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(net.parameters(), GRADIENT_LIMIT)
        for optimizer in optimizers:
            optimizer.step()
        step, seen = step + 1, seen + len(canvases)
        average.update(net)
        figures |= {"loss": float(loss.detach()), "norm": float(norm), "pictures": len(canvases)}
        recent.append(figures)
        if len(recent) == REPORTED_STEPS:
            total = {key: sum(each[key] for each in recent) for key in recent[0]}
            rate = total.pop("pictures") / (time.time() - reported)
            means = " ".join(f"{key} {value / len(recent):.3f}" for key, value in total.items())
            print(f"step {step} seen {seen} {means} rate {factor:.3f} pictures/s {rate:.1f}", file=log)
            reported, recent = time.time(), []


if __name__ == "__main__":
    main()
