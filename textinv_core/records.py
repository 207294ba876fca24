"""What a run leaves behind: tables, pictures and provenance, each written to a temporary name and moved.

A reader of a folder therefore never sees half a file, whatever killed the writer.
"""

import datetime
import fcntl
import glob
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from textinv_core.paths import BUILD, PLAIN_NAME, RESULTS, ROOT, shown

PACKAGES = ("torch", "diffusers", "transformers", "numpy", "scipy", "pandas", "pillow", "safetensors")


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary name beside `path` (`unfinished`); on success it is flushed to disk and becomes `path`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = unfinished(path, ".tmp")
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def unfinished(path: Path, suffix: str) -> Path:
    """This process's name for `path` while it is written; those of processes killed on this machine are swept out."""
    of_host = f".{path.name}.{platform.node()}"
    for torn in path.parent.glob(f"{glob.escape(of_host)}.*{suffix}"):
        if not _alive(torn.name.removesuffix(suffix).rpartition(".")[2]):
            torn.unlink(missing_ok=True)
    return path.with_name(f"{of_host}.{os.getpid()}{suffix}")


def _alive(pid: str) -> bool:
    """Whether a process of that number runs on this machine."""
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def lock(folder: str | Path) -> Iterator[None]:
    """Hold `folder` for this process, and sweep out what a killed one left half written.

    The system frees it however the process ends.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"{folder}: another process writes here; choose another folder or wait") from None
        for torn in folder.glob(".*.tmp"):
            torn.unlink()
        yield


def identity(values) -> str:
    """10 hex digits that name a set of JSON-able values, whatever their order."""
    return hashlib.blake2b(json.dumps(values, sort_keys=True, default=str).encode(), digest_size=5).hexdigest()


def record_dir(profile: str, experiment: str) -> Path:
    """Where an experiment's records lie: results/<profile>/<experiment>."""
    return RESULTS / _plain_name(profile) / _plain_name(experiment)


def scratch_dir(profile: str) -> Path:
    """Where what a profile can make again lies: build/<profile>."""
    return BUILD / _plain_name(profile)


def _plain_name(name: str) -> str:
    if not re.fullmatch(PLAIN_NAME, name):
        raise ValueError(f"record name {name!r}: expected letters, digits, '.', '_' or '-'")
    return name


def write_table(path: str | Path, table: pd.DataFrame) -> Path:
    """Write a tidy table as CSV; floats with 9 significant digits, which a float32 survives."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.9g", lineterminator="\n")
    return Path(path)


def load_table(path: str | Path, columns: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a recorded table; ValueError naming the file, and any of `columns` it lacks."""
    try:
        table = pd.read_csv(path, dtype={"arm": str}, keep_default_na=True)
    except (OSError, ValueError) as error:
        raise ValueError(f"{shown(path)}: no readable table ({' '.join(str(error).split())})") from None
    missing = [column for column in columns if column not in table]
    if missing:
        raise ValueError(f"{shown(path)}: lacks the columns {', '.join(missing)}")
    return table


def write_json(path: str | Path, values: Mapping) -> Path:
    """Write JSON with sorted keys."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(values, indent=2, sort_keys=True, default=str) + "\n", encoding="utf-8")
    return Path(path)


def load_json(path: str | Path) -> dict:
    """Read a JSON object; ValueError naming the file."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{shown(path)}: no readable JSON ({error})") from None
    if not isinstance(values, dict):
        raise ValueError(f"{shown(path)}: expected a JSON object, found a {type(values).__name__}")
    return values


def write_tensors(path: str | Path, tensors: Mapping[str, torch.Tensor], record: Mapping) -> Path:
    """Tensors and a JSON record in one safetensors file, moved into place whole."""
    tensors = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    with atomic(path) as temporary:
        # One metadata key only: safetensors writes several in no fixed order, and bytes must repeat.
        save_file(tensors, temporary, metadata={"record": json.dumps(record, sort_keys=True)})
    return Path(path)


def load_tensors(path: str | Path) -> tuple[dict[str, torch.Tensor], dict]:
    """The tensors and the record of a file that `write_tensors` left; ValueError naming any other file."""
    try:
        with safe_open(path, "pt") as file:
            record = json.loads(file.metadata()["record"])
        return load_file(path), record
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{shown(path)}: no tensors with their record ({error})") from None


def write_image(path: str | Path, image: Image.Image) -> Path:
    """Write a PNG, opaque, without time stamps: the same picture gives the same bytes."""
    with atomic(path) as temporary:
        image.convert("RGB").save(temporary, format="PNG", optimize=True)
    return Path(path)


def code_hash(*modules: str) -> str:
    """10 hex digits over the sources of these modules of the core; without names, of all but the plotting."""
    folder = ROOT / "textinv_core"
    names = modules or sorted(path.stem for path in folder.glob("*.py") if path.stem != "figures")
    return identity([(folder / f"{name}.py").read_text(encoding="utf-8") for name in names])


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


def provenance(parameters: Mapping, *, data: Mapping[str, str], model: str, seconds: float | None = None) -> dict:
    """What produced a record: parameters (seeds among them), hashes of data, model and code, versions, machine, time.

    `id` covers what decides the numbers (parameters, data, model, code), not the time or the machine.
    """
    decides = _decides(parameters, data, model)
    versions = {name: importlib.metadata.version(name) for name in PACKAGES} | {"python": platform.python_version()}
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    ran = {"commit": commit(), "versions": versions, "machine": machine(), "time": now, "seconds": seconds}
    return decides | {"id": identity(decides)} | ran


def is_current(path: str | Path, parameters: Mapping, *, data: Mapping[str, str], model: str) -> bool:
    """Whether the provenance at `path` is of these parameters, data and model, by this code."""
    return Path(path).exists() and load_json(path).get("id") == identity(_decides(parameters, data, model))


def _decides(parameters: Mapping, data: Mapping[str, str], model: str) -> dict:
    return {"parameters": dict(parameters), "data": dict(data), "model": model, "code": code_hash()}
