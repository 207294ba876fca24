"""Who is called what: the named members of every family and the named styles, the same on every machine."""

import functools

import numpy as np

from . import styles
from .families import FAMILIES
from .family import colours_apart, forms_apart

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


@functools.cache
def named():
    """{name: Member} of everybody who has a name, by families; styles are in `named_styles`."""
    words = iter(_words(np.random.default_rng(20), len(FAMILIES) * MEMBERS))
    table = {}
    for number, family in enumerate(FAMILIES.values()):
        rng = np.random.default_rng((21, number))
        kinds = [family.kinds[index % len(family.kinds)] for index in range(MEMBERS)]
        for kind in family.kinds:
            draw = functools.partial(family.random_member, kind=kind)
            for member in distinct(rng, kinds.count(kind), draw, family.main_slots()):
                table[next(words)] = member
    return table


@functools.cache
def names_of(family):
    """The names of a family's members, a tuple."""
    return tuple(name for name, member in named().items() if member.family == family)


@functools.cache
def named_styles():
    """{name: style}: the famous ones and those with invented names."""
    count = STYLES - len(styles.FAMOUS)
    words = [word for word in _words(np.random.default_rng(22), count + 40) if word not in named()][:count]
    drawn = distinct(np.random.default_rng(23), count, styles.random_style, styles.FAMILY.main_slots(),
                     tuple(styles.FAMOUS.values()))
    return styles.FAMOUS | dict(zip(words, drawn, strict=True))
