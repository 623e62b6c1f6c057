"""Published nets by ONNX Runtime, which training itself does without."""

from pathlib import Path


def open_session(model: Path | bytes, threads: int = 1):
    """A session on the processor for a file or for a model in memory."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, settings, providers=["CPUExecutionProvider"])
