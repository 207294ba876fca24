"""What the oracle reads of a picture: its heads, and the truth of a drawn picture as their targets.

Heads of classes: `subject` (class words, things, none), `scene`, `pose`, `count`, `style.tone`, `style.finish` and, for
every family, one a part, "tree.crown".  Heads of colours, in CIELAB: "tree.trunk colour", "style.light colour".
`present` says of every subject whether it is anywhere in the picture.
"""

import functools

import numpy as np

from pocket_world.world import scenes, styles, things
from pocket_world.world.colour import lab
from pocket_world.world.families import FAMILIES

NONE = "none"
UNKNOWN = -100  # the target of a head that a picture says nothing about
LAB_CENTRE, LAB_SCALE = np.array([55.0, 5.0, 8.0]), np.array([25.0, 35.0, 35.0])


@functools.cache
def subjects():
    """Everybody and everything that can be a picture's subject."""
    return tuple(kind for family in FAMILIES.values() for kind in family.kinds) + things.THINGS


@functools.cache
def class_heads():
    """{head: labels} of the heads that choose one of several."""
    heads = {"subject": (*subjects(), NONE), "scene": (*scenes.SCENES, NONE), "count": ("1", "2"),
             "pose": (*FAMILIES["person"].poses, NONE)}
    heads |= {f"style.{part}": (*options, NONE) for part, options in styles.FAMILY.forms.items()}
    return heads | {f"{family.name}.{part}": tuple(options)
                    for family in FAMILIES.values() for part, options in family.forms.items()}


@functools.cache
def colour_heads():
    """The heads that give a colour, three numbers each."""
    families = (*FAMILIES.values(), styles.FAMILY)
    return tuple(f"{family.name}.{slot} colour" for family in families for slot in family.colours)


def targets(truth):
    """One picture's targets: classes (class heads,) int, UNKNOWN where nothing is said; colours (colour heads, 3), NaN
    where nothing is said; present (subjects,) bool.

    Forms and colours are those of a subject that is alone or there twice; its colours are not to be seen in a style.
    """
    heads, members = class_heads(), [figure["member"] for figure in truth["subjects"]]
    here = {member["kind"] for member in members} | ({truth["thing"]} if truth["thing"] else set())
    alone = len({member["kind"] for member in members}) == 1 and truth["kind"] not in ("pair", "couple")
    style, pose = truth["style"], truth["subjects"][0]["pose"] if members else None
    labels = {"scene": truth["scene"] or NONE, "count": str(truth["count"]), "pose": pose or NONE}
    labels |= {f"style.{part}": style["forms"][part] if style else NONE for part in styles.FAMILY.forms}
    if alone or not members:
        labels["subject"] = members[0]["kind"] if members else truth["thing"] or NONE
    if truth["kind"] == "pair" and pose is None:
        labels.pop("pose")
    colours = {}
    if alone:
        member = members[0]
        labels |= {f"{member['family']}.{part}": form for part, form in member["forms"].items()}
        if style is None:
            colours |= {f"{member['family']}.{slot} colour": colour for slot, colour in member["colours"].items()}
    if style:
        colours |= {f"style.{slot} colour": colour for slot, colour in style["colours"].items()}
    classes = [options.index(labels[head]) if head in labels else UNKNOWN for head, options in heads.items()]
    values = [(lab(colours[head]) - LAB_CENTRE) / LAB_SCALE if head in colours else np.full(3, np.nan)
              for head in colour_heads()]
    return np.array(classes), np.array(values, np.float32), np.array([name in here for name in subjects()])
