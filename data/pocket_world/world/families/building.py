"""Buildings: walls, a roof, windows, a door, and something on the roof."""

from ..colour import lab, shade
from ..family import Family

# Where the walls of each body begin.
TOP = {"wide": 48, "tall": 40, "stepped": 44, "slanted": 44}
STEP = 70  # where the lower storey of a stepped body begins


def half_width(form, y, grown):
    """Half the width of the walls at the height `y`."""
    if form == "wide":
        return 38 + 6 * grown
    if form == "tall":
        return 18 + 4 * grown
    if form == "stepped":
        return 21 + 3 * grown if y < STEP else 40 + 5 * grown
    return 19 + 2 * grown + (22 + 4 * grown) * (y - TOP[form]) / (100 - TOP[form])  # slanted


def between(pen, form, grown, y0, y1, inset, colour):
    """The walls from `y0` to `y1`, narrower by `inset` on each side."""
    upper, lower = (half_width(form, y, grown) - inset for y in (y0, y1))
    pen.polygon((50 - upper, y0), (50 + upper, y0), (50 + lower, y1), (50 - lower, y1), colour=colour)


def body(pen, form, grown, colour):
    """The walls' outline."""
    if form == "stepped":
        pen.box(50 - half_width(form, 0, grown), TOP[form], 50 + half_width(form, 0, grown), 100, colour)
        pen.box(50 - half_width(form, 99, grown), STEP, 50 + half_width(form, 99, grown), 100, colour)
    else:
        between(pen, form, grown, TOP[form], 100, 0, colour)


def arch(pen, x, y0, y1, half, colour):
    """A door or window with a round top."""
    pen.ellipse(x, y0 + half, half, colour=colour)
    pen.box(x - half, y0 + half, x + half, y1, colour)


def windows(pen, form, shape, grown, more, colour):
    """The windows, larger by `more` all round."""
    top, light = TOP[shape], shade(colour, 1.3)
    middle = top + (19 if shape == "tall" else 17)
    side = {"wide": 27, "tall": 0, "stepped": 28, "slanted": 24}[shape]
    if form == "squares":
        half = 6 + more
        if shape == "wide":
            places = [(x, y) for x in (-27, 27) for y in (62, 83)] + [(-9, 62), (9, 62)]
        elif shape == "tall":
            places = [(x, y) for x in (-9, 9) for y in (53, 70)]
        else:
            places = [(x, middle - 3) for x in (-9, 9)] + [(x, 85) for x in (-side, side)]
        for x, y in places:
            pen.box(50 + x - half, y - half, 50 + x + half, y + half, colour)
            if not more:
                pen.polygon((50 + x - half, y - half), (50 + x + 4, y - half), (50 + x - half, y + 4), colour=light)
    elif form == "arches":
        for x in (-27, 0, 27) if shape == "wide" else (-10, 10):
            end = 86 if x and shape == "wide" else middle + (14 if shape == "tall" else 10)
            arch(pen, 50 + x, middle - 10 - more, end + more, 6.5 + more, colour)
    elif form == "bands":
        second = 84 if shape == "stepped" else middle + 14
        for y in (middle - 4, second):
            between(pen, shape, grown, y - 4.5 - more, y + 4.5 + more, 4 - more, colour)
    else:  # round
        pen.ellipse(50, middle, 11.5 + more, colour=colour)
        if not more:
            pen.chord(50, middle, 11.5, 11.5, 135, 315, light)


def roof(pen, form, top, half, tall, colour):
    """The roof on walls that begin at `top`."""
    edge = shade(colour, 0.78)
    high = top - above(form, top, half, tall)[0]
    if form == "flat":
        pen.box(50 - half - 6, top - high, 50 + half + 6, top + 4, edge, 3)
        pen.box(50 - half - 6, top - high, 50 + half + 6, top, colour, 3)
    elif form == "gable":
        pen.polygon((50, top - high), (50 - half - 7, top + 4), (50 + half + 7, top + 4), colour=edge)
        pen.polygon((50, top - high), (50 - half - 3.5, top), (50 + half + 3.5, top), colour=colour)
    elif form == "dome":
        pen.chord(50, top, half + 1, high, 180, 360, colour)
        pen.box(50 - half - 4, top - 2, 50 + half + 4, top + 4, edge, 2)
    elif form == "battlements":
        count = 5 if half > 30 else 3
        wide = 2 * (half + 4) / (2 * count - 1)
        for k in range(count):
            left = 46 - half + 2 * k * wide
            pen.box(left, top - high, left + wide, top, colour)
        pen.box(46 - half, top - 5, 54 + half, top, colour)
        pen.box(46 - half, top, 54 + half, top + 4, edge)
    else:  # spire
        foot = 9 + half * 0.12
        pen.polygon((50, top - high), (50 - foot, top - 5), (50 + foot, top - 5), colour=colour)
        pen.box(50 - half - 4, top - 6, 50 + half + 4, top + 4, edge, 2)
        pen.box(50 - half - 4, top - 6, 50 + half + 4, top, colour, 2)


