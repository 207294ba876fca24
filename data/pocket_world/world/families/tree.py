"""Trees: a crown, a trunk, something on the crown, and sometimes a face."""

from ..colour import shade
from ..family import Family
from ..pen import Pen


def crown(pen, form, y, rx, ry, colour):
    """The crown's outline about (50, y)."""
    if form == "round":
        pen.ellipse(50, y, rx * 0.95, ry, colour)
    elif form == "pointed":
        for k in range(3):
            top, half = y - ry + k * ry * 0.5, rx * (0.55 + 0.22 * k)
            pen.polygon((50, top - ry * 0.12), (50 - half, top + ry), (50 + half, top + ry), colour=colour)
    elif form == "cloud":
        for dx, dy, r in ((-0.58, 0.3, 0.56), (0.58, 0.3, 0.56), (0, -0.3, 0.7), (0, 0.4, 0.6)):
            pen.ellipse(50 + dx * rx, y + dy * ry, r * rx, r * ry, colour)
    elif form == "flat":
        pen.chord(50, y + ry * 0.55, rx * 1.12, ry * 1.5, 180, 360, colour)
        pen.box(50 - rx * 1.12, y + ry * 0.5, 50 + rx * 1.12, y + ry * 0.66, colour, 3)
    else:  # tall
        pen.ellipse(50, y, rx * 0.58, ry * 1.16, colour)


def draw(pen, member, pose):
    forms, colours, grown = member.forms, member.colours, member.measures
    leaf, bark, extra = colours["crown"], colours["trunk"], colours["ornament"]
    rx, half = 31 + 9 * grown["width"], 7 + 4 * grown["trunk"]
    y, ry = 34, 29
    # The trunk.
    if forms["trunk"] == "straight":
        pen.box(50 - half, 52, 50 + half, 100, bark, 2)
    elif forms["trunk"] == "spreading":
        pen.polygon((50 - half * 0.8, 50), (50 + half * 0.8, 50), (50 + half * 2.3, 100), (50 - half * 2.3, 100),
                    colour=bark)
    else:  # forked
        pen.line((50, 98), (50, 76), width=half * 1.7, colour=bark)
        pen.line((50, 78), (33, 54), width=half * 1.2, colour=bark)
        pen.line((50, 78), (67, 54), width=half * 1.2, colour=bark)
        pen.box(50 - half * 0.85, 88, 50 + half * 0.85, 100, bark)
    crown(pen, forms["crown"], y + 1, rx, ry, shade(leaf, 0.82))
    mask = Pen(pen.sheet.width)
    crown(mask, forms["crown"], y - 1, rx * 0.97, ry * 0.97, leaf)
    pen.sheet.alpha_composite(mask.sheet)

    def ornament(on):
        if forms["ornament"] == "fruit":
            places = ((34, -8), (66, -8), (50, -20), (28, 13), (72, 13), (50, -2), (50, 17))
            for x, dy in places[: 5 if forms["face"] == "face" else 7]:
                on.ellipse(50 + (x - 50) * (0.62 if forms["crown"] == "tall" else 1), y + dy, 5.4, colour=extra)
        elif forms["ornament"] == "stripes":
            for k in (-20, 0, 20):
                on.box(0, y + k - 3.4, 100, y + k + 3.4, extra)
        elif forms["ornament"] == "cap":
            on.box(0, 0, 100, y - ry * 0.32, extra)

    pen.within(mask, ornament)
    if forms["face"] == "face":
        for side in (-1, 1):
            pen.ellipse(50 + side * 11, y + 2, 6.6, 7.4, (255, 255, 255))
            pen.ellipse(50 + side * 10, y + 3.4, 3.4, 4.2)
        pen.chord(50, y + 13, 9, 8, 0, 180)


FAMILY = Family(
    name="tree", kinds=("tree",),
    colours={"crown": "a {} crown", "trunk": "a {} trunk", "ornament": ""},
    forms={
        "crown": {"round": "a round crown", "pointed": "a pointed crown", "cloud": "a cloudy crown",
                  "flat": "a flat crown", "tall": "a tall crown"},
        "trunk": {"straight": "", "spreading": "a broad trunk", "forked": "a forked trunk"},
        "ornament": {"plain": "", "fruit": "fruit", "stripes": "stripes", "cap": "a cap"},
        "face": {"none": "", "face": "a face"},
    },
    measures={"width": "how broad the crown is", "trunk": "how thick the trunk is"},
    special={"pine": {"crown": "pointed"}, "poplar": {"crown": "tall"}},
    draw=draw,
)  # fmt: skip
