"""Cars: a body with windows, wheels, a pattern on the body, and something on the roof."""

from ..colour import lab, shade
from ..family import Family
from ..pen import Pen

# Where something stands on the roof, for each shape.
ROOF = {"sedan": (45, 38), "bus": (50, 33), "truck": (31, 34), "bubble": (50, 35), "racer": (29, 56)}
FLOOR = 87
# Where the dots are.
DOTS = {
    "bus": ((9, 64), (25, 64), (41, 64), (58, 64), (74, 64), (50, 78)),
    "truck": ((13, 44), (31, 42), (49, 46), (22, 58), (41, 60), (74, 76), (90, 73)),
    "racer": ((8, 51), (16, 65), (32, 63), (47, 74), (66, 72), (80, 73)),
    "sedan": ((12, 65), (31, 64), (50, 65), (69, 64), (88, 65), (50, 79)),
}


def body(pen, form, wide, low, colour):
    """The body's outline: `wide` maps x to the sheet, `low` lowers the roof."""
    if form == "sedan":
        pen.polygon((wide(22), 39 + low), (wide(64), 39 + low), (wide(80), 64), (wide(11), 64), colour=colour)
        pen.box(wide(24), 36 + low, wide(62), 50 + low, colour, 4)
        pen.box(wide(3), 57, wide(97), FLOOR, colour, 9)
    elif form == "bus":
        pen.box(wide(3), 33 + low, wide(97), FLOOR, colour, 9)
    elif form == "truck":
        pen.box(wide(3), 34 + low, wide(58), FLOOR - 4, colour, 3)
        pen.polygon((wide(62), 47 + low), (wide(82), 47 + low), (wide(91), 68), (wide(91), FLOOR), (wide(62), FLOOR),
                    colour=colour)
        pen.box(wide(62), 65, wide(97), FLOOR, colour, 5)
        pen.box(wide(6), FLOOR - 8, wide(70), FLOOR, colour)
    elif form == "bubble":
        pen.box(wide(3), 57, wide(97), FLOOR, colour, 13)
    else:  # racer
        pen.polygon((wide(2), 42 + low), (wide(13), 42 + low), (wide(19), 56), (wide(42), 56), (wide(46), 65),
                    (wide(66), 65), (wide(93), 72), (wide(98), 81), (wide(96), FLOOR), (wide(4), FLOOR), colour=colour)


def glass(pen, form, wide, low, colour):
    """The windows (the driver of a racer), with a light upper part."""
    light = shade(colour, 1.3)
    if form == "sedan":
        for x0, x1, x2, x3 in ((26, 41, 41, 18), (47, 61, 72, 47)):
            pen.polygon((wide(x0), 43 + low), (wide(x1), 43 + low), (wide(x2), 61), (wide(x3), 61), colour=colour)
        pen.polygon((wide(47), 43 + low), (wide(57), 43 + low), (wide(47), 55), colour=light)
        pen.polygon((wide(26), 43 + low), (wide(36), 43 + low), (wide(22), 54), colour=light)
    elif form == "bus":
        for x in (10, 32, 54, 76):
            pen.box(wide(x), 41 + low, wide(x + (17 if x < 76 else 21)), 57, colour, 2)
            pen.polygon((wide(x + 1), 42 + low), (wide(x + 11), 42 + low), (wide(x + 1), 51), colour=light)
    elif form == "truck":
        pen.polygon((wide(67), 52 + low), (wide(80), 52 + low), (wide(88), 69), (wide(67), 69), colour=colour)
        pen.polygon((wide(67), 52 + low), (wide(77), 52 + low), (wide(67), 63), colour=light)
    elif form == "bubble":
        pen.chord(wide(50), 61, 30, 28 - low, 180, 360, colour)
        pen.line((wide(50) - 17, 51), (wide(50) - 11, 44 + low), width=5, colour=light)
    else:  # racer
        pen.ellipse(wide(55), 57 + low * 0.4, 12, colour=colour)
        pen.box(wide(55), 53 + low * 0.4, wide(55) + 13, 60 + low * 0.4, (38, 32, 40), 3)


