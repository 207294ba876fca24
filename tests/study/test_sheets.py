"""A sheet holds the pictures it was made of."""

import pytest
from PIL import Image

from study.sheets import write_sheet


def pictures(count, side=8):
    return [Image.new("RGB", (side, side), (10 * i, 255 - 10 * i, 3 * i)) for i in range(count)]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (6, 3), (6, 6), (6, 1)])
def tiles(path, side, columns):
    """The pictures of a sheet, row by row."""
    with Image.open(path) as sheet:
        across, down = sheet.width // side, sheet.height // side
        assert across == columns and sheet.size == (side * across, side * down)
        corners = [(c * side, r * side) for r in range(down) for c in range(across)]
        return [sheet.crop((x, y, x + side, y + side)) for x, y in corners]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (6, 3), (6, 6), (6, 1)])
def test_a_sheet_holds_its_pictures_row_by_row(tmp_path, count, columns):
    path = write_sheet(tmp_path / "sheet.png", pictures(count), columns)
    assert [p.tobytes() for p in tiles(path, 8, columns)] == [p.tobytes() for p in pictures(count)]


def test_large_pictures_are_kept_smaller(tmp_path):
    path = write_sheet(tmp_path / "sheet.png", pictures(4, side=64), 2, side=16)
    assert len(tiles(path, 16, 2)) == 4
