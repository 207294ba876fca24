"""The world's subjects: openly licensed emoji art, rendered once into one atlas.

``build_atlas`` is the only code that needs the SVG sources (npm packages of Iconify) and the
renderer ``resvg-py``; everything else reads ``atlas.png`` and ``atlas.json``.
"""

import colorsys
import functools
import json
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent.parent / "world"  # the atlas serves both worlds
CELL = 96  # pixels a side of one drawing in the atlas: twice its largest size in a picture
COLUMNS = 16

# Drawing sets, with the npm package they come from.  Each subject is drawn in the first two that
# have it, so that a word means a kind of thing and not one picture.
SETS = {"noto": "@iconify-json/noto", "twemoji": "@iconify-json/twemoji"}

# word -> icon name; the words come first that the experiments need.
ICONS = {
    "tree": "deciduous-tree", "building": "office-building", "tower": "tokyo-tower",
    "castle": "castle", "house": "house", "church": "church", "temple": "classical-building",
    "factory": "factory", "tent": "tent",
    "pine": "evergreen-tree", "palm": "palm-tree", "sunflower": "sunflower", "rose": "rose",
    "mushroom": "mushroom", "cactus": "cactus",
    "car": "automobile", "bus": "bus", "truck": "delivery-truck", "train": "locomotive",
    "bicycle": "bicycle", "boat": "sailboat", "airplane": "small-airplane",
    "helicopter": "helicopter", "rocket": "rocket", "scooter": "motor-scooter",
    "cat": "cat", "dog": "dog", "horse": "horse", "cow": "cow", "pig": "pig", "sheep": "ewe",
    "rabbit": "rabbit", "elephant": "elephant", "monkey": "monkey", "penguin": "penguin",
    "owl": "owl", "duck": "duck", "rooster": "rooster", "fish": "tropical-fish",
    "whale": "spouting-whale", "turtle": "turtle", "snail": "snail", "butterfly": "butterfly",
    "dragon": "dragon", "giraffe": "giraffe", "camel": "camel", "crab": "crab",
    "apple": "red-apple", "banana": "banana", "cake": "birthday-cake", "donut": "doughnut",
    "pizza": "pizza", "burger": "hamburger", "carrot": "carrot", "strawberry": "strawberry",
    "pear": "pear", "bread": "bread",
    "backpack": "backpack", "robot": "robot", "doll": "nesting-dolls", "teddy": "teddy-bear",
    "chair": "chair", "clock": "alarm-clock", "bell": "bell", "balloon": "balloon",
    "ball": "basketball", "book": "closed-book", "camera": "camera", "guitar": "guitar",
    "drum": "drum", "umbrella": "umbrella", "teapot": "teapot", "vase": "amphora",
    "snowman": "snowman-without-snow", "gift": "wrapped-gift", "crown": "crown",
}  # fmt: skip
SUBJECTS = tuple(ICONS)

# colour -> hue (0..1), saturation, value gain
COLOURS = {
    "red": (0.00, 0.85, 0.95), "orange": (0.08, 0.90, 1.00), "yellow": (0.145, 0.85, 1.05),
    "green": (0.36, 0.75, 0.85), "blue": (0.60, 0.80, 0.95), "purple": (0.77, 0.70, 0.90),
    "pink": (0.92, 0.50, 1.10),
}  # fmt: skip
PAINTABLE = (
    "car", "bicycle", "boat", "airplane", "helicopter", "rocket", "scooter", "house", "tent",
    "apple", "balloon", "ball", "book", "backpack", "chair", "bell", "umbrella", "guitar", "cat",
    "dog", "horse", "pig", "monkey", "owl", "fish", "turtle", "dragon", "mushroom", "teapot",
    "vase", "doll", "crown", "cake", "donut",
)  # fmt: skip


@functools.cache
def atlas():
    """Returns ``{(word, set): RGBA uint8 array (CELL, CELL, 4)}``."""
    names = json.loads((HERE / "atlas.json").read_text(encoding="utf-8"))["sprites"]
    sheet = np.asarray(Image.open(HERE / "atlas.png").convert("RGBA"))
    cells = {}
    for index, (word, drawing) in enumerate(names):
        top, left = index // COLUMNS * CELL, index % COLUMNS * CELL
        cells[word, drawing] = sheet[top : top + CELL, left : left + CELL]
    return cells


@functools.cache
def drawings(word):
    """The drawing sets that show ``word``."""
    return tuple(drawing for w, drawing in atlas() if w == word)


@functools.cache
def sprite(word, drawing, colour=None):
    """One subject as an RGBA image of CELL pixels a side, painted over if a colour is named."""
    pixels = atlas()[word, drawing]
    return Image.fromarray(pixels if colour is None else paint(pixels, *COLOURS[colour]))


def paint(pixels, hue, saturation, gain):
    """Gives an RGBA picture one hue and keeps its light and shade; blacks and whites stay."""
    rgb = pixels[..., :3].astype(np.float32) / 255
    value, low = rgb.max(-1), rgb.min(-1)
    chroma = np.clip((value - low) * 2.5, 0, 1)[..., None]  # grey stays grey
    pure = np.array(colorsys.hsv_to_rgb(hue, saturation, 1.0), np.float32)
    shade = np.clip((0.25 + 0.75 * (0.6 * value + 0.4 * rgb.mean(-1))) * gain, 0, 1)[..., None]
    out = rgb * (1 - chroma) + pure * shade * chroma
    return np.dstack([np.uint8(np.clip(out, 0, 1) * 255 + 0.5), pixels[..., 3]])


def render_svg(svg, size=CELL):
    """Renders SVG text to an RGBA image, ``size`` pixels a side, cropped to what is drawn."""
    import io

    import resvg_py

    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=2 * size, height=2 * size))
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    picture = picture.crop(picture.getbbox())
    picture.thumbnail((size, size), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (size, size))
    # Things stand on the ground: centred from side to side, at the bottom of their cell.
    square.paste(picture, ((size - picture.width) // 2, size - picture.height))
    return square


def icon_svg(folder, name):
    """The SVG text of one icon of an unpacked Iconify package; aliases are followed."""
    data = json.loads((Path(folder) / "icons.json").read_text(encoding="utf-8"))
    icon = data["icons"].get(name) or data["icons"][data["aliases"][name]["parent"]]
    width, height = icon.get("width", data.get("width")), icon.get("height", data.get("height"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
    )


def build_atlas(packages):
    """Renders every subject into ``atlas.png``; ``packages`` holds ``@iconify-json/*`` folders."""
    names, cells = [], []
    for word, icon in ICONS.items():
        for drawing, package in SETS.items():
            try:
                svg = icon_svg(Path(packages) / package, icon)
            except KeyError:
                continue
            names.append((word, drawing))
            cells.append(render_svg(svg))
    rows = -(-len(cells) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * CELL, rows * CELL))
    for index, cell in enumerate(cells):
        sheet.paste(cell, (index % COLUMNS * CELL, index // COLUMNS * CELL))
    sheet.save(HERE / "atlas.png", optimize=True)
    (HERE / "atlas.json").write_text(json.dumps({"cell": CELL, "sprites": names}, indent=0) + "\n")
