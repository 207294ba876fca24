"""Compile the network that pages draw with: `python -m study.drawing OUTPUT -y '{model: pocket}'`.

Where that cannot be, on a GPU or without a C++ compiler, the pages draw with the network as it is.
"""

import sys

from study.run import noted
from textinv_core.drawing.compiling import compile_drawing
from textinv_core.learning.compiling import can_compile
from textinv_core.learning.models import load_pipeline


def compiled(model: str) -> dict[str, str]:
    """The package of a model's network, by name; nothing where there can be none."""
    pipe = load_pipeline(model)
    able = pipe.unet.device.type == "cpu" and can_compile()
    return dict(package=compile_drawing(pipe).name) if able else {}


def main(arguments: list[str] | None = None) -> int:
    return noted(lambda given: compiled(**given), __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
