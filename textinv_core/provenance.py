"""What made a result: parameters, data, model and code under one name, and on which machine and versions.

Code is named by the syntax trees of the modules that decide a result, found by following their imports: a changed
formula makes another name, a changed comment or docstring does not, nor does any module that is not imported.
"""

import ast
import datetime
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import torch

from textinv_core.paths import ROOT

PACKAGES = ("torch", "diffusers", "transformers", "numpy", "scipy", "pandas", "pillow", "safetensors")


def identity(values) -> str:
    """10 hex digits that name a set of JSON-able values, whatever their order."""
    return hashlib.blake2b(json.dumps(values, sort_keys=True, default=str).encode(), digest_size=5).hexdigest()


@cache  # a process runs the code that it began with
def code_identity(module: str, root: Path = ROOT) -> str:
    """10 hex digits over the code of `module` (dotted, under `root`) and of all it imports from its own package.

    A package stands for all modules in it. Docstrings, comments and layout do not count.
    """
    return identity({name: _meaning(path) for name, path in import_closure(module, root).items()})


def import_closure(module: str, root: Path = ROOT) -> dict[str, Path]:
    """Name -> file of `module`, or of a package's modules, and of what they import, within the same top package.

    Read from the syntax trees, imports inside functions too; a package's `__init__` counts only if it is asked for.
    """
    top, folder = module.split(".")[0], root.joinpath(*module.split("."))
    there = sorted(folder.rglob("*.py")) or [folder.with_suffix(".py")]
    waiting, found = [".".join(path.relative_to(root).with_suffix("").parts) for path in there], {}
    while waiting:
        name = waiting.pop()
        path = root.joinpath(*name.split(".")).with_suffix(".py")
        if name not in found and path.is_file():
            found[name] = path
            waiting += [other for other in imported_names(path) if other.split(".")[0] == top]
    if not found:
        raise ValueError(f"module {module!r}: not found under {root}")
    return dict(sorted(found.items()))


def imported_names(path: Path) -> list[str]:
    """The dotted names that a file imports anywhere; of `from a import b` both `a` and `a.b`, which may be a module."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def _meaning(path: Path) -> str:
    """A file's syntax tree without docstrings, as text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documented and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return ast.dump(tree)


def commit() -> str:
    """The commit of the repository, or `unknown` outside git."""
    git = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine() -> dict:
    """The class of machine, never its name: processor, cores, accelerator."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (found := re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())):
        model = found[1].strip()
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    return {"processor": model, "cores": os.cpu_count(), "threads": torch.get_num_threads(), "accelerator": gpu}


def provenance(
    parameters: Mapping,
    *,
    data: Mapping[str, str],
    model: str,
    analysis: str = "",  # identity of the code that made the numbers of what was measured
    seconds: float | None = None,
) -> dict:
    """What produced a record: parameters (seeds among them), hashes of data, model and code, versions, machine, time.

    `id` covers what decides the numbers (parameters, data, model, code), not the time or the machine.
    """
    code = code_identity("textinv_core")
    decides = {"parameters": dict(parameters), "data": dict(data), "model": model, "code": code}
    decides |= {"analysis": analysis} if analysis else {}
    versions = {name: importlib.metadata.version(name) for name in PACKAGES} | {"python": platform.python_version()}
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    ran = {"commit": commit(), "versions": versions, "machine": machine(), "time": now, "seconds": seconds}
    return decides | {"id": identity(decides)} | ran
