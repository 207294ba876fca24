"""A concept learned from other pictures: the same words about it, another folder; and where they are taken."""

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from textinv_core.files import atomic, write_image
from textinv_core.learning.concepts import Concept, load_concept


def write_concept(
    folder: str | Path,  # its name becomes the concept's
    like: Concept,  # gives placeholder, initializer, kind, class word, templates
    images: Sequence[str | Path],  # to train on, in order
    held_out: Sequence[str | Path] = (),  # never trained on
) -> Concept:
    """Copy the pictures into `folder` beside a `concept.yml`, and load the concept from there.

    Earlier pictures in the folder give way; files that are the same already are left alone.
    """
    folder = Path(folder)
    facts = like.model_dump(mode="json", exclude={"name", "images", "held_out", "probes"})
    with atomic(folder / "concept.yml") as temporary:
        temporary.write_text(yaml.safe_dump(facts, sort_keys=False, allow_unicode=True), encoding="utf-8")
    for role, paths in (("images", images), ("held_out", held_out)):
        wanted = {f"{i:03d}{Path(path).suffix.lower()}": Path(path) for i, path in enumerate(paths)}
        for name, path in wanted.items():
            target = folder / role / name
            if not target.exists() or target.read_bytes() != path.read_bytes():
                with atomic(target) as temporary:
                    shutil.copyfile(path, temporary)
        for stale in (folder / role).glob("[0-9][0-9][0-9].*"):
            if stale.name not in wanted:
                stale.unlink()
    return load_concept(folder)


def taken(
    folder: str | Path, scenes: Sequence[str | None], count: int, draw: Callable[[int, str | None], Image.Image]
) -> list[Path]:
    """Pictures taken one after another in the scenes, round and round, and kept in a folder."""
    paths = [Path(folder) / f"{i:03d}.png" for i in range(count)]
    for i, path in enumerate(paths):
        write_image(path, draw(i, scenes[i % len(scenes)]))
    return paths


def shuffled(paths: Sequence[Path], seed: int) -> list[Path]:
    """The pictures in a random order."""
    return [paths[i] for i in np.random.default_rng(seed).permutation(len(paths))]


def write_drawn(folder: str | Path, like: Concept, pictures: Sequence[Image.Image]) -> Concept:
    """`write_concept` with pictures that are no files yet; they are kept in a folder beside it."""
    beside = Path(folder).with_name(f"{Path(folder).name}-drawn")
    paths = [write_image(beside / f"{i:03d}.png", picture) for i, picture in enumerate(pictures)]
    return write_concept(folder, like, paths, like.held_out)


def held_back(concept: Concept, share: float = 0.25) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Its pictures to learn from and those to compare with: its own held-out ones, else the last `share` of them.

    A single picture is learned from; nothing is left to compare with.
    """
    if concept.held_out or len(concept.images) < 2:
        return concept.images, concept.held_out
    kept = len(concept.images) - max(1, round(share * len(concept.images)))
    return concept.images[:kept], concept.images[kept:]


def places(scenes: Mapping[str, str], asked: Collection[str], seed: int) -> tuple[list[str], str, str]:
    """An order of scenes for varied pictures, the one scene of a set taken in one place, and another as its control.

    scenes: {name: how a prompt says it}. The last two come from the end of the order, and from scenes that no prompt
    has `asked` for where there are two: what comes back unasked was then in few of the varied pictures, or none.
    """
    order = [str(name) for name in np.random.default_rng((17, seed)).permutation(list(scenes))]
    spare = [name for name in order if scenes[name] not in asked]
    spare = spare if len(spare) > 1 else order
    return order, spare[-1], spare[-2]
