"""Picture sheets: many small pictures of one size as one PNG, so that a record can be drawn again."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from textinv_core.files import write_image


def write_sheet(path: str | Path, images: Sequence[Image.Image], columns: int, side: int | None = None) -> Path:
    """Pictures row by row, `columns` in a row, each `side` pixels (default: the first one's height)."""
    side = side or images[0].height
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (side * columns, side * rows), "white")
    for i, image in enumerate(images):
        sheet.paste(
            image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS),
            (i % columns * side, i // columns * side),
        )
    return write_image(path, sheet)
