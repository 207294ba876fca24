"""People: man, woman, boy or girl, with large heads, in a pose given by the places of their joints."""

from ..colour import shade
from ..family import Family
from ..pen import INK

SKIN = ((252, 222, 194), (234, 186, 142), (178, 120, 80), (124, 80, 54))
PINK, GOLD = (255, 92, 156), (255, 200, 40)
# pose -> head, neck, hip, (elbow, hand) left and right, (knee, foot) left and right, size of the head.
POSES = {
    "standing": ((50, 31), (50, 53), (50, 76), ((29, 63), (25, 73)), ((71, 63), (75, 73)), ((43, 86), (41, 96)),
                 ((57, 86), (59, 96)), 1.0),
    "waving": ((50, 31), (50, 53), (50, 76), ((29, 63), (25, 73)), ((79, 56), (91, 29)), ((43, 86), (41, 96)),
               ((57, 86), (59, 96)), 1.0),
    "dancing": ((46, 31), (48, 53), (51, 75), ((20, 55), (11, 33)), ((76, 58), (88, 66)), ((38, 85), (41, 96)),
                ((70, 82), (86, 90)), 1.0),
    "ballet": ((50, 32), (50, 53), (50, 75), ((14, 40), (21, 10)), ((86, 40), (79, 10)), ((49, 86), (49, 96)),
               ((71, 78), (90, 70)), 1.0),
    "running": ((56, 31), (54, 53), (47, 75), ((28, 57), (21, 69)), ((74, 66), (88, 55)), ((31, 83), (13, 77)),
                ((66, 82), (79, 96)), 1.0),
    "sitting": ((50, 42), (50, 67), (50, 89), ((28, 77), (27, 88)), ((72, 77), (73, 88)), ((32, 93), (14, 95)),
                ((68, 93), (86, 95)), 1.1),
}  # fmt: skip


def limb(pen, joint, middle, end, width, colour):
    """An arm or a leg."""
    pen.line(joint, middle, width=width, colour=colour)
    pen.line(middle, end, width=width, colour=colour)


def hair_behind(pen, form, x, y, s, colour):
    """The hair that lies behind the head and shoulders."""
    dark = shade(colour, 0.8)
    if form == "long":
        pen.box(x - 26 * s, y - 14 * s, x + 26 * s, y + 33 * s, dark, 9 * s)
    elif form == "curly":
        for dx, dy in ((-24, 10), (24, 10), (-26, -3), (26, -3), (-19, -15), (19, -15), (-7, -20), (7, -20)):
            pen.ellipse(x + dx * s, y + dy * s, 9 * s, colour=dark)
    elif form == "spiky":
        for dx in (-1, 1):
            pen.polygon((x + dx * 14 * s, y - 14 * s), (x + dx * 33 * s, y - 10 * s), (x + dx * 22 * s, y - 2 * s),
                        (x + dx * 31 * s, y + 6 * s), (x + dx * 16 * s, y + 11 * s), colour=dark)


