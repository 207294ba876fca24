"""Twelve drawn scenes and the plain backdrop.  Drawn large, kept in a few variants, reused."""

import functools

import numpy as np
from PIL import Image, ImageDraw

LARGE = 256  # pixels a side at which scenes and people are drawn
VARIANTS = 12  # differently laid out pictures of each scene

# scene -> how a caption says it
SCENES = {
    "forest": "in the forest", "beach": "on the beach", "snow": "in the snow",
    "city": "in the city", "campus": "in the campus", "desert": "in the desert",
    "moon": "on the moon", "water": "under water", "night": "at night", "room": "in a room",
    "mountains": "in the mountains", "lake": "by the lake",
}  # fmt: skip


def gradient(top, bottom, size=LARGE):
    """A vertical colour gradient as an RGB image."""
    mix = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    rows = np.array(top, np.float32) * (1 - mix) + np.array(bottom, np.float32) * mix
    return Image.fromarray(np.repeat(rows, size, axis=1).round().astype(np.uint8))


def _hills(draw, rng, base, height, colour):
    for _ in range(3):
        x, w = rng.uniform(-40, 256), rng.uniform(110, 190)
        draw.ellipse((x - w / 2, base - height * rng.uniform(0.7, 1.2), x + w, base + 140), colour)


def _pines(draw, rng, base, count, colour, trunk):
    for x in np.linspace(8, 248, count) + rng.uniform(-14, 14, count):
        h = rng.uniform(90, 130)
        draw.rectangle((x - 5, base - 22, x + 5, base + 6), trunk)
        for k in range(3):
            y, w = base - 18 - k * h * 0.25, 30 - 7 * k
            draw.polygon([(x - w, y), (x + w, y), (x, y - h * 0.42)], colour)


def _windows(draw, x0, y0, x1, y1, step, colour):
    for y in np.arange(y0 + step * 0.6, y1 - step * 0.6, step):
        for x in np.arange(x0 + step * 0.5, x1 - step * 0.6, step):
            draw.rectangle((x, y, x + step * 0.42, y + step * 0.5), colour)


def _forest(rng):
    image = gradient((150, 205, 165), (95, 160, 105))
    draw = ImageDraw.Draw(image)
    _pines(draw, rng, 176, 8, (44, 110, 62), (88, 64, 44))
    draw.rectangle((0, 172, 256, 256), (60, 122, 58))
    return image


def _beach(rng):
    image = gradient((96, 184, 246), (190, 228, 250))
    draw = ImageDraw.Draw(image)
    x = rng.uniform(30, 226)
    draw.ellipse((x - 22, 16, x + 22, 60), (255, 214, 60))
    draw.rectangle((0, 104, 256, 172), (28, 136, 196))
    draw.rectangle((0, 166, 256, 256), (240, 214, 150))
    return image


def _snow(rng):
    image = gradient((168, 198, 232), (220, 232, 246))
    draw = ImageDraw.Draw(image)
    _hills(draw, rng, 160, 60, (236, 243, 252))
    draw.rectangle((0, 178, 256, 256), (250, 252, 255))
    for x, y in zip(np.linspace(16, 240, 8), rng.uniform(12, 110, 8), strict=True):
        draw.ellipse((x - 5, y - 5, x + 5, y + 5), (255, 255, 255))
    return image


def _city(rng):
    image = gradient((150, 190, 226), (214, 226, 236))
    draw = ImageDraw.Draw(image)
    for x in range(0, 256, 52):
        h = rng.uniform(90, 170)
        grey = int(rng.uniform(96, 136))
        draw.rectangle((x, 196 - h, x + 46, 200), (grey - 6, grey, grey + 22))
        _windows(draw, x, 196 - h, x + 46, 196, 20, (244, 226, 140))
    draw.rectangle((0, 196, 256, 256), (92, 94, 102))
    return image


def _campus(rng):
    image = gradient((130, 196, 246), (206, 230, 250))
    draw = ImageDraw.Draw(image)
    x = rng.uniform(108, 148)
    draw.rectangle((x - 100, 96, x + 100, 180), (192, 92, 70))
    draw.polygon([(x - 40, 96), (x + 40, 96), (x, 54)], (150, 60, 48))
    _windows(draw, x - 100, 100, x + 104, 168, 32, (246, 240, 220))
    draw.rectangle((0, 172, 256, 256), (116, 190, 86))
    draw.polygon([(x - 14, 176), (x + 14, 176), (x + 40, 256), (x - 40, 256)], (226, 210, 180))
    return image


