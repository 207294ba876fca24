"""Posable people as vectors: who, hair, expression, clothes, pose, portrait or full figure."""

import functools

import numpy as np
from PIL import Image, ImageDraw

PEOPLE = ("man", "woman", "boy", "girl")
PERSON_ATTRIBUTES = {
    "hair_colour": ("black", "brown", "blond", "red", "white"),
    "hair_style": ("short", "long", "curly", "bald"),
    "expression": ("smile", "serious", "surprised"),
    "shirt": ("red", "blue", "green", "yellow", "purple"),
    "glasses": ("no", "yes"),
    "hat": ("no", "yes"),
    "beard": ("no", "yes"),
    "pose": ("standing", "waving", "dancing", "ballet", "running", "sitting"),
    "framing": ("full", "portrait"),
}
HAIR = {"black": (34, 28, 30), "brown": (116, 70, 36), "blond": (240, 204, 96),
        "red": (196, 84, 36), "white": (232, 232, 236), "teal": (20, 160, 160)}  # fmt: skip
SHIRT = {"red": (214, 50, 48), "blue": (46, 92, 208), "green": (40, 150, 70),
         "yellow": (244, 200, 50), "purple": (136, 64, 176), "stripes": (250, 250, 250)}  # fmt: skip
SKIN = ((250, 220, 190), (232, 184, 140), (176, 118, 78), (122, 78, 52))
INK = (40, 30, 30)
LIPS = {"man": (150, 40, 40), "boy": (150, 40, 40), "woman": (224, 16, 60), "girl": (224, 60, 90)}

# Joint angles in degrees from straight down, positive to the right of the picture:
# (upper arm, lower arm) left and right, (thigh, shin) left and right, lean of the trunk.
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


def _limb(draw, points, width, colour):
    draw.line(points, colour, width, joint="curve")
    for x, y in points:
        r = width / 2
        draw.ellipse((x - r, y - r, x + r, y + r), colour)


def _head(draw, at, r, who, look, skin):
    x, y = at
    hair, style = HAIR[look["hair_colour"]], look["hair_style"]
    if style == "long":
        draw.rounded_rectangle((x - r * 1.22, y - r * 0.9, x + r * 1.22, y + r * 1.5), r * 0.6, hair)
    if style == "curly":
        for k in range(11):
            turn = np.pi * (0.92 + 1.16 * k / 10)
            cx, cy = x + np.cos(turn) * r * 1.05, y + np.sin(turn) * r * 1.02
            draw.ellipse((cx - r * 0.42, cy - r * 0.42, cx + r * 0.42, cy + r * 0.42), hair)
    draw.ellipse((x - r, y - r, x + r, y + r), skin)
    if style == "quiff":
        tuft = ((-1, -0.35), (-0.9, -1.1), (-0.1, -1.9), (0.2, -1.3), (0.9, -1.75), (1, -0.35))
        draw.polygon([(x + r * dx, y + r * dy) for dx, dy in tuft], hair)
    elif style != "bald":
        draw.chord((x - r * 1.06, y - r * 1.12, x + r * 1.06, y + r * 0.9), 184, 356, hair)
    if look["beard"] == "yes":
        draw.chord((x - r, y - r, x + r, y + r * 1.1), 18, 162, hair if style != "bald" else INK)
    if who == "woman":
        for side in (-1, 1):
            cx, cy = x + side * r * 0.99, y + r * 0.42
            draw.ellipse((cx - r * 0.17, cy - r * 0.17, cx + r * 0.17, cy + r * 0.17), (255, 196, 30))
    if who == "girl":
        cx, cy = x + r * 0.62, y - r * 0.72
        for side in (-1, 1):
            draw.polygon(
                [(cx, cy), (cx + side * r * 0.5, cy - r * 0.36), (cx + side * r * 0.5, cy + r * 0.36)], (255, 90, 170)
            )
    eye = r * 0.15
    for side in (-0.38, 0.38):
        cx, cy = x + side * r, y - r * 0.06
        draw.ellipse((cx - eye, cy - eye * 1.2, cx + eye, cy + eye * 1.2), INK)
        if look["glasses"] == "yes":
            draw.ellipse(
                (cx - r * 0.32, cy - r * 0.32, cx + r * 0.32, cy + r * 0.32), outline=INK, width=max(3, int(r * 0.11))
            )
    mouth = look["expression"]
    if mouth in ("smile", "grin"):
        wide = 0.56 if mouth == "smile" else 0.72
        box = (x - r * wide, y - r * 0.06, x + r * wide, y + r * (0.72 if mouth == "smile" else 0.86))
        draw.chord(box, 8, 172, LIPS[who] if mouth == "smile" else (255, 255, 255), INK, 2)
    elif mouth == "serious":
        draw.line(
            (x - r * 0.32, y + r * 0.46, x + r * 0.32, y + r * 0.46),
            LIPS[who] if who in ("woman", "girl") else INK,
            max(3, int(r * 0.15)),
        )
    else:
        draw.ellipse((x - r * 0.2, y + r * 0.26, x + r * 0.2, y + r * 0.72), LIPS[who])
    if who == "girl":
        draw.ellipse((x - r * 0.8, y + r * 0.2, x - r * 0.46, y + r * 0.46), (250, 150, 150))
        draw.ellipse((x + r * 0.46, y + r * 0.2, x + r * 0.8, y + r * 0.46), (250, 150, 150))
    if look["hat"] == "yes":
        draw.rectangle((x - r * 1.35, y - r * 0.86, x + r * 1.35, y - r * 0.6), (30, 30, 52))
        draw.rectangle((x - r * 0.8, y - r * 1.8, x + r * 0.8, y - r * 0.7), (30, 30, 52))
        draw.rectangle((x - r * 0.8, y - r * 1.1, x + r * 0.8, y - r * 0.86), (200, 50, 50))


