"""Strict notebook parameters: an unknown or mistyped one is a one-line error before anything runs.

Papermill only warns of a misspelt parameter and runs on with the defaults, which looks like a result.
Here the parameters cell is the contract: one assignment a line, ``name: type = default  # [unit] what it is``.
"""

import ast
import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import GenericAlias
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

from textinv_core.paths import PLAIN_NAME, shown

TYPES = {"bool": bool, "int": int, "float": float, "str": str}
TYPES |= {f"list[{name}]": list[kind] for name, kind in list(TYPES.items())}
# What a value must be besides its type: a name means the same in every notebook.
LIMITS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "learning_rate": (lambda rate: rate > 0, "more than 0"),
    "kl_weights": (lambda weights: all(w >= 0 for w in weights), "weights of 0 or more"),
    "vectors": (lambda n: len({*n}) == len(n) > 1 and min(n) > 0 and max(n) <= 32, "two or more of 1 to 32, each once"),
    "l2_weights": (lambda weights: all(w >= 0 for w in weights), "weights of 0 or more"),
    "seeds": (lambda seeds: seeds and min(seeds) >= 0 and len({*seeds}) == len(seeds), "0 or more each, none twice"),
    "drawn_at_once": (lambda sizes: sizes and min(sizes) > 0, "one or more sizes of 1 or more"),
    "concepts": (lambda names: len({*names}) == len(names), "names or folders, each once"),
    "profile": (lambda name: re.fullmatch(PLAIN_NAME, name), "a name of letters, digits, '.', '_' or '-'"),
}
LEAST_1 = ("steps", "batch_size", "guidance", "num_inference_steps", "images_per_prompt")
LEAST_0 = ("checkpoint_every", "contexts", "kl_weight")
LIMITS |= {name: (lambda value: value >= 1, "1 or more") for name in LEAST_1}
LIMITS |= {name: (lambda value: value >= 0, "0 or more") for name in LEAST_0}
READABLE = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


class ParameterError(ValueError):
    """A parameter that is not there, or is not what its cell declares."""

    def _render_traceback_(self) -> list[str]:
        # IPython prints this instead of a traceback: the line is all there is to know.
        return [f"ParameterError: {self}"]


def read_notebook(path: str | Path) -> "NotebookNode":
    """A notebook, or the script it is paired with."""
    import jupytext  # by whoever runs pages; a page itself has no need of it
    import nbformat

    found = jupytext.read(path)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    found.metadata.setdefault("kernelspec", nbformat.from_dict(kernel))  # a script names none
    return found


def parameters_cell(notebook: "NotebookNode") -> str:
    """The source of a notebook's one cell tagged `parameters`; ValueError if there is another number of them."""
    cells = [cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ValueError(f"a notebook with {len(cells)} cells tagged `parameters`; expected exactly one")
    return cells[0]


def declared(source: str) -> dict[str, type | GenericAlias]:
    """The names and types of a parameters cell; `ParameterError` if a line is not ``name: type = default``."""
    types: dict[str, type | GenericAlias] = {}
    for statement in ast.parse(source).body:
        text = ast.unparse(statement)
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value):
            raise ParameterError(f"the parameters cell has `{text}`; expected `name: type = default`")
        annotation = ast.unparse(statement.annotation)
        if annotation not in TYPES:
            raise ParameterError(f"the parameters cell has `{text}`; its type must be one of {', '.join(TYPES)}")
        types[statement.target.id] = TYPES[annotation]
    return types


def check(values: Mapping[str, Any], types: Mapping[str, type | GenericAlias]) -> None:
    """Raise a one-line `ParameterError` for a name that is not declared or a value that cannot be."""
    for name, value in values.items():
        if name not in types:
            close = difflib.get_close_matches(str(name), types, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(types)}"
            raise ParameterError(f"unknown parameter `{shown(name)}`: {hint}")
        if not _is(value, types[name]):
            raise ParameterError(
                f"parameter `{name}` must be {_readable(types[name])}, not {value!r}{_hint(value, types[name])}"
            )
        possible, expected = LIMITS.get(name, (bool, ""))
        if expected and not possible(value):
            raise ParameterError(f"parameter `{name}` must be {expected}, not {value!r}")


def check_notebook(history: Sequence[str], namespace: Mapping[str, Any]) -> None:
    """The check a notebook makes of itself, in the cell right after its parameters (`page.begin` makes it).

    `history` is IPython's ``In``: Papermill's injected cell, when there is one, lies between the
    parameters cell and this call. Run by hand, out of order, there is nothing to compare and no error.
    """
    before = [cell for cell in history[:-1] if cell.strip()]
    injected = before.pop() if before and before[-1].lstrip().startswith("# Parameters") else ""
    try:
        types = declared(before[-1]) if before else {}
        names = {t.id for s in ast.parse(injected).body for t in getattr(s, "targets", []) if isinstance(t, ast.Name)}
    except (SyntaxError, ParameterError):
        return
    check({name: namespace[name] for name in [*types, *sorted(names - set(types))] if name in namespace}, types)


def _is(value: Any, kind: type | GenericAlias) -> bool:
    if isinstance(kind, GenericAlias):
        return isinstance(value, list) and all(_is(item, kind.__args__[0]) for item in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def _readable(kind: type | GenericAlias) -> str:
    if isinstance(kind, GenericAlias):
        return f"a list, each item {READABLE[kind.__args__[0]]}"
    return READABLE[kind]


def _hint(value: Any, kind: type | GenericAlias) -> str:
    if isinstance(kind, GenericAlias):
        return " (on the command line: -y 'name: [first, second]')"
    if kind is str:
        return " (on the command line: -r instead of -p)"
    if isinstance(value, str):
        return " (on the command line: -p instead of -r)"
    return ""
