"""Published nets by ONNX Runtime, which training itself does without."""

from pathlib import Path

from needed_file import PUBLISHED_NET, needed_file


def open_session(model: Path | bytes, threads: int = 1):
    """A session on the processor for a file or for a model in memory."""
    source = model if isinstance(model, bytes) else str(needed_file(model, PUBLISHED_NET))
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(source, settings, providers=["CPUExecutionProvider"])