def ornament(pen, form, x, y, colour):
    """What stands on the roof at (x, y); drawn before the body."""
    dark = shade(colour, 0.7)
    if form == "siren":
        pen.box(x - 9.5, y - 15, x + 9.5, y + 4, colour, 8)
        pen.box(x - 13, y - 4, x + 13, y + 4, dark, 1)
    elif form == "balloon":
        pen.line((x, y + 4), (x, y - 10), width=3.5, colour=(110, 104, 112))
        pen.ellipse(x, y - 20, 11.5, 12.5, dark)
        pen.ellipse(x - 0.8, y - 21, 10.4, 11.4, colour)
    elif form == "flag":
        pen.line((x, y + 4), (x, y - 24), width=3.6, colour=(110, 104, 112))
        pen.polygon((x - 1, y - 27), (x - 27, y - 18.5), (x - 1, y - 10), colour=colour)


def wheel(pen, form, x, radius, hub, rim):
    """A wheel that stands on the ground."""
    y = 100 - radius
    pen.ellipse(x, y, radius, colour=rim)
    if form == "star":
        pen.star(x, y, radius * 0.86, hub, inner=0.5)
    else:
        pen.ellipse(x, y, radius * 0.56, colour=hub)


def draw(pen, member, pose):
    forms, colours, grown = member.forms, member.colours, member.measures
    paint, window, accent = colours["body"], colours["windows"], colours["trim"]
    shape, low = forms["shape"], 5 - 6 * grown["height"]
    x, y = ROOF[shape]

    def wide(at):
        return 50 + (at - 50) * (0.88 + 0.12 * grown["length"])

    ornament(pen, forms["top"], wide(x), y + (0 if shape == "racer" else low), accent)
    if shape == "bubble":
        glass(pen, shape, wide, low, window)
    body(pen, shape, wide, low, paint)
    radius = {"disc": 13.5, "big": 17.5, "star": 14.5}[forms["wheels"]]
    places = (21, 79) if forms["wheels"] == "big" else (24, 76)

    def pattern(on):
        below = paint
        if forms["pattern"] == "stripe":
            on.box(0, 65, 100, 73, accent)
        elif forms["pattern"] == "dots":
            for dot_x, dot_y in DOTS.get(shape, DOTS["sedan"]):
                on.ellipse(wide(dot_x), dot_y, 5.5, colour=accent)
        elif forms["pattern"] == "half":
            below = accent
            on.box(0, 74 if shape == "bubble" else 70, 100, 100, accent)
        on.box(0, FLOOR - 4, 100, FLOOR + 1, shade(below, 0.78))
        for at in places:
            on.ellipse(wide(at), 100 - radius, radius + 3, colour=shade(below, 0.6))

    mask = Pen(pen.sheet.width)
    body(mask, shape, wide, low, paint)
    pen.within(mask, pattern)
    if shape != "bubble":
        glass(pen, shape, wide, low, window)
    # The lamp.
    pen.ellipse(wide(97) - 5.5, 80 if shape == "racer" else 70, 4.5, colour=(255, 244, 190))
    rim = (38, 32, 40)
    if lab(window)[0] < 30:
        rim = (70, 66, 76) if lab(window)[0] > 22 else (120, 116, 126)
    for at in places:
        wheel(pen, forms["wheels"], wide(at), radius, window, rim)


FAMILY = Family(
    name="car", kinds=("car",),
    colours={"body": "a {} body", "windows": "{} windows", "trim": ""},
    forms={
        "shape": {"sedan": "", "bus": "a bus shape", "truck": "a cargo box", "bubble": "a glass bubble",
                  "racer": "a tail fin"},
        "top": {"none": "", "siren": "a siren", "balloon": "a balloon", "flag": "a flag"},
        "pattern": {"plain": "", "stripe": "a stripe", "dots": "dots", "half": "two tones"},
        "wheels": {"disc": "", "big": "big wheels", "star": "star wheels"},
    },
    measures={"length": "how long the body is", "height": "how high the roof is"},
    special={"bus": {"shape": "bus"}, "truck": {"shape": "truck"}},
    draw=draw,
)  # fmt: skip
