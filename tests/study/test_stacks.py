"""Stacked grids: panels and rows in the order asked for, the first picture of a cell shown."""

import numpy as np
import pandas as pd
from PIL import Image

from study import stacks


def tiles_of(*cells):
    """(panel, row, column, grey) a picture."""
    table = pd.DataFrame(cells, columns=["panel", "row", "column", "grey"])
    return table.assign(image=[Image.new("RGB", (8, 8), (grey,) * 3) for grey in table["grey"]])


def test_panels_and_rows_come_in_the_order_asked_for_and_others_are_left_out():
    oak = "oak\n“oak”"
    tiles = tiles_of(("far", "word", oak, 10), ("far", "photo", oak, 200), ("far", "word", oak, 90))
    tiles = pd.concat([tiles, tiles_of(("far", "other", oak, 0), ("near", "photo", "elm", 50))])
    near, far = stacks.stacked_grids(tiles, ["near", "far", "nowhere"], ["photo", "word"]).axes
    assert [near.get_ylabel(), far.get_ylabel()] == ["near", "far"]
    assert [label.get_text() for label in far.get_yticklabels()] == ["photo", "word"]
    assert [label.get_text() for label in far.get_xticklabels()] == [oak]
    shown = np.asarray(far.images[0].get_array())
    assert shown[0, 0, 0] == 200 and shown[-1, 0, 0] == 10  # the first of the two words' pictures


def test_a_panel_of_many_columns_is_several_grids_of_even_width():
    names = [f"c{i}" for i in range(stacks.MOST + 2)]
    axes = stacks.stacked_grids(tiles_of(*[("all", "photo", name, 9) for name in names]), ["all"], ["photo"]).axes
    shown = [[label.get_text() for label in ax.get_xticklabels()] for ax in axes]
    assert shown == [names[:5], names[5:]] and [ax.get_ylabel() for ax in axes] == ["all", "all"]
