"""Picture styles: filters over a finished picture, RGB uint8 in, RGB uint8 out."""

import numpy as np
from PIL import Image, ImageFilter


def tone(image, colours, amount=1.0):
    """Maps light and dark onto a ramp of colours (dark first), mixed with the picture."""
    grey = image.astype(np.float32) @ np.float32([0.299, 0.587, 0.114]) / 255
    stops = np.linspace(0, 1, len(colours))
    ramp = np.stack([np.interp(grey, stops, [c[k] for c in colours]) for k in range(3)], -1)
    return np.uint8(image * (1 - amount) + ramp * amount)


def fantasy(image):
    """Violet shadows, pink lights."""
    return tone(image, [(38, 8, 84), (150, 60, 190), (255, 150, 214), (255, 232, 244)], 0.82)


def sketch(image):
    """Dark outlines on white paper."""
    grey = Image.fromarray(image).convert("L").filter(ImageFilter.GaussianBlur(0.6))
    values = np.asarray(grey, np.float32)
    dy, dx = np.gradient(values)
    ink = 250 - np.clip(np.hypot(dx, dy) * 5.0, 0, 225) - (255 - values) * 0.12
    return np.repeat(np.uint8(np.clip(ink, 0, 255))[..., None], 3, axis=2)


def sepia(image):
    """An old brown photograph."""
    return tone(image, [(48, 30, 16), (150, 110, 70), (246, 230, 198)])


def noir(image):
    """Hard black and white."""
    grey = image.astype(np.float32) @ np.float32([0.299, 0.587, 0.114]) / 255
    hard = 1 / (1 + np.exp(-8 * (grey - 0.5)))
    return np.repeat(np.uint8(hard * 255)[..., None], 3, axis=2)


def neon(image):
    """Glowing cyan and magenta on black."""
    return tone(255 - image, [(4, 4, 16), (0, 120, 160), (0, 250, 220), (255, 60, 230)], 0.9)


def pixel(image):
    """Large square pixels of few colours."""
    size = image.shape[0]
    small = Image.fromarray(image).resize((16, 16), Image.Resampling.BOX)
    few = (np.asarray(small, np.float32) / 36).round() * 36
    coarse = Image.fromarray(np.uint8(np.clip(few, 0, 255)))
    return np.asarray(coarse.resize((size, size), Image.Resampling.NEAREST))


def pastel(image):
    """Chalk: pale and warm."""
    return np.uint8(image.astype(np.float32) * 0.5 + np.float32([255, 240, 224]) * 0.5)


STYLES = {f.__name__: f for f in (fantasy, sketch, sepia, noir, neon, pixel, pastel)}
