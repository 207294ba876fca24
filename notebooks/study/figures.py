"""Plots: each takes a tidy table and an Axes and returns the Axes. Opaque white, colours for every eye."""

import base64
import html
import io
import zlib
from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

PALETTE = "colorblind"


def use_style() -> None:
    """The style of every figure of the book; call once in a notebook."""
    sns.set_theme(context="notebook", style="whitegrid", palette=PALETTE)
    plt.rcParams.update({"figure.facecolor": "white", "savefig.facecolor": "white", "savefig.transparent": False})


def image_grid(
    table: pd.DataFrame,  # with a column `image` (PIL)
    *,
    row: str,  # the column whose values label the rows
    column: str,  # and the columns; the first picture of each cell is shown
    row_labels: dict | None = None,  # value -> label
    column_labels: dict | None = None,
    ax: Axes | None = None,
    pixels: int | None = None,  # side of a picture; default: its own
) -> Axes:
    """Pictures in rows and columns, in the order in which their labels first come."""
    rows, columns = (list(dict.fromkeys(table[name])) for name in (row, column))
    side = pixels or table["image"].iloc[0].height
    gap = max(2, side // 32)
    step = side + gap
    sheet = Image.new("RGB", (step * len(columns) - gap, step * len(rows) - gap), "white")
    for (r, c), cell in table.groupby([row, column], sort=False):
        picture = cell["image"].iloc[0].convert("RGB").resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(picture, (columns.index(c) * step, rows.index(r) * step))
    if ax is None:
        _, ax = plt.subplots(figsize=(1.1 * len(columns) + 1.5, 1.1 * len(rows) + 0.5), layout="constrained")
    ax.imshow(sheet, interpolation="nearest")
    middle = (side - 1) / 2
    ax.set_xticks([middle + step * i for i in range(len(columns))], [_label(c, column_labels) for c in columns])
    ax.set_yticks([middle + step * i for i in range(len(rows))], [_label(r, row_labels) for r in rows])
    ax.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return ax


def step_curves(
    table: pd.DataFrame,
    y: str,
    *,
    x: str = "step",
    hue: str | None = None,  # one line each
    units: str | None = "concept",  # whole units are resampled for the 95 % band
    ax: Axes | None = None,
    **options,
) -> Axes:
    """A quantity over training steps: mean line and 95 % bootstrap band over `units`."""
    ax = ax or plt.subplots(figsize=(6, 3.6), layout="constrained")[1]
    if units in table:  # one value per unit and step, so that the band is over units and not pictures
        table = table.groupby([c for c in (x, hue, units) if c], as_index=False, sort=False)[y].mean()
    palette = PALETTE if hue else None
    sns.lineplot(table, x=x, y=y, hue=hue, palette=palette, errorbar=("ci", 95), seed=0, marker="o", ax=ax, **options)
    return ax


def trade_off(
    table: pd.DataFrame,
    *,
    x: str = "reconstruction",
    y: str = "editability_deleted",
    hue: str | None = None,  # one curve each, points joined in the table's order
    label: str | None = None,  # a column to write beside each point
    anchors: pd.DataFrame | None = None,  # rows with `anchor`, x, y: the two ceilings and published points
    ax: Axes | None = None,
) -> Axes:
    """Reconstruction against editability, with the anchors as reference lines."""
    ax = ax or plt.subplots(figsize=(5.5, 4.2), layout="constrained")[1]
    palette = PALETTE if hue else None
    sns.lineplot(table, x=x, y=y, hue=hue, palette=palette, sort=False, estimator=None, marker="o", ax=ax)
    if label:
        for _, point in table.iterrows():
            ax.annotate(str(point[label]), (point[x], point[y]), xytext=(4, 4), textcoords="offset points", fontsize=8)
    for i, (_, anchor) in enumerate(anchors.iterrows() if anchors is not None else ()):
        ax.scatter(anchor[x], anchor[y], marker="*Xs^Dv"[i % 6], s=90, color="0.25", zorder=3, label=anchor["anchor"])
    if hue or anchors is not None:
        ax.legend(fontsize=8)
    return ax


def step_slider_html(
    frames: Sequence[Image.Image | Figure],
    labels: Sequence[str],  # what the slider says at each frame
    alt: str,  # what the picture shows; the label is added
    *,
    name: str = "Training steps",  # the slider's label
    start: int = -1,  # the frame shown first: the last, what training has come to
    width: int | None = None,  # pixels on the page; default: the frame's own
) -> str:
    """Self-contained HTML: a range input (mouse, touch or arrow keys) that shows one frame at a time."""
    if not frames or len(frames) != len(labels):
        raise ValueError(f"slider: expected one label a frame, got {len(labels)} labels, {len(frames)} frames")
    start %= len(frames)
    pngs = [_png(frame) for frame in frames]
    key = f"slider-{zlib.crc32(b''.join(pngs)):x}"  # the same frames give the same page
    labels = [html.escape(str(label), quote=True) for label in labels]
    style = f"{f'width:{width}px;' if width else ''}max-width:100%;background:#fff;image-rendering:pixelated"
    pictures = "".join(
        f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}"'
        f' alt="{html.escape(alt, quote=True)}, {label}" style="{style}"{"" if i == start else " hidden"}>'
        for i, (png, label) in enumerate(zip(pngs, labels, strict=True))
    )
    said = "".join(f"<span{'' if i == start else ' hidden'}>{label}</span>" for i, label in enumerate(labels))
    script = (
        "const f=this.closest('figure');"
        "for(const s of ['div','output'])[...f.querySelector(s).children].forEach((c,i)=>c.hidden=i!=this.value);"
        "this.setAttribute('aria-valuetext',f.querySelector('output').children[this.value].textContent);"
    )
    return (
        f'<figure class="step-slider" style="margin:0"><div>{pictures}</div>'
        f'<label for="{key}">{html.escape(name)}: </label>'
        f'<input type="range" id="{key}" min="0" max="{len(frames) - 1}" value="{start}" step="1" style="width:60%"'
        f' aria-valuetext="{labels[start]}" oninput="{html.escape(script, quote=True)}">'
        f' <output for="{key}">{said}</output></figure>'
    )


def step_slider(frames: Sequence[Image.Image | Figure], labels: Sequence, name: str = "step", start: int = -1):
    """The live twin of `step_slider_html`: an ipywidgets slider over the frames, for Jupyter.

    A picture's bytes change, no output is captured: that needs no running kernel loop, so a notebook run by
    Papermill cannot get stuck in it.
    """
    from ipywidgets import Image as Picture
    from ipywidgets import SelectionSlider, VBox

    pngs = [_png(frame) for frame in frames]
    start %= len(pngs)
    picture = Picture(value=pngs[start], format="png")
    options = [(str(label), i) for i, label in enumerate(labels)]
    slider = SelectionSlider(options=options, index=start, description=name, continuous_update=True)
    slider.observe(lambda change: setattr(picture, "value", pngs[change["new"]]), names="value")
    return VBox([slider, picture])


def _png(frame: Image.Image | Figure) -> bytes:
    """A frame as PNG bytes, opaque."""
    buffer = io.BytesIO()
    if isinstance(frame, Figure):
        frame.savefig(buffer, format="png", facecolor="white", metadata={"Software": None})
    else:
        frame.convert("RGB").save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _label(value, labels: dict | None) -> str:
    """What to write for a value: as told, or itself."""
    return str((labels or {}).get(value, f"{value:g}" if isinstance(value, float) else value))
