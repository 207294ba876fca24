"""What the oracle's reading says of a concept and of a context: kept or not, attribute by attribute.

A picture keeps a member if its subject is the member's class word, at least all but one of its forms are right and its
main colours lie within a Delta-E of the member's. It keeps a style if it reads nearer to it than to any named one.
"""

import functools

import numpy as np
import pandas as pd

from pocket_world.oracle.attributes import NONE, class_heads, subjects
from pocket_world.world import captions, scenes, things
from pocket_world.world.colour import lab
from pocket_world.world.families import FAMILIES
from pocket_world.world.names import named_styles
from pocket_world.world.styles import FAMILY as STYLE

COLOUR_LIMIT = 25.0  # Delta-E up to which a colour counts as the member's own; `release.limits` tells what it accepts
WRONG_FORM = 40.0  # Delta-E that a style's surely wrong form is as bad as


def one_by_one(found):
    """The reading of several pictures as a list of readings of one each."""
    return [{head: values[i : i + 1] for head, values in found.items()} for i in range(len(found["scene"]))]


def label(found, head):
    """The most probable label of a head in each picture: (n,) of str."""
    return np.array(class_heads()[head])[found[head].argmax(1)]


def attributes(found, member, limit=COLOUR_LIMIT):
    """Which of a member's attributes are in each picture: a table of True and False, a column an attribute.

    `family`, then "form <part>" and "colour <slot>"; with the Delta-E of each colour as "delta <slot>".
    """
    family = FAMILIES.get(member.family, STYLE)
    rows = {"family": label(found, "style.tone") != NONE if family is STYLE else label(found, "subject") == member.kind}
    for part, form in member.forms.items():
        rows[f"form {part}"] = label(found, f"{family.name}.{part}") == form
    for slot in family.colours:
        seen = found[f"{family.name}.{slot} colour"]  # (n, 3)
        rows[f"delta {slot}"] = np.linalg.norm(seen - lab(member.colours[slot]), axis=1)
        rows[f"colour {slot}"] = rows[f"delta {slot}"] <= limit
    return pd.DataFrame(rows)


def kept(found, member, coloured=True, limit=COLOUR_LIMIT):
    """Whether each picture keeps a member: bool (n,). Of a style, whether it reads nearer to it than to any named one.

    coloured: False where the colours are not to be seen, as in a picture in a style.
    """
    table = attributes(found, member, limit)
    if member.family == STYLE.name:
        nearest = style_distances(found, list(named_styles().values())).min(1)
        return table["family"].to_numpy() & (style_distances(found, [member])[:, 0] <= nearest + 1e-6)
    forms = [column for column in table if column.startswith("form ")]
    good = table["family"] & (table[forms].sum(axis=1) >= len(forms) - 1)
    if coloured:
        good &= table[[f"colour {slot}" for slot in FAMILIES[member.family].main_slots()]].all(axis=1)
    return good.to_numpy()


def style_distances(found, members):
    """How far each picture's reading is from each style: (n, members), in Delta-E.

    Which of a style's colours can be seen depends on the picture: by day there is little shadow, under a line drawing
    no middle. So no colour alone decides, but all together, and a form that is surely wrong is as far as two colours
    that are clearly others.
    """
    far = np.zeros((len(found["scene"]), len(members)))
    for part in STYLE.forms:
        labels = class_heads()[f"style.{part}"]
        own = [labels.index(member.forms[part]) for member in members]
        far += WRONG_FORM * (1 - found[f"style.{part}"][:, own])
    for slot in STYLE.colours:
        own = lab([member.colours[slot] for member in members])
        far += np.linalg.norm(found[f"style.{slot} colour"][:, None] - own, axis=2)
    return far


def nearest_style(found):
    """The name of the named style that each picture's reading is nearest to: (n,) of str."""
    table = named_styles()
    return np.array(list(table))[style_distances(found, list(table.values())).argmin(1)]


@functools.cache
def contexts():
    """What the world calls its scenes, poses, styles and subjects: {phrase: {head: label}}."""
    known = {captions.view(name): {"scene": name} for name in scenes.SCENES}
    known |= {phrase: {"scene": name} for name, phrase in scenes.SCENES.items()}
    known |= {phrase: {"pose": pose} for pose, phrase in captions.DOING.items()}
    known |= {f"in the style of {name}": {"style": name} for name in named_styles()}
    who = [kind for family in FAMILIES.values() for kind in family.kinds]
    known |= {f"with {captions.article(kind)}": {"present": kind} for kind in who}
    known |= {captions.article(word): {"subject": family.kinds[0]}
              for family in FAMILIES.values() for word in family.special}
    return known | {captions.article(word): {"subject": word} for word in (*who, *things.THINGS)}


def context_of(phrase):
    """What a prompt's `phrase` asks of the picture, {head: label}; None where the world does not know it."""
    found = contexts().get(phrase)
    return None if found is None else dict(found)


def shows(found, asked):
    """Whether each picture shows what is `asked` of it, {head: label} as of `context_of`: bool (n,)."""
    good = np.ones(len(found["scene"]), bool)
    for head, value in asked.items():
        if head == "style":
            good &= (label(found, "style.tone") != NONE) & (nearest_style(found) == value)
        elif head == "present":
            good &= found["present"][:, subjects().index(value)] >= 0.5
        else:
            good &= label(found, head) == value
    return good