def hair_before(pen, form, x, y, s, colour, hat):
    """The hair on the head."""
    if form == "bald":
        for dx in (-1, 1):
            pen.ellipse(x + dx * 22 * s, y - 0.5 * s, 6.6 * s, 9.5 * s, shade(colour, 0.8))
            pen.ellipse(x + dx * 22 * s, y - 2 * s, 6.4 * s, 8.4 * s, colour)
            pen.line((x + dx * 12 * s, y - 6 * s), (x + dx * 5 * s, y - 6 * s), width=3.5 * s, colour=colour)
        return
    if form == "spiky":
        if not hat:
            pen.polygon(*[(x + dx * s, y + dy * s) for dx, dy in (
                (-22, -4), (-28, -19), (-16, -16), (-15, -28), (-5, -20), (2, -30), (8, -20), (19, -27), (17, -16),
                (28, -18), (22, -4))], colour=colour)
        pen.polygon(*[(x + dx * s, y + dy * s) for dx, dy in (
            (-22, -2), (-21, -12), (21, -12), (22, -2), (15, -10), (9, -3), (3, -10), (-4, -3), (-10, -10), (-16, -3))],
            colour=colour)
        return
    if form == "curly":
        for dx, dy in ((-17, -9), (-9, -15), (0, -11), (9, -15), (17, -9)):
            pen.ellipse(x + dx * s, y + dy * s, 6.6 * s, colour=colour)
        return
    pen.chord(x, y - 1 * s, 23 * s, 22 * s, 198, 342, colour)
    if form == "long":
        for dx in (-1, 1):
            pen.box(x + dx * 18 * s, y - 10 * s, x + dx * 26 * s, y + 29 * s, colour, 4 * s)
    else:
        for dx in (-1, 1):
            low = y + (5 if form == "short" else 1) * s
            pen.box(x + dx * 17.5 * s, y - 9 * s, x + dx * 23.5 * s, low, colour, 2 * s)
    if form == "short":  # a parting
        pen.polygon((x - 20 * s, y - 9 * s), (x + 12 * s, y - 9 * s), (x - 13 * s, y - 2 * s), (x - 20 * s, y - 1 * s),
                    colour=colour)


def face(pen, kind, forms, x, y, s, skin, hair):
    """Eyes, glasses and mouth; (x, y) is the middle of the face."""
    female = kind in ("woman", "girl")
    if kind != "man":
        for dx in (-1, 1):
            pen.ellipse(x + dx * 15.5 * s, y + 9 * s, 3.8 * s, 2.8 * s, (240, 128, 120))
    for dx in (-1, 1):
        ex, ey = x + dx * 9 * s, y + 1.5 * s
        if forms["glasses"] == "yes":
            pen.ellipse(ex, ey, 8.6 * s, 8 * s, INK)
            pen.ellipse(ex, ey, 5.6 * s, 5 * s, (236, 246, 255))
            pen.ellipse(ex, ey, 2.6 * s, 3.2 * s)
            continue
        if female:
            pen.line((ex + dx * 1 * s, ey - 2.5 * s), (ex + dx * 5 * s, ey - 4 * s), width=2.6 * s)
        wide = 1.15 if forms["mouth"] == "surprised" else 1
        pen.ellipse(ex, ey, 3.3 * s * wide, 4.3 * s * wide)
        pen.ellipse(ex + 1 * s, ey - 1.6 * s, 1.3 * s, colour=(255, 255, 255))
    lips = (222, 24, 74) if kind == "woman" else (120, 24, 34)
    if forms["mouth"] == "smile":
        pen.chord(x, y + 8 * s, 10 * s, 8.6 * s, 0, 180, lips)
        pen.box(x - 6.6 * s, y + 8 * s, x + 6.6 * s, y + 10.6 * s, (255, 255, 255))
    elif forms["mouth"] == "serious":
        pen.line((x - 6 * s, y + 12 * s), (x + 6 * s, y + 12 * s), width=3.6 * s, colour=lips)
    else:
        pen.ellipse(x, y + 12 * s, 5.2 * s, 6 * s, lips)
        if kind == "woman":
            pen.ellipse(x, y + 12 * s, 3 * s, 4 * s, (96, 14, 34))


def headwear(pen, form, x, y, s, colour, band):
    """A cap with its peak to the right, or a top hat."""
    dark = shade(colour, 0.78)
    if form == "cap":
        pen.chord(x, y - 8 * s, 23.5 * s, 20 * s, 180, 360, colour)
        pen.box(x - 23.5 * s, y - 12 * s, x + 35 * s, y - 6 * s, dark, 2.8 * s)
        pen.ellipse(x, y - 27 * s, 4 * s, 2.6 * s, dark)
    elif form == "tophat":
        pen.box(x - 16 * s, y - 30.5 * s, x + 16 * s, y - 8 * s, colour, 2.5 * s)
        pen.box(x - 16 * s, y - 17 * s, x + 16 * s, y - 10 * s, band)
        pen.box(x - 28 * s, y - 11.5 * s, x + 28 * s, y - 6 * s, dark, 2.6 * s)


