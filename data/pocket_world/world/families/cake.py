"""Cakes: a body, icing, something on top, a pattern, and what it stands on."""

from ..colour import shade
from ..family import Family
from ..pen import Pen

TIP = 29  # the height that the topping stands on
BASES = {"plate": 94, "stand": 84, "none": 100}  # where the cake's bottom is


def base(pen, form, colour):
    """The plate or stand under the cake."""
    if form == "plate":
        pen.box(3, 93, 97, 100, shade(colour, 0.78), 3.5)
        pen.box(3, 91, 97, 97, colour, 3)
    elif form == "stand":
        pen.polygon((44, 86), (56, 86), (60, 96), (40, 96), colour=shade(colour, 0.78))
        pen.box(28, 94, 72, 100, shade(colour, 0.78), 3)
        pen.box(3, 83, 97, 90, colour, 3.5)


def body(pen, form, top, bottom, half, colour):
    """The cake itself; the cup's cake begins at its rim."""
    if form == "cup":
        pen.polygon((50 - half * 0.96, top), (50 + half * 0.96, top), (50 + half * 0.68, bottom),
                    (50 - half * 0.68, bottom), colour=colour)
    elif form == "dome":
        pen.chord(50, bottom, half * 1.1, bottom - top, 180, 360, colour)
    else:
        if form == "double":
            pen.box(50 - half * 0.66, top, 50 + half * 0.66, bottom, colour, 3)
            top += (bottom - top) * 0.46
        pen.box(50 - half, top, 50 + half, bottom, colour, 3)


def frosting(pen, form, half, y, depth, colour):
    """Icing along an edge of half width `half` at height `y`, hanging down by at most `depth`."""
    if form == "wave":
        step = half / 2
        for k in range(4):
            pen.ellipse(50 - half + step * (k + 0.5), y + 2, step * 0.62, step * 0.55, colour)
        pen.box(50 - half, y - 2, 50 + half, y + 3, colour)
        return
    low = {"flat": depth * 0.62, "drips": depth * 0.3, "swirl": depth * 0.36}[form]
    over = 3.5 if form == "flat" else 1.5
    pen.box(50 - half - over, y - 3, 50 + half + over, y + low, colour, 3)
    if form == "drips":
        for k, long in enumerate((0.95, 0.5, 1.0, 0.62)):
            x = 50 - half * 0.82 + half * 0.547 * k
            pen.line((x, y), (x, y + depth * long - 3), width=half * 0.3, colour=colour)


def swirl(pen, bottom, half, colour):
    """A tall swirl of cream from `bottom` up to the tip."""
    step = (bottom - TIP + 3) / 3
    for k in range(3):
        wide, y = half * (1 - 0.3 * k), bottom - step * k
        pen.box(50 - wide, y - step * 1.15, 50 + wide, y + 2, shade(colour, 0.8), step * 0.5)
        pen.box(50 - wide, y - step * 1.25, 50 + wide, y - step * 0.18, colour, step * 0.5)


def topping(pen, form, size, colour):
    """What stands on the tip."""
    y = TIP
    if form == "cherry":
        pen.line((50, y - 13), (54, y - 21), (62, y - 26), width=3.6, colour=(66, 118, 50))
        pen.ellipse(50, y - 8, 12 * size, 11 * size, shade(colour, 0.8))
        pen.ellipse(50, y - 9.2, 11.6 * size, 10 * size, colour)
        pen.ellipse(45.5, y - 12, 3, colour=shade(colour, 1.6))
    elif form == "candle":
        wide = 5.4 * size
        pen.ellipse(50, y - 21, 6, 8, (250, 140, 30))
        pen.ellipse(50, y - 19.5, 3.2, 4.6, (255, 226, 90))
        pen.box(50 - wide, y - 15, 50 + wide, y + 2, colour, 1)
        pen.box(50 + wide * 0.3, y - 15, 50 + wide, y + 2, shade(colour, 0.78))
    elif form == "star":
        pen.star(50, y - 10.5, 17.5 * size, shade(colour, 0.78), inner=0.5)
        pen.star(50, y - 12, 17 * size, colour, inner=0.5)
    else:  # heart
        pen.heart(50, y - 9.5, 14.5 * size, shade(colour, 0.78))
        pen.heart(50, y - 11, 14.2 * size, colour)


