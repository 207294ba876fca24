"""Contact sheets, to look at: many pictures of the world on one page, and the study's concepts with their names."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from . import concepts
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


def concept_sheet(folder, columns=3, each=4, side=96, gap=4, text=18):
    """The first pictures of every concept in `folder`, under its name; down the columns in the order of the tables.

    each: pictures a concept; side: pixels a side of one; text: height of a line of text.
    """
    names = [name for name in concepts.everything() if (Path(folder) / name / "images").is_dir()]
    rows, font = -(-len(names) // columns), ImageFont.load_default(text - 5)
    wide, high = each * (side + gap) + 4 * gap, text + side + gap
    sheet = Image.new("RGB", (columns * wide - 5 * gap, rows * high), "white")
    pen = ImageDraw.Draw(sheet)
    for index, name in enumerate(names):
        left, top = index // rows * wide, index % rows * high
        pen.text((left, top), name, (40, 40, 48), font)
        for number, path in enumerate(sorted((Path(folder) / name / "images").glob("*.png"))[:each]):
            with Image.open(path) as picture:
                small = picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
            sheet.paste(small, (left + number * (side + gap), top + text))
    return sheet
