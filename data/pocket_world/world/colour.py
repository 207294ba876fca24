"""Colours: sRGB triples of 0..255, their lightness and distance in CIELAB, and the words for them."""

import colorsys
import functools
import math

import numpy as np

# The colour that each word stands for; a colour is called by the nearest of them.
WORDS = {
    "red": (214, 40, 44), "orange": (242, 136, 32), "yellow": (246, 212, 56), "green": (58, 160, 70),
    "teal": (32, 164, 164), "blue": (52, 104, 214), "purple": (134, 66, 182), "pink": (240, 130, 184),
    "brown": (124, 78, 44), "black": (34, 32, 38), "white": (244, 242, 238), "grey": (140, 142, 148),
}  # fmt: skip
RGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])
_ROWS = (RGB_TO_XYZ / WHITE[:, None]).tolist()
_LINEAR = [v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in range(256)]
XYZ_TO_LAB, _BLACK = np.array([[0, 500, 0], [116, -500, 200], [0, 0, -200]]), np.array([-16, 0, 0])


def lab(colours):
    """CIELAB (D65) of sRGB colours: (..., 3) of 0..255 -> (..., 3) float."""
    values = np.asarray(colours, np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    xyz = linear @ RGB_TO_XYZ.T / WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return f @ XYZ_TO_LAB + _BLACK


def _curve(value):
    return math.cbrt(value) if value > (6 / 29) ** 3 else value / (3 * (6 / 29) ** 2) + 4 / 29


@functools.lru_cache(maxsize=1 << 16)
def lab_of(colour):
    """CIELAB of one sRGB triple (a tuple of integers), as three floats: `lab` without an array's cost."""
    red, green, blue = _LINEAR[colour[0]], _LINEAR[colour[1]], _LINEAR[colour[2]]
    x, y, z = (_curve(a * red + b * green + c * blue) for a, b, c in _ROWS)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def rgb(values):
    """The sRGB triple of a CIELAB colour, clipped to what a screen shows: the way back of `lab`."""
    lightness, a, b = (float(value) for value in values)
    f = np.array([(lightness + 16) / 116 + a / 500, (lightness + 16) / 116, (lightness + 16) / 116 - b / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * WHITE
    linear = np.clip(np.linalg.solve(RGB_TO_XYZ, xyz), 0, 1)
    values = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return tuple(int(value) for value in np.round(255 * values))


def delta_e(first, second):
    """The distance of sRGB colours in CIELAB, CIE 1976: two (..., 3) -> (...)."""
    return np.linalg.norm(lab(first) - lab(second), axis=-1)


def apart(first, second):
    """`delta_e` of two triples (tuples)."""
    return math.dist(lab_of(first), lab_of(second))


def word(colour):
    """The word for a colour: the nearest of `WORDS`."""
    return _word(tuple(colour))


@functools.lru_cache(maxsize=1 << 16)
def _word(colour):
    return min(WORDS, key=lambda name: math.dist(lab_of(WORDS[name]), lab_of(colour)))


def shade(colour, factor):
    """A darker (factor < 1) or lighter (factor > 1, towards white) colour."""
    if factor <= 1:
        return tuple(round(value * factor) for value in colour)
    return tuple(round(value + (255 - value) * (factor - 1)) for value in colour)


def random_colour(rng, name=None):
    """A colour drawn evenly over hues, mostly strong; of the word `name` if one is given."""
    while True:
        if rng.random() < 0.16:  # greys, near-black, near-white
            hue, saturation, value = rng.random(), 0.14 * rng.random(), 0.16 + (0.94 - 0.16) * rng.random()
        else:  # as `rng.uniform` reckons, in a fifth of its time
            hue, saturation, value = rng.random(), 0.42 + (0.95 - 0.42) * rng.random(), 0.36 + 0.64 * rng.random()
        colour = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, saturation, value))
        if name is None or word(colour) == name:
            return colour
