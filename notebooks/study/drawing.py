"""Compile the network that pages draw with: `python -m study.drawing OUTPUT -y '{model: pocket}'`.

Where that cannot be, on a GPU or without a C++ compiler, the pages draw with the network as it is.
"""

import argparse
import sys
from pathlib import Path

import yaml

from study.run import typed
from textinv_core.drawing.compiling import compile_drawing
from textinv_core.files import write_json
from textinv_core.learning.compiling import can_compile
from textinv_core.learning.models import load_pipeline


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="where it is noted which package draws")
    parser.add_argument("-y", dest="yaml", required=True, metavar="YAML", help="'{model: pocket}'")
    options = parser.parse_args(arguments)
    try:
        pipe = load_pipeline(typed(options.yaml)["model"])
        able = pipe.unet.device.type == "cpu" and can_compile()
        write_json(options.output, dict(package=compile_drawing(pipe).name if able else None))
    except (ValueError, RuntimeError, OSError, TypeError, yaml.YAMLError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
