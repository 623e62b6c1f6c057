//! How good the results are: the figures of COCO's keypoint evaluation.