def above(form, top, half, tall):
    """How high up the roof ends in the middle, and where a chimney stands."""
    high = (24 if half > 30 else 19) + 5 * tall
    return {"flat": (top - 8 - 3 * tall, top - 8 - 3 * tall), "gable": (top - high, top - 0.5 * high),
            "dome": (top - high, top - 0.83 * high), "battlements": (top - 15 - 3 * tall, top - 15 - 3 * tall),
            "spire": (top - high - 1, top - 6)}[form]  # fmt: skip


def ornament(pen, form, y, side_y, half, colour):
    """What stands on the roof; drawn before the roof."""
    if form == "flag":
        pen.line((50, y - 14), (50, y + 5), width=3.6, colour=shade(colour, 0.62))
        pen.polygon((51, y - 17), (76, y - 9.5), (51, y - 2), colour=colour)
    elif form == "chimney":
        x = 50 + 0.56 * half
        pen.box(x - 5.5, side_y - 12, x + 5.5, side_y + 14, colour)
        pen.box(x - 8, side_y - 16, x + 8, side_y - 10, shade(colour, 0.75), 1)
    elif form == "ball":
        pen.ellipse(50, y - 6, 8.5, colour=shade(colour, 0.8))
        pen.ellipse(49.2, y - 7, 7.4, colour=colour)


def draw(pen, member, pose):
    forms, colours, grown = member.forms, member.colours, member.measures
    wall, top_colour, glass, door = colours["wall"], colours["roof"], colours["windows"], colours["door"]
    shape, wide, tall = forms["body"], grown["width"], grown["roof"]
    top = TOP[shape]
    half = half_width(shape, top, wide)
    edge = shade(wall, 0.6) if lab(wall)[0] > 30 else shade(wall, 1.35)
    y, side_y = above(forms["roof"], top, half, tall)
    ornament(pen, forms["top"], y, side_y, half, door)
    # The walls, in shadow on the right.
    foot = half_width(shape, 100, wide)
    body(pen, shape, wide, shade(wall, 0.82))
    if shape == "stepped":
        pen.box(50 - half, top, 45 + half, STEP, wall)
        pen.box(50 - foot, STEP, 45 + foot, 100, wall)
        for x0, x1 in ((47 - foot, 50 - half), (50 + half, 53 + foot)):
            pen.box(x0, STEP - 3, x1, STEP + 3, top_colour, 1)
    else:
        pen.polygon((50 - half, top), (45 + half, top), (45 + foot, 100), (50 - foot, 100), colour=wall)
    windows(pen, forms["windows"], shape, wide, 2.2, edge)
    windows(pen, forms["windows"], shape, wide, 0, glass)
    roof(pen, forms["roof"], top, half, tall, top_colour)
    arch(pen, 50, 78.5, 100, 10.5, edge)
    arch(pen, 50, 80.5, 100, 8.5, door)



FAMILY = Family(
    name="building", kinds=("building",),
    colours={"wall": "{} walls", "roof": "a {} roof", "windows": "{} windows", "door": "a {} door"},
    forms={
        "body": {"wide": "wide walls", "tall": "tall walls", "stepped": "stepped walls", "slanted": "slanted walls"},
        "roof": {"flat": "a flat roof", "gable": "a gable roof", "dome": "a dome", "battlements": "battlements",
                 "spire": "a spire"},
        "windows": {"squares": "square windows", "arches": "arched windows", "bands": "window bands",
                    "round": "a round window"},
        "top": {"none": "", "flag": "a flag", "chimney": "a chimney", "ball": "a ball"},
    },
    measures={"width": "how wide the walls are", "roof": "how tall the roof is"},
    special={"tower": {"body": "tall"}, "castle": {"roof": "battlements"}},
    draw=draw,
)  # fmt: skip
