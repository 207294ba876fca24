"""Picture sheets: many small pictures of one size as one PNG, so that a record can be drawn again."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from textinv_core.records import write_image


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


def read_sheet(path: str | Path, columns: int) -> list[Image.Image]:
    """The pictures of a sheet with `columns` in a row, row by row; ValueError if it cannot be such a sheet."""
    try:
        with Image.open(path) as file:
            sheet = file.convert("RGB")
    except Exception as error:  # whatever Pillow's readers come upon in a broken file
        raise ValueError(f"{path}: no readable sheet of pictures ({' '.join(str(error).split())})") from None
    side = sheet.width // max(columns, 1)
    if columns < 1 or side < 1 or sheet.width % columns or sheet.height % side:
        raise ValueError(
            f"{path}: {sheet.width}x{sheet.height} pixels are no sheet of {columns} square pictures in a row"
        )
    rows = sheet.height // side
    return [
        sheet.crop((c * side, r * side, (c + 1) * side, (r + 1) * side)) for r in range(rows) for c in range(columns)
    ]
