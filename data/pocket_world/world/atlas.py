"""The atlas of things, rendered from SVG sources by `python -m pocket_world atlas FOLDER`; nothing else needs them."""

import io
import json
from pathlib import Path

from PIL import Image

from .things import COLUMNS, HERE, ICONS

CELL = 96  # pixels a side of one drawing in the atlas
# Drawing sets, with the npm package of Iconify they come from.  Each thing is drawn in all that have it, so that a word
# means a kind of thing and not one picture.
SETS = {"noto": "@iconify-json/noto", "twemoji": "@iconify-json/twemoji"}


def render_svg(svg, size=CELL):
    """Render SVG text to an RGBA image, `size` pixels a side, cropped to what is drawn."""
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
    """The SVG text of one icon of an unpacked Iconify package, aliases followed; None where it has no such icon."""
    data = json.loads((Path(folder) / "icons.json").read_text(encoding="utf-8"))
    icon = data["icons"].get(data.get("aliases", {}).get(name, {}).get("parent", name))
    if icon is None:
        return None
    width, height = (icon.get(side, data.get(side)) for side in ("width", "height"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
    )


def build_atlas(packages, folder=HERE):
    """Render every thing into `folder`'s atlas.png and atlas.json; `packages` holds the `@iconify-json/*` folders."""
    found = [(word, drawing, icon_svg(Path(packages) / package, icon))
             for word, icon in ICONS.items() for drawing, package in SETS.items()]
    found = [(word, drawing, svg) for word, drawing, svg in found if svg]
    sheet = Image.new("RGBA", (COLUMNS * CELL, -(-len(found) // COLUMNS) * CELL))
    for index, (_, _, svg) in enumerate(found):
        sheet.paste(render_svg(svg), (index % COLUMNS * CELL, index // COLUMNS * CELL))
    sheet.save(Path(folder) / "atlas.png", optimize=True)
    names = [(word, drawing) for word, drawing, _ in found]
    (Path(folder) / "atlas.json").write_text(json.dumps({"cell": CELL, "sprites": names}, indent=0) + "\n")