def _stripe(draw, box, colour=(20, 110, 150)):
    x0, y0, x1, y1 = box
    step = (y1 - y0) / 5
    for k in range(5):
        if k % 2:
            draw.rectangle((x0, y0 + k * step, x1, y0 + (k + 1) * step), colour)


def portrait(draw, who, look, skin):
    """Head and shoulders on a 256-pixel canvas."""
    grown = who in ("man", "woman")
    r, x, y, wide = (62, 128, 118, 86) if grown else (48, 128, 146, 58)
    shirt = SHIRT[look["shirt"]]
    draw.rounded_rectangle((x - wide, y + 78 * r / 62, x + wide, 300), 46, shirt)
    if look["shirt"] == "stripes":
        _stripe(draw, (x - wide + 6, 206, x + wide - 6, 266))
    draw.rectangle((x - r * 0.3, y + r * 0.8, x + r * 0.3, y + r * 1.36), skin)
    _head(draw, (x, y), r, who, look, skin)


def figure(draw, who, look, skin):
    """A full figure on a 256-pixel canvas, feet near the lower edge."""
    small = who in ("boy", "girl")
    k = 0.74 if small else 1.0
    left, right, leg_l, leg_r, lean = POSES[look["pose"]]
    base = 246 - (0 if look["pose"] != "sitting" else 4)
    thigh = shin = 30 * k
    feet = max(_to(_to((0, 0), a, thigh), b, shin)[1] for a, b in (leg_l, leg_r))
    hip = (128, base - feet)
    shirt, trousers = SHIRT[look["shirt"]], (52, 58, 84)
    chest = _to(hip, 180 - lean, 52 * k)
    head = _to(chest, 180 - lean, 42 * k)
    for angles in (leg_l, leg_r):
        knee = _to(hip, angles[0], thigh)
        foot = _to(knee, angles[1], shin)
        bare = who in ("woman", "girl")
        _limb(draw, [hip, knee, foot], int(17 * k), skin if bare or who == "boy" else trousers)
        if who == "boy":  # shorts
            _limb(draw, [hip, knee], int(21 * k), trousers)
        _limb(draw, [foot, (foot[0] + np.sign(angles[0] + 0.01) * 6, foot[1])], int(14 * k), INK)
    if who in ("woman", "girl"):
        spread = 62 if look["pose"] == "ballet" else 40
        draw.polygon([chest, (hip[0] - spread * k, hip[1] + 22 * k), (hip[0] + spread * k, hip[1] + 22 * k)], shirt)
    for angles in (left, right):
        shoulder = (chest[0] + np.sign(angles[0]) * 17 * k, chest[1] + 4)
        elbow = _to(shoulder, angles[0], 27 * k)
        hand = _to(elbow, angles[1], 25 * k)
        _limb(draw, [shoulder, elbow], int(15 * k), shirt)
        _limb(draw, [elbow, hand], int(13 * k), skin)
    _limb(draw, [(chest[0], chest[1] + 8), (hip[0], hip[1] - 4)], int(44 * k), shirt)
    if look["shirt"] == "stripes":
        _stripe(draw, (chest[0] - 21 * k, chest[1] - 8, chest[0] + 21 * k, hip[1] + 14))
    _head(draw, head, 34 * (0.86 if small else 1.0), who, look, skin)


def draw_person(who, look, tone):
    """One person as a 256-pixel RGBA image; ``look`` gives a value for every attribute."""
    return _draw(who, tuple(sorted(look.items())), tone)


@functools.lru_cache(maxsize=4096)
def _draw(who, look, tone):
    look = dict(look)
    canvas = Image.new("RGBA", (256, 256))
    draw = ImageDraw.Draw(canvas)
    (portrait if look["framing"] == "portrait" else figure)(draw, who, look, SKIN[tone])
    return canvas
