"""A contact sheet: many pictures of the world on one page, to look at it."""

import numpy as np
from PIL import Image

from .picture import SIZE, sample


def contact_sheet(rows=10, columns=14, seed=0, gap=2, zoom=1):
    """Draw `rows * columns` samples; returns the sheet and its captions, row by row."""
    rng = np.random.default_rng(seed)
    step = SIZE * zoom + gap
    sheet = Image.new("RGB", (columns * step, rows * step), "white")
    lines = []
    for index in range(rows * columns):
        drawn = sample(rng)
        cell = Image.fromarray(drawn.image).resize((SIZE * zoom,) * 2, Image.Resampling.NEAREST)
        sheet.paste(cell, (index % columns * step, index // columns * step))
        lines.append(drawn.caption)
    return sheet, lines
