"""Who is called what: the named members of every family and the named styles, the same on every machine.

`names.json` is the table: captions that a model learned from name these members, and no other release of NumPy may draw
others.  `draw_everybody` is the program that made it, `write` writes it (`python -m pocket_world names`).
"""

import functools
import json
from pathlib import Path

import numpy as np

from . import styles
from .families import FAMILIES
from .family import Member, colours_apart, forms_apart

TABLE = Path(__file__).with_name("names.json")
# Named, of each family; styles with the famous ones.  Many more names than a row of the embedding table has numbers: a
# name can then not be a place of its own, it must say its bearer's looks, and between the names lie other looks.
MEMBERS, STYLES = 300, 100
FORMS_APART, COLOURS_APART = 2, 40.0  # two members differ by so many forms, or by so much (Delta-E) in a main colour
FIRST, MIDDLE, LAST, VOWELS = "bdfgjklmnprstvwz", "bdfgklmnprstvz", "bdfgklmnprstxz", "aeiou"


def different(first, second, slots):
    """Whether nobody would take one member for the other."""
    return forms_apart(first, second) >= FORMS_APART or colours_apart(first, second, slots) >= COLOURS_APART


def distinct(rng, count, draw, slots, others=()):
    """`count` members that `draw(rng)` gives, different from each other and from `others`."""
    found = []
    while len(found) < count:
        member = draw(rng)
        if all(different(member, other, slots) for other in (*others, *found)):
            found.append(member)
    return found


def _words(rng, count):
    words = {}
    while len(words) < count:
        word = "".join(str(rng.choice(list(letters))) for letters in (FIRST, VOWELS, MIDDLE, VOWELS, LAST))
        words.setdefault(word)
    return list(words)


def draw_everybody():
    """{name: Member} of everybody who gets an invented name, by families, the styles last: the making of the table."""
    words = iter(_words(np.random.default_rng(20), len(FAMILIES) * MEMBERS))
    table = {}
    for number, family in enumerate(FAMILIES.values()):
        rng = np.random.default_rng((21, number))
        kinds = [family.kinds[index % len(family.kinds)] for index in range(MEMBERS)]
        for kind in family.kinds:
            draw = functools.partial(family.random_member, kind=kind)
            for member in distinct(rng, kinds.count(kind), draw, family.main_slots()):
                table[next(words)] = member
    count = STYLES - len(styles.FAMOUS)
    words = [word for word in _words(np.random.default_rng(22), count + 40) if word not in table][:count]
    drawn = distinct(np.random.default_rng(23), count, styles.random_style, styles.FAMILY.main_slots(),
                     tuple(styles.FAMOUS.values()))
    return table | dict(zip(words, drawn, strict=True))


def write(path=TABLE):
    """Draw everybody and write the table: a line a name, with family, kind, forms, colours and measures in the order
    of its family's."""
    lines = []
    for name, member in draw_everybody().items():
        colours = ["#{:02x}{:02x}{:02x}".format(*colour) for colour in member.colours.values()]
        facts = [member.family, member.kind, [*member.forms.values()], colours, [*member.measures.values()]]
        lines.append(f"{json.dumps(name)}: {json.dumps(facts)}")
    Path(path).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


@functools.cache
def _everybody():
    found = {}
    for name, (family, kind, forms, colours, measures) in json.loads(TABLE.read_text(encoding="utf-8")).items():
        program = FAMILIES.get(family, styles.FAMILY)
        shades = [tuple(bytes.fromhex(colour[1:])) for colour in colours]
        found[name] = Member(family, kind, dict(zip(program.colours, shades, strict=True)),
                             dict(zip(program.forms, forms, strict=True)),
                             dict(zip(program.measures, measures, strict=True)))
    return found


@functools.cache
def named():
    """{name: Member} of everybody who has a name, by families; styles are in `named_styles`."""
    return {name: member for name, member in _everybody().items() if member.family in FAMILIES}


@functools.cache
def names_of(family):
    """The names of a family's members, a tuple."""
    return tuple(name for name, member in named().items() if member.family == family)


@functools.cache
def named_styles():
    """{name: style}: the famous ones and those with invented names."""
    return styles.FAMOUS | {name: member for name, member in _everybody().items() if member.family == "style"}
