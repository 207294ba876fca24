"""Textual Inversion, small enough to read in an evening. This is its door: the README's lines of Python use it.

Imports go down only: evaluation, baselines -> drawing -> learning -> the modules beside this one.
"""

import importlib
import os

# Both libraries announce on import that torchvision is absent, which is on purpose.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")

__version__ = "0.1.0"
DOOR = {
    "load_pipeline": "learning.models",
    "load_concept": "learning.concepts",
    "Arm": "learning.arms",
    "train": "learning.training",
    "generate": "drawing.generation",
    "evaluate": "evaluation.metrics",
    "load_judge": "evaluation.judges",
}
__all__ = list(DOOR)


def __getattr__(name: str):
    """What stands in the door is loaded when it is asked for: `textinv_core.paths` alone needs no torch."""
    if name not in DOOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{DOOR[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *DOOR])