def _desert(rng):
    image = gradient((250, 204, 130), (252, 230, 176))
    draw = ImageDraw.Draw(image)
    _hills(draw, rng, 190, 50, (230, 170, 96))
    draw.rectangle((0, 190, 256, 256), (222, 156, 80))
    x = rng.choice((24, 226)) + rng.uniform(-8, 8)
    for box in ((-7, 96, 7, 200), (-28, 130, -18, 160), (-28, 150, 0, 160), (18, 116, 28, 146), (0, 138, 28, 147)):
        draw.rounded_rectangle((x + box[0], box[1], x + box[2], box[3]), 5, (70, 140, 74))
    return image


def _moon(rng):
    image = gradient((8, 8, 20), (18, 18, 40))
    draw = ImageDraw.Draw(image)
    for x, y in zip(np.linspace(14, 242, 8), rng.uniform(12, 120, 8), strict=True):
        draw.ellipse((x - 4, y - 4, x + 4, y + 4), (240, 240, 220))
    x = rng.choice((52, 204))
    draw.ellipse((x - 22, 22, x + 22, 66), (70, 130, 210))
    draw.ellipse((-60, 168, 316, 420), (168, 168, 174))
    for x in (40, 130, 214) + rng.uniform(-14, 14, 3):
        y = rng.uniform(204, 236)
        draw.ellipse((x - 20, y - 8, x + 20, y + 8), (128, 128, 136))
    return image


def _water(rng):
    image = gradient((40, 150, 220), (8, 56, 130))
    draw = ImageDraw.Draw(image)
    for x, y in zip(np.linspace(24, 232, 6), rng.uniform(14, 140, 6), strict=True):
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), outline=(200, 236, 255), width=3)
    draw.ellipse((-40, 214, 296, 330), (200, 180, 120))
    for x in (14, 34, 60, 196, 222, 244) + rng.uniform(-5, 5, 6):
        draw.line((x, 236, x + 8, 204, x - 6, 176, x + 4, 146), (30, 140, 96), 9)
    return image


def _night(rng):
    image = gradient((12, 16, 52), (44, 44, 100))
    draw = ImageDraw.Draw(image)
    for x, y in zip(np.linspace(14, 242, 8), rng.uniform(10, 120, 8), strict=True):
        draw.ellipse((x - 4, y - 4, x + 4, y + 4), (250, 246, 200))
    x = rng.choice((44, 212)) + rng.uniform(-10, 10)
    draw.ellipse((x - 26, 18, x + 26, 70), (250, 240, 190))
    _hills(draw, rng, 196, 40, (24, 28, 60))
    draw.rectangle((0, 192, 256, 256), (18, 26, 46))
    return image


def _room(rng):
    image = Image.new("RGB", (LARGE, LARGE), (236, 208, 184))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 186, 256, 256), (150, 98, 66))
    draw.rectangle((0, 180, 256, 188), (250, 244, 236))
    x, y = (18, 176) if rng.random() < 0.5 else (176, 22)
    draw.rectangle((x, 24, x + 62, 92), (250, 250, 250))
    draw.rectangle((x + 6, 30, x + 56, 86), (150, 206, 240))
    draw.rectangle((y, 34, y + 52, 78), (120, 60, 60))
    draw.rectangle((y + 7, 41, y + 45, 71), (230, 150, 90))
    return image


def _mountains(rng):
    image = gradient((120, 176, 232), (206, 226, 244))
    draw = ImageDraw.Draw(image)
    for x in (30, 128, 222) + rng.uniform(-20, 20, 3):
        h = rng.uniform(110, 150)
        draw.polygon([(x - 90, 190), (x + 90, 190), (x, 190 - h)], (112, 112, 134))
        draw.polygon([(x - 27, 190 - h * 0.7), (x + 27, 190 - h * 0.7), (x, 190 - h)], (250, 250, 255))
    draw.rectangle((0, 188, 256, 256), (96, 150, 84))
    return image


def _lake(rng):
    image = gradient((140, 206, 246), (212, 236, 248))
    draw = ImageDraw.Draw(image)
    _hills(draw, rng, 150, 60, (72, 140, 84))
    draw.rectangle((0, 138, 256, 256), (106, 176, 92))
    x = rng.uniform(-12, 12)
    draw.ellipse((-30 + x, 146, 286 + x, 246), (58, 142, 214))
    for dx, y in ((60, 176), (150, 196), (96, 218)):
        draw.line((dx + x, y, dx + x + 44, y), (160, 212, 244), 5)
    return image


DRAW = {name: globals()["_" + name] for name in SCENES}


@functools.cache
def scene(name, variant):
    """One variant of a scene as a large RGB image."""
    order = list(SCENES).index(name)
    return DRAW[name](np.random.default_rng((7, order, variant)))


def plain(rng):
    """A quiet backdrop: a light gradient of one hue."""
    tint = rng.integers(214, 250, 3)
    return gradient(np.minimum(tint + 10, 255), tint - 8)
