"""A sheet gives back the pictures it was made of."""

import pytest
from PIL import Image

from textinv_core.sheets import read_sheet, write_sheet


def pictures(count, side=8):
    return [Image.new("RGB", (side, side), (10 * i, 255 - 10 * i, 3 * i)) for i in range(count)]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (6, 3), (6, 6), (6, 1)])
def test_a_sheet_gives_back_its_pictures(tmp_path, count, columns):
    path = write_sheet(tmp_path / "sheet.png", pictures(count), columns)
    assert [p.tobytes() for p in read_sheet(path, columns)] == [p.tobytes() for p in pictures(count)]


def test_large_pictures_are_kept_smaller(tmp_path):
    path = write_sheet(tmp_path / "sheet.png", pictures(4, side=64), 2, side=16)
    assert [p.size for p in read_sheet(path, 2)] == [(16, 16)] * 4


def test_what_is_no_sheet_is_named_in_one_line(tmp_path):
    path = write_sheet(tmp_path / "sheet.png", pictures(3), 3)
    for wrong, columns in ((path, 5), (tmp_path / "none.png", 1)):
        with pytest.raises(ValueError, match=wrong.name) as error:
            read_sheet(wrong, columns)
        assert "\n" not in str(error.value)
