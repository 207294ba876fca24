"""Creatures: four-legged animals seen from the side, with a big head, ears, a tail and sometimes headwear."""

from ..colour import shade
from ..family import Family
from ..pen import INK, Pen

WHITE = (255, 255, 255)


def tail(pen, form, y, colour):
    """The tail, at the left end of a body whose back is at `y`."""
    low = shade(colour, 0.8)
    if form == "curl":
        pen.line((20, y + 16), (12, y + 15), (7, y + 10), (5, y + 3), (6, y - 5), (10, y - 10), (15, y - 10),
                 (18, y - 6), width=7, colour=colour)
    elif form == "bushy":
        for shift, tone in ((1.5, low), (-0.5, colour)):
            pen.ellipse(14, y + 10 + shift, 10, 9, tone)
            pen.ellipse(12, y - 1 + shift, 12, 12, tone)
            pen.ellipse(15, y - 13 + shift, 9, 11, tone)
    elif form == "fin":
        pen.polygon((24, y + 9), (0, y - 14), (7, y + 12), colour=colour)
        pen.polygon((24, y + 15), (7, y + 12), (0, y + 36), colour=low)
    else:  # ball
        pen.ellipse(9.5, y + 10, 9.5, colour=low)
        pen.ellipse(9.5, y + 9, 8.6, colour=colour)


def ears_behind(pen, form, x, y, r, colour, inside):
    """The ears that stand up behind a head of radius `r` about (x, y)."""
    for side, tone in ((-1, shade(colour, 0.85)), (1, colour)):
        if form == "pointed":
            pen.polygon((x + side * 0.2 * r, y - 0.75 * r), (x + side * 0.98 * r, y - 0.1 * r),
                        (x + side * 0.96 * r, y - r - 14), colour=tone)
            pen.polygon((x + side * 0.45 * r, y - 0.8 * r), (x + side * 0.86 * r, y - 0.45 * r),
                        (x + side * 0.87 * r, y - r - 6), colour=inside)
        elif form == "round":
            pen.ellipse(x + side * 0.76 * r, y - 0.82 * r, 0.5 * r, colour=tone)
            pen.ellipse(x + side * 0.78 * r, y - 0.84 * r, 0.29 * r, colour=inside)
        elif form == "long":
            pen.line((x + side * 0.42 * r, y - 0.7 * r), (x + side * 0.64 * r, y - r - 16), width=13.5, colour=tone)
            pen.line((x + side * 0.42 * r, y - 0.7 * r), (x + side * 0.63 * r, y - r - 15), width=6.5, colour=inside)


def headpiece(pen, form, x, y, colour):
    """What sits on the head, whose top is at (x, y)."""
    low = shade(colour, 0.78)
    if form == "horn":
        pen.polygon((x - 8.5, y + 5), (x + 8.5, y + 5), (x + 3, y - 20), colour=colour)
        pen.polygon((x - 8.5, y + 5), (x - 1, y + 5), (x + 3, y - 20), colour=low)
    elif form == "crown":
        pen.polygon((x - 13, y + 4), (x - 15, y - 13), (x - 6.5, y - 5), (x, y - 16), (x + 6.5, y - 5),
                    (x + 15, y - 13), (x + 13, y + 4), colour=colour)
        pen.box(x - 13, y - 0.5, x + 13, y + 4.5, low, 1)
    elif form == "flower":
        for dx, dy in ((0, -7), (6.7, -2.2), (4.1, 5.7), (-4.1, 5.7), (-6.7, -2.2)):
            pen.ellipse(x + dx, y - 3 + dy, 6, colour=colour)
        pen.ellipse(x, y - 3, 5, colour=WHITE if sum(colour) < 540 else INK)


