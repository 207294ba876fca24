"""What a run leaves behind: tables, pictures and tensors, each written to a temporary name and moved.

A reader of a folder therefore never sees half a file, whatever killed the writer.
"""

import glob
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import torch
from filelock import FileLock, Timeout
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from textinv_core.paths import shown


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
    try:
        held = FileLock(folder / ".lock").acquire(timeout=0)
    except Timeout:
        raise ValueError(f"{folder}: another process writes here; choose another folder or wait") from None
    with held:
        for torn in folder.glob(".*.tmp"):
            torn.unlink()
        yield


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
