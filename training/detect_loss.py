"""Which cells answer for which person, and the loss.

Assignment: for each person the ten cells whose center lies in the box with the largest score^0.5 IoU^6 (task-aligned
learning, Feng et al. 2021, arXiv:2108.07755); their target is the IoU, scaled so that the person's best cell gets its
full IoU. Loss: quality focal loss on scores (Li et al. 2020, arXiv:2006.04388) and generalized IoU on boxes.

With a teacher's answers beside the labels, a cell's target score is the larger one of both, and the boxes of cells of
which the teacher is not sure that they are background are drawn to the teacher's. A cell whose middle lies outside of
the teacher's box cannot say that box, so there the labels alone count. The score's loss is divided by the sum of sure targets:
those of the many cells that are background to a tenth add up to five times as much, and boxes would be nearly all that is learned.
"""

import torch
from torch.nn import functional as F

from detector import flatten_answers

CELLS_A_PERSON = 10
SCORE_POWER, IOU_POWER = 0.5, 6.0
IGNORE_IOU = 0.5
"""Background cells whose box overlaps an ignored one more than this have no loss."""
BOX_WEIGHT = 2.0
"""How much more than the loss of scores that of boxes counts."""
SMALLEST_HALF = 6.0
"""Input pixels: half a side of the smallest box in which cells are looked for, so that small people have some."""
TEACHER_BACKGROUND = 0.2
"""Below this score of the teacher a cell's box means nothing: a third of those between .1 and .2 fit a person."""
SURE_TARGET = 0.3
"""The loss of scores is divided by the sum of the targets above."""


def pad_boxes(boxes, device) -> tuple[torch.Tensor, torch.Tensor]:
    """List of arrays `[n_i, 4]` -> boxes `[pictures, most, 4]`, present `[pictures, most]`."""
    most = max(1, max(len(each) for each in boxes))
    padded, present = torch.zeros(len(boxes), most, 4), torch.zeros(len(boxes), most, dtype=torch.bool)
    for i, each in enumerate(boxes):
        padded[i, : len(each)] = torch.from_numpy(each)
        present[i, : len(each)] = True
    return padded.to(device), present.to(device)


def box_iou(a: torch.Tensor, b: torch.Tensor, generalized: bool = False) -> torch.Tensor:
    """IoU (or generalized IoU) of boxes `[..., 4]`, broadcast."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    overlap = (high - low).clamp(min=0).prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - overlap
    iou = overlap / union.clamp(min=1e-6)
    if not generalized:
        return iou
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1)
    return iou - (hull - union) / hull.clamp(min=1e-6)


@torch.no_grad()
def assign(scores, boxes, centers, people, present):
    """Target score `[n, cells]` and index of the person `[n, cells]` of each cell; target 0 = background.

    scores `[n, cells]`, boxes `[n, cells, 4]`, centers `[cells, 2]`, people `[n, most, 4]`, present `[n, most]`.
    """
    middle, half = (people[..., :2] + people[..., 2:]) / 2, (people[..., 2:] - people[..., :2]) / 2
    distance = (centers[None, None] - middle[:, :, None]).abs()
    inside = (distance < half.clamp(min=SMALLEST_HALF)[:, :, None]).all(-1) & present[..., None]
    iou = box_iou(boxes[:, None], people[:, :, None]) * inside
    alignment = scores[:, None] ** SCORE_POWER * iou**IOU_POWER
    best, cells = alignment.topk(min(CELLS_A_PERSON, alignment.shape[2]), dim=2)
    chosen = torch.zeros_like(inside).scatter_(2, cells, best > 0)
    owner = torch.where(chosen, iou, -1.0).max(dim=1).indices
    chosen &= F.one_hot(owner, people.shape[1]).transpose(1, 2).bool()
    alignment = alignment * chosen
    top_alignment = alignment.amax(2, keepdim=True)
    top_iou = (iou * chosen).amax(2, keepdim=True)
    target = (alignment / top_alignment.clamp(min=1e-12) * top_iou).amax(1)
    return target, owner


def detection_loss(answers, people, ignore, strides, teacher=None) -> tuple[torch.Tensor, dict]:
    """Mean loss of a batch; `people` and `ignore` are lists of arrays of boxes in input pixels.

    `teacher`: scores `[n, cells]` and boxes `[n, cells, 4]` of a teacher for the same cells. It is soft about what the
    labels ignore, so nothing is ignored then.
    """
    logits, boxes, centers, _ = flatten_answers(answers, strides)
    people, present = pad_boxes(people, logits.device)
    scores = logits.detach().sigmoid()
    target, owner = assign(scores, boxes.detach(), centers, people, present)
    positive = target > 0
    chosen_people = people.gather(1, owner[..., None].expand(-1, -1, 4))[positive]
    overlap = box_iou(boxes[positive], chosen_people, generalized=True)
    box_loss = ((1 - overlap) * target[positive]).sum()
    box_weight = score_weight = target.sum()
    if teacher is None:
        ignore, ignored = pad_boxes(ignore, logits.device)
        unsure = ((box_iou(boxes.detach()[:, None], ignore[:, :, None]) > IGNORE_IOU) & ignored[..., None]).any(1)
        counted = (positive | ~unsure).float()
    else:
        taught, taught_boxes = (each.to(logits.device) for each in teacher)
        taught = taught * ((centers > taught_boxes[..., :2]) & (centers < taught_boxes[..., 2:])).all(-1)
        near = taught > TEACHER_BACKGROUND
        overlap = box_iou(boxes[near], taught_boxes[near], generalized=True)
        box_loss = box_loss + ((1 - overlap) * taught[near]).sum()
        box_weight = box_weight + taught[near].sum()
        target, counted = torch.maximum(target, taught), 1.0
        score_weight = target[target > SURE_TARGET].sum()
    focus = (logits.sigmoid() - target).abs() ** 2
    score_loss = (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * focus * counted).sum()
    score_loss, box_loss = score_loss / score_weight.clamp(min=1), box_loss / box_weight.clamp(min=1)
    loss = score_loss + BOX_WEIGHT * box_loss
    figures = {
        "score": float(score_loss.detach()),
        "box": float(box_loss.detach()),
        "iou": float(box_iou(boxes[positive].detach(), chosen_people).mean()) if positive.any() else 0.0,
        "cells": float(positive.sum()) / max(1, int(present.sum())),
    }
    return loss, figures
