"""Figurines: toys that stand upright and look at you, with a head, something on top, a body and arms."""

from ..colour import shade
from ..family import Family
from ..pen import INK, Pen

WHITE = (255, 255, 255)
FACES = {"round": (0.98, 0), "square": (1.1, 0), "cone": (0.84, 0.36), "mane": (0.78, 0)}  # mask's half width, shift
HANDS = {"down": (36, 78), "up": (42, 38), "out": (43, 61)}


def head(pen, form, y, r, colour, mane):
    """The head's outline about (50, y)."""
    if form == "round":
        pen.ellipse(50, y, r * 1.15, r, colour)
    elif form == "square":
        pen.box(50 - r * 1.12, y - r * 0.97, 50 + r * 1.12, y + r * 0.97, colour, 4)
    elif form == "cone":
        pen.polygon((50 - 4, y - r * 1.06), (50 + 4, y - r * 1.06), (50 + r * 1.36, y + r * 0.8), (50 + r * 1.3, y + r),
                    (50 - r * 1.3, y + r), (50 - r * 1.36, y + r * 0.8), colour=colour)
    else:  # mane
        for dx, dy in ((0.36, -0.66), (0.92, -0.28), (0.92, 0.36), (0.36, 0.7)):
            for side in (-1, 1):
                pen.ellipse(50 + side * dx * r, y + dy * r, 0.42 * r, colour=mane)
        pen.ellipse(50, y, 0.9 * r, 0.86 * r, colour)


def top(pen, form, y, colour):
    """What stands on the head, whose top is at `y`."""
    low = shade(colour, 0.78)
    if form == "leaf":
        pen.line((50, y + 4), (50, y - 7), width=4, colour=low)
        pen.polygon((50, y - 4), (54, y - 13), (63, y - 17), (72, y - 15), (67, y - 6), (59, y - 2), colour=colour)
        pen.polygon((50, y - 4), (46, y - 13), (37, y - 17), (28, y - 15), (33, y - 6), (41, y - 2), colour=low)
    elif form == "antenna":
        pen.line((50, y + 3), (50, y - 8), width=4.5, colour=low)
        pen.ellipse(50, y - 10, 7.5, colour=colour)
    elif form == "hat":
        pen.box(38, y - 17, 62, y + 2, colour, 2)
        pen.box(29, y - 2, 71, y + 4, low, 2.5)
    else:  # tuft
        pen.polygon((37, y + 5), (34, y - 9), (43, y - 4), (50, y - 17), (57, y - 4), (66, y - 9),
                    (63, y + 5), colour=colour)


def body(pen, form, half, low, colour):
    """The body's outline, from y = 52 down to about `low`."""
    if form == "block":
        pen.box(50 - half, 52, 50 + half, low, colour, 4)
    elif form == "egg":
        pen.ellipse(50, (50 + low) / 2, half * 1.18, (low - 50) / 2, colour)
    else:  # bell
        pen.polygon((50 - half * 0.55, 50), (50 + half * 0.55, 50), (50 + half * 1.45, low), (50 - half * 1.45, low),
                    colour=colour)


def face(pen, form, y, r, half):
    """A face about (50, y)."""
    if form == "mask":
        pen.box(50 - half, y - 0.42 * r, 50 + half, y + 0.3 * r, INK, 3)
        for side in (-1, 1):
            pen.ellipse(50 + side * 0.4 * r, y - 0.07 * r, 0.21 * r, colour=WHITE)
    else:
        for side in (-1, 1):
            pen.ellipse(50 + side * 0.42 * r, y - 0.14 * r, 0.3 * r, 0.34 * r, WHITE)
            pen.ellipse(50 + side * 0.39 * r, y - 0.08 * r, 0.17 * r, 0.21 * r)
        pen.chord(50, y + 0.34 * r, 0.44 * r, 0.36 * r, 0, 180)


def draw(pen, member, pose):
    forms, colours, grown = member.forms, member.colours, member.measures
    cloth, skin, accent = colours["body"], colours["head"], colours["accent"]
    half, r = 18 + 6 * grown["width"], 18 + 3 * grown["head"]
    y = 57 - r
    # The legs and the arms.
    for side in (-1, 1):
        pen.box(50 + side * 3, 80, 50 + side * 13, 96, shade(cloth, 0.65))
        pen.box(50 + side * 2, 92, 50 + side * 17, 100, accent, 3.5)
        way = forms["arms"]
        across, hand = HANDS[way]
        shoulder = half * (0.5 if forms["body"] == "bell" else 0.8)
        pen.line((50 + side * shoulder, 60), (50 + side * across, hand), width=9.5, colour=shade(cloth, 0.72))
        pen.ellipse(50 + side * across, hand, 6.8, colour=skin)
    low = 91
    body(pen, forms["body"], half, low, shade(cloth, 0.8))
    body(pen, forms["body"], half, low - 2.5, cloth)

    def pattern(on):
        if forms["pattern"] == "buttons":
            for at in (64, 77):
                on.ellipse(50, at, 4.8, colour=accent)
        elif forms["pattern"] == "stripes":
            for at in (61, 74):
                on.box(0, at, 100, at + 6.5, accent)
        else:
            on.heart(50, 71, 10.5, accent)

    if forms["pattern"] != "plain":
        mask = Pen(pen.sheet.width)
        body(mask, forms["body"], half, low - 2.5, cloth)
        pen.within(mask, pattern)
    head(pen, forms["head"], y + 1, r, shade(skin, 0.78), shade(skin, 0.6))
    head(pen, forms["head"], y - 1, r * 0.98, skin, shade(skin, 0.68 if sum(skin) > 260 else 1.3))
    across, down = FACES[forms["head"]]
    face(pen, forms["face"], y + down * r, r, across * r)
    top(pen, forms["top"], y - r, accent)


FAMILY = Family(
    name="figurine", kinds=("figurine",),
    colours={"body": "a {} body", "head": "a {} head", "accent": "{} shoes"},
    forms={
        "head": {"round": "a round head", "square": "a square head", "cone": "a pointed head", "mane": "a curly mane"},
        "top": {"leaf": "leaves on top", "antenna": "an antenna", "hat": "a hat", "tuft": "spiky hair"},
        "body": {"block": "", "egg": "an egg body", "bell": "a skirt"},
        "arms": {"down": "", "up": "raised arms", "out": "spread arms"},
        "pattern": {"plain": "", "buttons": "buttons", "stripes": "stripes", "heart": "a heart"},
        "face": {"smile": "", "mask": "a mask"},
    },
    measures={"width": "how broad the body is", "head": "how big the head is"},

    draw=draw,
)  # fmt: skip
