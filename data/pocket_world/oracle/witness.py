"""What the oracle sees of drawn pictures, as columns to stand beside their scores: the study's ground truth.

K, the concept is kept (`concept_seen`); C, the context is there (`context_seen`); B, both in one picture (`both_seen`).
"""

import functools

import numpy as np
import pandas as pd
from PIL import Image

from pocket_world.oracle.attributes import NONE
from pocket_world.oracle.model import Oracle, load_oracle
from pocket_world.oracle.reading import attributes, context_of, kept, label, shows
from pocket_world.world.colour import rgb
from pocket_world.world.concepts import members
from pocket_world.world.families import FAMILIES
from pocket_world.world.family import Member
from pocket_world.world.styles import FAMILY as STYLE
from textinv_core.paths import CONCEPTS, MODELS

SEEN = ("concept_seen", "context_seen", "both_seen")  # K, C, B


def open_oracle(model: str) -> Oracle | None:
    """The oracle of the pocket model's world; None for any other model, and where it has not been trained."""
    there = model == "pocket" and (MODELS / "pocket_oracle" / "config.json").exists()
    return load_oracle() if there else None


def as_read(oracle: Oracle, images) -> Member | None:
    """Whom the oracle takes the subject of pictures for: the most frequent kind and forms, the median colours.

    So a stranger, whom no program of the world draws, can be judged too: kept is what is read as its own pictures are.
    None where most pictures show no member of a family.
    """
    found = oracle.read_pictures(images)

    def most(head):
        values, counts = np.unique(label(found, head), return_counts=True)
        return str(values[counts.argmax()])

    kind = most("subject")
    family = next((family for family in FAMILIES.values() if kind in family.kinds), None)
    if most("style.tone") != NONE:
        family, kind = STYLE, "painting"
    if family is None:
        return None
    forms = {part: most(f"{family.name}.{part}") for part in family.forms}
    colours = {slot: rgb(np.median(found[f"{family.name}.{slot} colour"], axis=0)) for slot in family.colours}
    return Member(family.name, kind, colours, forms, {})


def member_of(oracle: Oracle, concept: str) -> Member | None:
    """Who a concept of data/concepts is: of the world, itself; a stranger, as its training pictures are read."""
    return members()[concept] if concept in members() else _stranger(oracle, concept)


@functools.lru_cache(maxsize=64)
def _stranger(oracle: Oracle, concept: str) -> Member | None:
    paths = sorted((CONCEPTS / concept / "images").glob("*.png"))
    return as_read(oracle, [Image.open(path) for path in paths]) if paths else None


def sees(oracle: Oracle | None, pictures: pd.DataFrame, phrases: dict[str, str], concept: str | None = None):
    """Per picture 1.0 or 0.0: `concept_seen` (K), `context_seen` (C) of what its prompt's phrase names, `both_seen`.

    pictures: a table with `prompt` and `image`; phrases: {prompt: phrase}; concept: a name of data/concepts.
    NaN where it cannot tell (a phrase that the world does not know, a folder of one's own, and without an oracle
    everywhere). In a style the concept's own colours are not to be seen, and are not asked for. The index is that of
    `pictures`.
    """
    seen = pd.DataFrame(np.nan, index=pictures.index, columns=list(SEEN))
    if oracle is None or pictures.empty:
        return seen
    found, member = oracle.read_pictures(list(pictures["image"])), member_of(oracle, concept) if concept else None
    asked = [context_of(phrases.get(prompt)) for prompt in pictures["prompt"]]
    if member is not None:
        in_style = np.array(["style" in (one or {}) for one in asked])
        coloured, plain = kept(found, member), kept(found, member, coloured=False)
        seen["concept_seen"] = np.where(in_style, plain, coloured).astype(float)
    for prompt in pictures["prompt"].unique():
        if wanted := context_of(phrases.get(prompt)):
            own = (pictures["prompt"] == prompt).to_numpy()
            seen.loc[own, "context_seen"] = shows(found, wanted)[own].astype(float)
    seen["both_seen"] = (seen["concept_seen"] * seen["context_seen"]).to_numpy()
    return seen


def attributes_seen(oracle: Oracle, images, concept: str) -> pd.DataFrame | None:
    """Which of a concept's attributes are in each picture, 1.0 or 0.0: `family`, `form <part>`, `colour <slot>`; None
    for a concept that the oracle can say nothing of."""
    member = member_of(oracle, concept)
    if member is None:
        return None
    table = attributes(oracle.read_pictures(images), member)
    return table[[column for column in table if not column.startswith("delta ")]].astype(float)