def draw(pen, member, pose):
    forms, colours, grown = member.forms, member.colours, member.measures
    dough, cream, extra = colours["cake"], colours["icing"], colours["topping"]
    half, bottom = 34 + 6 * grown["width"], BASES[forms["base"]]
    shape, icing = forms["body"], forms["icing"]
    top = TIP + (20 if icing == "swirl" else 2)
    if shape == "cup":
        top = TIP + (bottom - TIP) * 0.46
    base(pen, forms["base"], colours["base"])
    plain = forms["pattern"] == "plain"
    body(pen, shape, top, bottom, half, shade(dough, 0.82) if plain else dough)
    if plain:
        body(pen, shape, top, bottom - 6, half, dough)
    glazed = shape == "dome" and icing != "swirl"
    if not plain or glazed:
        mask = Pen(pen.sheet.width)
        body(mask, shape, top, bottom, half, dough)

    def pattern(on):
        if forms["pattern"] == "dots":
            for row in range(5):
                for k in range(-3, 4):
                    on.ellipse(50 + 18 * k + 9 * (row % 2), bottom - 9 - 13.5 * row, 4.7, colour=extra)
        else:
            for k in range(-3, 4):
                on.box(50 + 15 * k - 3.6, 0, 50 + 15 * k + 3.6, 100, extra)

    def cap(on):
        edge, depth = top + (bottom - top) * 0.36, (bottom - top) * 0.42
        for lower, colour in ((2.5, shade(cream, 0.8)), (0, cream)):
            on.box(0, 0, 100, edge + lower, colour)
            frosting(on, icing, half * 1.06, edge + lower, depth, colour)

    if not plain:
        pen.within(mask, pattern)
    if glazed:
        pen.within(mask, cap)
    elif shape == "cup" and icing != "swirl":
        for lower, colour in ((2.5, shade(cream, 0.8)), (0, cream)):
            y = top + lower
            if icing == "wave":
                for dx, dy, r in ((-0.66, 0.1, 0.42), (0.66, 0.1, 0.42), (0, 0.1, 0.46), (-0.32, 0.56, 0.42),
                                  (0.32, 0.56, 0.42), (0, 0.82, 0.3)):
                    pen.ellipse(50 + dx * half, y - dy * (top - TIP), r * half, r * half * 0.9, colour)
            else:
                pen.chord(50, y + 2, half * 1.06, top - TIP + 4, 180, 360, colour)
                frosting(pen, icing, half * 1.02, y, (bottom - top) * 0.7 if icing == "drips" else 9, colour)
    elif shape in ("single", "double"):
        tall = (bottom - top) * (0.46 if shape == "double" else 0.6)
        for lower, colour in ((2.5, shade(cream, 0.8)), (0, cream)):
            if shape == "double":
                frosting(pen, icing, half, top + (bottom - top) * 0.46 + lower, tall * 0.62, colour)
            frosting(pen, icing, half * (0.66 if shape == "double" else 1), top + lower, tall * 0.62, colour)
    if icing == "swirl":
        wide = {"cup": 1.06, "single": 0.62, "double": 0.5, "dome": 0.66}[shape]
        swirl(pen, top + (6 if shape == "dome" else 1), half * wide, cream)
    topping(pen, forms["topping"], 0.88 + 0.12 * grown["topping"], extra)


FAMILY = Family(
    name="cake", kinds=("cake",),
    colours={"cake": "a {} cake", "icing": "{} icing", "topping": "", "base": ""},
    forms={
        "body": {"cup": "a cup", "single": "one tier", "double": "two layers", "dome": "a round dome"},
        "icing": {"flat": "", "drips": "drips", "wave": "a wavy edge", "swirl": "a cream swirl"},
        "topping": {"cherry": "a cherry", "candle": "a candle", "star": "a star", "heart": "a heart"},
        "pattern": {"plain": "", "dots": "dots", "bars": "stripes"},
        "base": {"none": "", "plate": "a plate", "stand": "a cake stand"},
    },
    measures={"width": "how broad the cake is", "topping": "how large the topping is"},
    special={"cupcake": {"body": "cup"}},
    draw=draw,
)  # fmt: skip
