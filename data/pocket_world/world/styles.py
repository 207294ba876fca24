"""Picture styles, a family too: a ramp of three colours over a finished picture, and a finish."""

import numpy as np
from PIL import Image, ImageFilter

from .colour import apart, lab_of, random_colour
from .family import Family, Member

LUMA = np.float32([0.299, 0.587, 0.114])
DARK, LIGHT = 34, 72  # CIELAB lightness: shadows are darker than the one, lights lighter than the other


def ramp(grey, colours):
    """Map grey (H, W) of 0..1 onto a ramp of colours, dark first: (H, W, 3)."""
    stops = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(grey, stops, [colour[k] for colour in colours]) for k in range(3)], -1)


def lines_of(grey):
    """How much of a line there is at each place (H, W): 0 nothing, 1 a strong edge."""
    soft = Image.fromarray(np.uint8(grey * 255)).filter(ImageFilter.GaussianBlur(0.012 * len(grey)))
    dy, dx = np.gradient(np.asarray(soft, np.float32) / 255 * len(grey) / 64)
    return np.clip(np.hypot(dx, dy) * 7, 0, 1)[..., None]


def apply(style, image):
    """A picture (uint8, (H, W, 3)) in the style of a member: the same shape."""
    colours, size = [np.float32(style.colours[slot]) for slot in ("shadow", "middle", "light")], image.shape[0]
    grey = image.astype(np.float32) @ LUMA / 255
    tone = style.forms["tone"]
    if tone == "negative":
        grey = 1 - grey
    if tone == "hard":
        grey = 1 / (1 + np.exp(-11 * (grey - 0.55)))
    out = ramp(grey, colours)
    if tone == "tint":
        out = 0.52 * out + 0.48 * image
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    finish = style.forms["finish"]
    if finish == "vignette":
        dark = np.clip(1.5 * (x * x + y * y) - 0.5, 0, 1)[..., None]
        out = out * (1 - dark) + colours[0] * dark
    elif finish == "lines":
        ink = lines_of(grey)
        out = (0.35 * out + 0.65 * colours[2]) * (1 - ink) + colours[0] * ink
    elif finish == "stripes":
        out = np.where((np.arange(size) * 16 // size % 2 == 0)[:, None, None], out, out * 0.7 + colours[1] * 0.12)
    elif finish == "frame":
        out = np.where((np.maximum(abs(x), abs(y)) > 0.84)[..., None], colours[1], out)
    return np.uint8(np.clip(out, 0, 255))


def random_style(rng):
    """A style drawn at random: dark shadows, bright lights, and a middle between them of another colour."""

    def drawn(wanted):
        while True:
            colour = random_colour(rng)
            if wanted(lab_of(colour)[0], colour):
                return colour

    shadow = drawn(lambda lightness, _: lightness < DARK)
    light = drawn(lambda lightness, _: lightness > LIGHT)
    low, high = lab_of(shadow)[0] + 12, lab_of(light)[0] - 8
    middle = drawn(lambda lightness, colour: low < lightness < high and apart(colour, light) > 26)
    found = {"shadow": shadow, "light": light, "middle": middle}
    forms = {part: str(rng.choice(list(options))) for part, options in FAMILY.forms.items()}
    return Member("style", "painting", found, forms, {})


FAMILY = Family(
    name="style", kinds=("painting",), main=2,
    colours={"shadow": "", "light": "", "middle": ""},
    forms={"tone": {"ramp": "", "negative": "", "hard": "", "tint": ""},
           "finish": {"plain": "", "vignette": "", "lines": "", "stripes": "", "frame": ""}},
    measures={}, draw=apply,
)  # fmt: skip
# Styles that have a name everybody knows.
FAMOUS = {
    "fantasy": Member("style", "painting", {"shadow": (44, 10, 92), "light": (255, 226, 244), "middle": (214, 96, 206)},
                      {"tone": "ramp", "finish": "vignette"}, {}),
    "sepia": Member("style", "painting", {"shadow": (48, 30, 16), "light": (246, 230, 198), "middle": (164, 120, 76)},
                    {"tone": "ramp", "finish": "plain"}, {}),
    "noir": Member("style", "painting", {"shadow": (10, 10, 14), "light": (246, 246, 246), "middle": (128, 128, 132)},
                   {"tone": "hard", "finish": "plain"}, {}),
    "sketch": Member("style", "painting", {"shadow": (36, 34, 40), "light": (250, 248, 242), "middle": (190, 188, 184)},
                     {"tone": "ramp", "finish": "lines"}, {}),
}  # fmt: skip
