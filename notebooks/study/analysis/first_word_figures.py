"""The picture that the book begins with: pictures in, one word, and what it draws for some sentences."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from study.figures import image_grid

ACROSS = 3  # drawn pictures in a row
SMALL, LARGE = 128, 192  # pixels a side, of what goes in and of what is drawn
INCHES = 5.0  # wide, so that labels can be read on a telephone


def word_frame(
    learned_from: Sequence[Image.Image],
    drawn: Mapping[str, Image.Image],  # what the sentence says -> its picture
    word: str,
) -> Figure:
    """Above, the pictures that went in and the word that came out; below, what it draws."""
    lines = [list(drawn.items())[start : start + ACROSS] for start in range(0, len(drawn), ACROSS)]
    heights = [INCHES / max(len(learned_from), ACROSS) + 0.3, *[INCHES / ACROSS + 0.2] * len(lines)]
    figure, axes = plt.subplots(
        len(heights), 1, figsize=(INCHES, sum(heights)), height_ratios=heights, layout="constrained"
    )
    above = [("", str(place), image) for place, image in enumerate(learned_from)]
    _line(axes[0], above, {place: "" for _, place, _ in above}, SMALL)
    axes[0].set_xlabel(f"in: {len(learned_from)} pictures; out: the word {word}, which draws", fontsize=10)
    for ax, line in zip(axes[1:], lines, strict=True):
        _line(ax, [("", said, image) for said, image in line], {}, LARGE)
    plt.close(figure)
    return figure


def word_frames(
    learned_from: Sequence[Image.Image],
    drawn: Mapping[int, Mapping[str, Image.Image]],  # training step -> sentence -> picture
    word: str,
) -> list[Figure]:
    """A frame for each training step: what a slider moves through."""
    return [word_frame(learned_from, pictures, word) for pictures in drawn.values()]


def _line(ax, cells: Sequence[tuple[str, str, Image.Image]], labels: Mapping[str, str], pixels: int) -> None:
    """One row of pictures, each named above; a large model's are made smaller with care."""
    table = pd.DataFrame(cells, columns=["row", "column", "image"])
    fine = Image.Resampling.LANCZOS
    table["image"] = [i.resize((pixels, pixels), fine) if i.height > pixels else i for i in table["image"]]
    image_grid(table, row="row", column="column", column_labels=dict(labels), ax=ax, pixels=pixels)
    ax.tick_params(labelsize=10)