def draw(pen, member, pose):
    forms, colours, grown = member.forms, member.colours, member.measures
    fur, second, accent = colours["body"], colours["second"], colours["accent"]
    leg, r = 12 + 9 * grown["legs"], 22 + 4.5 * grown["head"]
    bottom = 100 - leg
    x, y = 93 - r, bottom - 31
    back = bottom - 33
    tail(pen, forms["tail"], back, accent)
    # The legs, the far ones darker.
    for left, tone in ((30, 0.7), (65, 0.7), (16, 0.9), (50, 0.9)):
        pen.box(left, bottom - 12, left + 12, 96, shade(fur, tone))
        pen.box(left, 92.5, left + 13, 100, shade(second, 1 if tone == 0.9 else 0.8), 2.5)
    pen.box(12, back, 76, bottom + 1.5, shade(fur, 0.8), 15)
    pen.box(12, back, 76, bottom - 1.5, fur, 15)

    def pattern(on):
        if forms["pattern"] == "stripes":
            for left in (19, 33, 47):
                on.box(left, 0, left + 7, 100, second)
        elif forms["pattern"] == "spots":
            for dx, dy in ((22, 9), (36, 7), (29, 21), (45, 25), (62, 28), (17, 25)):
                on.ellipse(dx, back + dy, 5.2, colour=second)
        elif forms["pattern"] == "belly":
            on.ellipse(40, bottom + 3, 25, 18, second)

    if forms["pattern"] != "plain":
        mask = Pen(pen.sheet.width)
        mask.box(12, back, 76, bottom - 1.5, fur, 15)
        pen.within(mask, pattern)
    # The head.
    ears_behind(pen, forms["ears"], x, y, r, fur, second)
    pen.ellipse(x, y + 1.5, r, r * 0.94, shade(fur, 0.72))
    pen.ellipse(x, y - 0.8, r, r * 0.92, shade(fur, 1.08))
    if forms["ears"] == "hanging":
        for side in (-1, 1):
            pen.line((x + side * 0.72 * r, y - 0.6 * r), (x + side * 0.93 * r, y + 0.4 * r), width=0.5 * r,
                     colour=second)
    headpiece(pen, forms["headpiece"], x, y - 0.9 * r, accent)
    # The face.
    pen.ellipse(x + 0.1 * r, y + 0.48 * r, 0.6 * r, 0.41 * r, second)
    mouth = INK if sum(second) > 270 else shade(second, 1.6)
    pen.ellipse(x + 0.1 * r, y + 0.33 * r, 0.22 * r, 0.15 * r, mouth)
    pen.arc(x + 0.1 * r, y + 0.43 * r, 0.36 * r, 0.32 * r, 25, 155, 3.6, mouth)
    eyes = ((0.08, 0.44),) if forms["eyes"] == "one" else ((-0.3, 0.3), (0.46, 0.3))
    for dx, size in eyes:
        pen.ellipse(x + dx * r, y - 0.24 * r, size * r + 1.4, colour=shade(fur, 0.6))
        pen.ellipse(x + dx * r, y - 0.24 * r, size * r, colour=WHITE)
        pen.ellipse(x + dx * r + 0.18 * size * r, y - 0.22 * r, 0.58 * size * r)
        pen.ellipse(x + dx * r + 0.38 * size * r, y - 0.32 * r, 0.2 * size * r, colour=WHITE)


FAMILY = Family(
    name="creature", kinds=("creature",),
    colours={"body": "a {} body", "second": "{} feet", "accent": "a {} tail"},
    forms={
        "ears": {"pointed": "pointed ears", "round": "round ears", "long": "long ears", "hanging": "hanging ears"},
        "headpiece": {"none": "", "horn": "a horn", "crown": "a crown", "flower": "a flower"},
        "tail": {"ball": "", "curl": "a curly tail", "bushy": "a bushy tail", "fin": "a fish tail"},
        "pattern": {"plain": "", "stripes": "stripes", "spots": "spots", "belly": "a belly patch"},
        "eyes": {"two": "", "one": "one big eye"},
    },
    measures={"legs": "how long the legs are", "head": "how big the head is"},
    draw=draw,
)  # fmt: skip
