"""The fixed things of the world: openly licensed emoji art, a drawing or two each, out of one atlas of pictures.

They are what the experiments and the documents name besides the families: a backpack, an apple, a robot.
"""

import functools
import json
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
COLUMNS = 16  # of the atlas
# word -> the icon that shows it, in the sets of `atlas`
ICONS = {
    "backpack": "backpack", "apple": "red-apple", "robot": "robot", "cat": "cat", "dog": "dog", "doll": "nesting-dolls",
    "boat": "sailboat", "guitar": "guitar", "umbrella": "umbrella", "clock": "alarm-clock", "chair": "chair",
    "teapot": "teapot", "banana": "banana", "rocket": "rocket", "sunflower": "sunflower", "bicycle": "bicycle",
}  # fmt: skip
THINGS = tuple(ICONS)


@functools.cache
def drawings(word):
    """The drawings of a thing: a tuple of RGBA pictures, as large as the atlas holds them."""
    known = json.loads((HERE / "atlas.json").read_text(encoding="utf-8"))
    sheet, side = np.asarray(Image.open(HERE / "atlas.png").convert("RGBA")), known["cell"]
    places = [index for index, (name, _) in enumerate(known["sprites"]) if name == word]
    corners = [(index // COLUMNS * side, index % COLUMNS * side) for index in places]
    return tuple(Image.fromarray(sheet[top : top + side, left : left + side]) for top, left in corners)