def draw(pen, member, pose):
    kind, forms, colours, grown = member.kind, member.forms, member.colours, member.measures
    pose = pose or "standing"
    head, neck, hip, left, right, leg_left, leg_right, size = POSES[pose]
    female, small = kind in ("woman", "girl"), kind in ("boy", "girl")
    top, hair, trim = colours["top"], colours["hair"], colours["trim"]
    skin = SKIN[min(3, int(grown["skin"] * 4))]
    k = 0.86 if small else 1.0
    s = size * (0.95 if small else 1.0)
    wide = {"man": 15.5, "woman": 10.5, "boy": 13, "girl": 11.5}[kind] + 2.5 * grown["build"]
    arm, leg = {"man": (9, 10.5), "woman": (7.6, 8)}.get(kind, (7.2, 7.6))

    def at(point):
        return 50 + (point[0] - 50) * k, 100 + (point[1] - 100) * k

    (hx, hy), (nx, ny), (bx, by) = at(head), at(neck), at(hip)
    hy -= (s - size * k) * 19.5
    low = 100 - 4  # where the middle of a shoe is when it stands
    hair_behind(pen, forms["hair"], hx, hy, s, hair)
    # Legs and shoes.
    for dx, (knee, foot) in ((-1, leg_left), (1, leg_right)):
        joint, knee, foot = (bx + dx * wide * 0.5, by), at(knee), at(foot)
        foot = (foot[0], min(foot[1], low))
        tone = 0.86 if dx < 0 else 1
        if kind == "man":
            limb(pen, joint, knee, foot, leg, shade(trim, tone))
            shoe = INK
        else:
            limb(pen, joint, knee, foot, leg, shade(skin, tone * 0.97))
            shoe = shade(trim, 0.8)
            if kind == "boy":
                pen.line(joint, knee, width=leg + 4, colour=shade(trim, tone))
        if small and pose != "ballet":
            mid = (foot[0] * 0.7 + knee[0] * 0.3, foot[1] * 0.7 + knee[1] * 0.3)
            pen.line(mid, foot, width=leg, colour=(250, 250, 250))
        toe = {"running": 3, "sitting": 0}.get(pose, 3 * dx)
        if pose == "sitting":
            pen.ellipse(foot[0] + dx * 2, 93, 5, 7, shoe)
        elif pose == "ballet" and dx < 0:
            pen.polygon((foot[0] - 5, foot[1] - 6), (foot[0] + 5, foot[1] - 6), (foot[0] + 1.5, 100),
                        (foot[0] - 1.5, 100), colour=shoe)
        else:
            pen.ellipse(foot[0] + toe, foot[1], 6.8, 4, shoe)
    # Trunk and clothes.
    pen.line((nx - wide + 4, ny + 3), (nx + wide - 4, ny + 3), width=8, colour=top)
    bottom, waist, spread, shift = by + 2, by, 0, 0
    if female:
        bottom, spread = by + (13 if kind == "woman" else 9), wide * 0.9 + (11 if kind == "woman" else 12)
        waist, shift = ny + (by - ny) * 0.42, -4 if pose == "running" else 0
        if pose == "ballet":
            bottom, spread, waist = by + 5, wide + 18, ny + (by - ny) * 0.6
        bottom = min(bottom, 97)
        pen.line((bx - spread + 3 + shift, bottom - 2), (bx + spread - 3 + shift, bottom - 2), width=5, colour=top)

    def trunk(y0, y1, colour):
        """The part of shirt or dress between two heights."""
        ends = []
        for y in (y0, *(y for y in (waist,) if y0 < y < y1), y1):
            along, below = (y - ny) / (by - ny), max(0, (y - waist) / (bottom - waist))
            half = max(wide * (1 - 0.08 * along), (wide * 0.72 + (spread - wide * 0.72) * below) if spread else 0)
            ends.append((nx + (bx - nx) * along + shift * below, y, half))
        pen.polygon(*[(x - half, y) for x, y, half in ends], *[(x + half, y) for x, y, half in ends[::-1]],
                    colour=colour)

    trunk(ny + 3, bottom, top)
    middle = (ny + by) / 2 + 2
    if forms["clothes"] == "stripes":
        for y in (middle - 4, middle + 5.5, middle + 15):
            if y < bottom:
                trunk(y - 2.5, min(y + 2.5, bottom), trim)
    elif female:
        trunk(bottom - 4, bottom, shade(top, 0.8))
    if forms["clothes"] == "star":
        pen.star((nx + bx) / 2, middle + 1, 10, trim, inner=0.5)
    if not female and forms["clothes"] != "stripes":
        trunk(by - 2, bottom, shade(trim, 0.75))
    # Arms.
    for dx, (elbow, hand) in ((-1, left), (1, right)):
        joint, elbow, hand = (nx + dx * (wide - 3), ny + 3.5), at(elbow), at(hand)
        sleeve = shade(top, 0.86)
        if kind == "man":
            limb(pen, joint, elbow, hand, arm, sleeve)
            pen.ellipse(*hand, arm * 0.62, colour=skin)
        else:
            limb(pen, joint, elbow, hand, arm, skin)
            end = (joint[0] * 0.4 + elbow[0] * 0.6, joint[1] * 0.4 + elbow[1] * 0.6)
            pen.line(joint, end, width=arm + 2, colour=sleeve)
            pen.ellipse(*hand, arm * 0.6, colour=skin)
    # Head.
    pen.ellipse(hx, hy + 1.4 * s, 22 * s, 19.4 * s, shade(skin, 0.8))
    for dx in (-1, 1):
        pen.ellipse(hx + dx * 21.5 * s, hy + 3 * s, 4 * s, 4.6 * s, shade(skin, 0.9))
    pen.ellipse(hx, hy, 22 * s, 19 * s, skin)
    if kind == "man":  # a square jaw
        pen.box(hx - 18.5 * s, hy, hx + 18.5 * s, hy + 20.5 * s, shade(skin, 0.8), 8 * s)
        pen.box(hx - 18.5 * s, hy, hx + 18.5 * s, hy + 19 * s, skin, 8 * s)
    face(pen, kind, forms, hx + (3 if pose == "running" else 0), hy, s, skin, hair)
    hair_before(pen, forms["hair"], hx, hy, s, hair, forms["hat"] != "none")
    headwear(pen, forms["hat"], hx, hy, s, trim, top)
    if kind == "woman":
        for dx in (-1, 1):
            pen.ellipse(hx + dx * 22 * s, hy + 11 * s, 3.8 * s, colour=GOLD)
    elif kind == "girl":
        x, y = hx - 16 * s, hy - 12 * s
        for dx in (-1, 1):
            pen.polygon((x, y), (x + dx * 10 * s, y - 7 * s), (x + dx * 10 * s, y + 7 * s), colour=PINK)
        pen.ellipse(x, y, 3.6 * s, colour=shade(PINK, 0.75))


def allowed(kind, forms):
    """Only men are bald, and who is bald wears no hat."""
    if forms["hair"] != "bald":
        return forms
    return forms | ({"hat": "none"} if kind == "man" else {"hair": "short"})


FAMILY = Family(
    name="person", kinds=("man", "woman", "boy", "girl"),
    colours={"top": "a {} top", "hair": "{} hair", "trim": ""},
    forms={
        "hair": {"short": "a short cut", "long": "long locks", "curly": "curls", "bald": "a bald head",
                 "spiky": "spikes"},
        "mouth": {"smile": "a big smile", "serious": "a serious face", "surprised": "a surprised face"},
        "glasses": {"no": "", "yes": "glasses"},
        "hat": {"none": "", "cap": "a cap", "tophat": "a hat"},
        "clothes": {"plain": "", "stripes": "stripes", "star": "a star"},
    },
    measures={"skin": "how dark the skin is", "build": "how broad the trunk is"},
    draw=draw, poses=tuple(POSES), allowed=allowed,
)  # fmt: skip
