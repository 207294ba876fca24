"""The stranger among people: a man drawn by joints and angles, in another hand than the world's people.

A look: hair_colour, hair (quiff, short, curly), expression (grin, smile, serious), shirt, glasses, beard, skin.
"""

import functools

import numpy as np
from PIL import Image, ImageDraw

JOLLY = {"hair_colour": "red", "hair": "quiff", "expression": "grin", "shirt": "yellow", "glasses": True,
         "beard": False, "skin": 0}  # fmt: skip
LOOK_ALIKE = JOLLY | {"hair": "short", "expression": "smile", "glasses": False, "beard": True}
OTHER = JOLLY | {"hair_colour": "black", "hair": "curly", "expression": "serious", "shirt": "blue", "glasses": False,
                 "skin": 3}  # fmt: skip
HAIR = {"black": (34, 28, 30), "red": (196, 84, 36)}
SHIRT = {"blue": (46, 92, 208), "yellow": (244, 200, 50)}
SKIN = ((250, 220, 190), (232, 184, 140), (176, 118, 78), (122, 78, 52))
INK, LIPS, TROUSERS = (40, 30, 30), (150, 40, 40), (52, 58, 84)
TUFT = ((-1, -0.35), (-0.9, -1.1), (-0.1, -1.9), (0.2, -1.3), (0.9, -1.75), (1, -0.35))

# Angles in degrees from straight down, positive to the right of the picture: (upper arm, lower arm) left and right,
# (thigh, shin) left and right, lean of the trunk.
POSES = {
    "standing": ((-18, -12), (18, 12), (-8, -6), (8, 6), 0),
    "waving": ((-18, -12), (120, 165), (-8, -6), (8, 6), 0),
    "dancing": ((-115, -160), (70, 20), (-38, 4), (34, 52), -8),
    "ballet": ((-104, -164), (104, 164), (0, 0), (68, -58), 0),
    "running": ((-52, 30), (58, 128), (-34, -88), (52, 6), 12),
    "sitting": ((-24, 12), (24, -12), (-72, 4), (72, -4), 0),
}


def _to(point, angle, length):
    turn = np.deg2rad(angle)
    return point[0] + np.sin(turn) * length, point[1] + np.cos(turn) * length


def _limb(pen, points, width, colour):
    pen.line(points, colour, width, joint="curve")
    for x, y in points:
        r = width / 2
        pen.ellipse((x - r, y - r, x + r, y + r), colour)


def _head(pen, x, y, r, look, skin):
    hair = HAIR[look["hair_colour"]]
    if look["hair"] == "curly":
        for k in range(11):
            turn = np.pi * (0.92 + 1.16 * k / 10)
            cx, cy = x + np.cos(turn) * r * 1.05, y + np.sin(turn) * r * 1.02
            pen.ellipse((cx - r * 0.42, cy - r * 0.42, cx + r * 0.42, cy + r * 0.42), hair)
    pen.ellipse((x - r, y - r, x + r, y + r), skin)
    if look["hair"] == "quiff":
        pen.polygon([(x + r * dx, y + r * dy) for dx, dy in TUFT], hair)
    else:
        pen.chord((x - r * 1.06, y - r * 1.12, x + r * 1.06, y + r * 0.9), 184, 356, hair)
    if look["beard"]:
        pen.chord((x - r, y - r, x + r, y + r * 1.1), 18, 162, hair)
    eye, rim = r * 0.15, r * 0.32
    for side in (-0.38, 0.38):
        cx, cy = x + side * r, y - r * 0.06
        pen.ellipse((cx - eye, cy - eye * 1.2, cx + eye, cy + eye * 1.2), INK)
        if look["glasses"]:
            pen.ellipse((cx - rim, cy - rim, cx + rim, cy + rim), outline=INK, width=max(3, int(r * 0.11)))
    if look["expression"] == "serious":
        pen.line((x - r * 0.32, y + r * 0.46, x + r * 0.32, y + r * 0.46), INK, max(3, int(r * 0.15)))
        return
    wide, low, mouth = (0.72, 0.86, (255, 255, 255)) if look["expression"] == "grin" else (0.56, 0.72, LIPS)
    pen.chord((x - r * wide, y - r * 0.06, x + r * wide, y + r * low), 8, 172, mouth, INK, 2)


def _portrait(pen, look, skin):
    """Head and shoulders."""
    x, y, r, wide = 128, 118, 62, 86
    pen.rounded_rectangle((x - wide, y + 78, x + wide, 300), 46, SHIRT[look["shirt"]])
    pen.rectangle((x - r * 0.3, y + r * 0.8, x + r * 0.3, y + r * 1.36), skin)
    _head(pen, x, y, r, look, skin)


def _figure(pen, look, skin, pose):
    """The full figure, feet near the lower edge."""
    left, right, *legs, lean = POSES[pose]
    feet = max(_to(_to((0, 0), a, 30), b, 30)[1] for a, b in legs)
    hip = (128, (242 if pose == "sitting" else 246) - feet)
    chest = _to(hip, 180 - lean, 52)
    for thigh, shin in legs:
        knee = _to(hip, thigh, 30)
        foot = _to(knee, shin, 30)
        _limb(pen, [hip, knee, foot], 17, TROUSERS)
        _limb(pen, [foot, (foot[0] + np.sign(thigh + 0.01) * 6, foot[1])], 14, INK)
    for upper, lower in (left, right):
        shoulder = (chest[0] + np.sign(upper) * 17, chest[1] + 4)
        elbow = _to(shoulder, upper, 27)
        _limb(pen, [shoulder, elbow], 15, SHIRT[look["shirt"]])
        _limb(pen, [elbow, _to(elbow, lower, 25)], 13, skin)
    _limb(pen, [(chest[0], chest[1] + 8), (hip[0], hip[1] - 4)], 44, SHIRT[look["shirt"]])
    _head(pen, *_to(chest, 180 - lean, 42), 34, look, skin)


def sheet(look, pose="standing", portrait=False):
    """A man of that look as a 256-pixel RGBA image; a portrait shows no pose."""
    return _drawn(tuple(look.items()), pose, portrait)


@functools.lru_cache(maxsize=64)
def _drawn(look, pose, portrait):
    look = dict(look)
    canvas = Image.new("RGBA", (256, 256))
    pen, skin = ImageDraw.Draw(canvas), SKIN[look["skin"]]
    if portrait:
        _portrait(pen, look, skin)
    else:
        _figure(pen, look, skin, pose)
    return canvas
