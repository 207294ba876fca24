"""Run one notebook with Papermill, strictly: `python -m study.run step_ablation out.ipynb -p steps 200`.

Parameters are checked before a kernel starts. The executed notebook appears under its name only when
every cell has run; a failed one is kept beside it as `*.failed.ipynb`, and an earlier result is left alone.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from study.parameters import check, declared, parameters_cell, read_notebook
from textinv_core.files import unfinished, write_json
from textinv_core.paths import NOTEBOOKS


def run(path: Path, output: Path, parameters: dict[str, Any]) -> None:
    """Execute the notebook at `path` with `parameters`; `output` is written when, and only when, it succeeds."""
    notebook = read_notebook(path)
    check(parameters, declared(parameters_cell(notebook)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import papermill
        from traitlets.config import Config
    os.environ.pop("MPLBACKEND", None)  # a kernel that inherits another one shows no figures
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = unfinished(output, ".ipynb")
    # Sockets in a folder of their own: ports are picked before they are bound, and kernels started together collide.
    sockets = tempfile.mkdtemp(prefix="kernel-")
    kernel = Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/socket"}})
    bar = sys.stderr.isatty()
    try:
        papermill.execute_notebook(
            notebook, partial, parameters, kernel_name="python3", progress_bar=bar, config=kernel
        )
        os.replace(partial, output)
    except papermill.PapermillExecutionError as error:
        failed = output.with_suffix(".failed.ipynb")
        os.replace(partial, failed)
        raise RuntimeError(f"{path.stem}: {error.ename}: {error.evalue} (how far it came: {failed})") from None
    finally:
        partial.unlink(missing_ok=True)
        shutil.rmtree(sockets, ignore_errors=True)


class Values(yaml.SafeLoader):
    """Parameters as YAML reads them, plus the `5e-3` that YAML 1.1 takes for a word."""


SCIENTIFIC = re.compile(r"[-+]?\d+\.?\d*[eE][-+]?\d+$")
Values.add_implicit_resolver("tag:yaml.org,2002:float", SCIENTIFIC, list("+-0123456789"))


def typed(text: str) -> Any:
    """What a command line or a file of parameters says."""
    return yaml.load(text, Values)


def noted(work: Callable[[Mapping], Mapping], about: str, arguments: list[str] | None = None) -> int:
    """The command of what comes before pages: `OUTPUT -y YAML`, where OUTPUT takes what `work` makes of the YAML."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("output", type=Path, help="the JSON file that says what there is now")
    parser.add_argument("-y", dest="yaml", required=True, metavar="YAML", help="'{name: value, ...}'")
    options = parser.parse_args(arguments)
    try:
        write_json(options.output, work(typed(options.yaml)))
    except (ValueError, RuntimeError, OSError, TypeError, yaml.YAMLError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", help="a name under notebooks/, or a path")
    parser.add_argument("output", type=Path, help="where the executed notebook goes")
    parser.add_argument("-p", dest="typed", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))
    parser.add_argument("-r", dest="raw", nargs=2, action="append", default=[], metavar=("NAME", "TEXT"))
    parser.add_argument("-y", dest="yaml", action="append", default=[], metavar="YAML", help="'{name: value, ...}'")
    parser.add_argument("-f", dest="files", type=Path, action="append", default=[], metavar="YAML")
    options = parser.parse_args(arguments)
    notebook = Path(options.notebook)
    if notebook.suffix not in (".ipynb", ".py"):
        notebook = NOTEBOOKS / f"{options.notebook}.ipynb"
    try:
        if not notebook.is_file():
            known = ", ".join(sorted(p.stem for p in NOTEBOOKS.glob("*.ipynb")))
            raise ValueError(f"no notebook {notebook}; there are: {known}")
        parameters: dict[str, Any] = {}
        for file in options.files:
            parameters |= typed(file.read_text()) or {}
        for text in options.yaml:
            parameters |= typed(text) or {}
        parameters |= {name: typed(value) for name, value in options.typed}
        parameters |= dict(options.raw)
        run(notebook, options.output, parameters)
    except (ValueError, RuntimeError, OSError, yaml.YAMLError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
