"""Widgets to look around with: recorded words under sliders, and a prompt of one's own, drawn and ranked.

Pictures are Image widgets whose bytes change; nothing captures output and nothing waits for a kernel's loop, so a
notebook run by Papermill cannot get stuck in them. They take functions: what draws and what ranks is the caller's.
"""

import html
import io
import time
from collections.abc import Callable, Sequence

import pandas as pd
from ipywidgets import HTML as Words
from ipywidgets import BoundedIntText, Button, Dropdown, HBox, IntProgress, Layout, SelectionSlider, Text, VBox
from ipywidgets import Image as Picture
from PIL import Image

from study.earlier_pages import word_at
from study.wording import counted
from textinv_core.evaluation.nulls import OWN_SEED
from textinv_core.learning.tokens import Embedding

WIDE = {"description_width": "6em"}
AS_IT_IS = dict(align_self="flex-start", max_width="100%")  # a box would stretch a picture to its own width


class Chooser(VBox):
    """Concept, seed, KL weight, training step and prompt; under them what the recorded word draws.

    `draw(word, prompt)` gives the pictures of one choice; `prompts` are those offered for each concept. After every
    choice the others keep their value, or take the nearest one that is recorded.
    """

    def __init__(self, table: pd.DataFrame, prompts: dict[str, list[str]], draw: Callable, *, side: int = 160):
        if table.empty:
            raise ValueError("recorded words: expected one or more, found none")
        self._table, self._prompts, self._draw, self._side = table, prompts, draw, side
        self._settling = False
        names = list(dict.fromkeys(table["concept"]))
        self.concept = Dropdown(options=[(_title(n), n) for n in names], description="Concept", style=WIDE)
        self.seed = Dropdown(description="Seed", options=[0], style=WIDE)
        self.weight = SelectionSlider(description="KL weight", options=[0.0], continuous_update=False, style=WIDE)
        self.step = SelectionSlider(description="Step", options=[0], continuous_update=False, style=WIDE)
        self.prompt = Dropdown(description="Prompt", options=[""], style=WIDE, layout=Layout(width="30em"))
        self.picture, self.said = Picture(format="png", layout=Layout(**AS_IT_IS)), Words()
        self._controls = (self.concept, self.seed, self.weight, self.step, self.prompt)
        for control in self._controls:
            control.observe(self._changed, names="value")
        rows = [HBox([self.concept, self.seed]), HBox([self.weight, self.step]), self.prompt, self.picture, self.said]
        super().__init__(rows)
        self._changed(None)

    def word(self) -> Embedding:
        """The word chosen."""
        return word_at(self._table, self.concept.value, self.seed.value, self.weight.value, self.step.value)

    def _changed(self, change) -> None:
        if self._settling:  # a choice made here, not by hand
            return
        self._settling = True
        try:
            self._settle(start=change is None)
            self._show()
        except (ValueError, OSError) as error:
            self.said.value = f"<p>{html.escape(str(error))}</p>"
        finally:
            self._settling = False

    def _settle(self, start: bool) -> None:
        """Offer what is recorded for the choices above each."""
        rows = self._table[self._table["concept"] == self.concept.value]
        for control, column in ((self.seed, "seed"), (self.weight, "weight"), (self.step, "step")):
            there = sorted(rows[column].unique().tolist())
            before = there[-1] if start and column == "step" else control.value
            control.options = [(f"{value:g}", value) for value in there]
            control.value = min(there, key=lambda value: (abs(value - before), value))
            rows = rows[rows[column] == control.value]
        offered, before = self._prompts[self.concept.value], self.prompt.value
        self.prompt.options = [(text.replace("{}", "…"), text) for text in offered]
        self.prompt.value = before if before in offered else offered[0]

    def _show(self) -> None:
        self.said.value, began = "<p>Drawing …</p>", time.monotonic()
        pictures = self._draw(word := self.word(), self.prompt.value)
        self.picture.value = _png(_strip(pictures, self._side))
        text = html.escape(self.prompt.value.replace("{}", word.placeholder))
        took = f"{time.monotonic() - began:.1f} s"
        self.said.value = f"<p>“{text}”, {counted(len(pictures), 'noise')} ({took})</p>"


class PromptBox(VBox):
    """A prompt of one's own, drawn a few pictures at a time under a progress bar, then shown best first.

    `draw(prompt, noises)` gives a table of pictures, `order(table)` the same with `rank`, `score` and `by`, best first.
    """

    def __init__(
        self,
        draw: Callable[[str, Sequence[int]], pd.DataFrame],
        order: Callable[[pd.DataFrame], pd.DataFrame],
        *,
        prompt: str,
        pictures: int = 8,
        at_once: int = 2,  # pictures between two moves of the bar
        noise: int = OWN_SEED,  # the first; others than the chooser's
        side: int = 128,
        across: int = 8,
    ):
        self._draw, self._order, self._noise, self._at_once = draw, order, noise, at_once
        self._side, self._across = side, across
        self.prompt = Text(value=prompt, description="Prompt", style=WIDE, layout=Layout(width="30em"))
        number = dict(style=WIDE, layout=Layout(width="11em"))
        self.pictures = BoundedIntText(value=pictures, min=1, max=256, description="Pictures", **number)
        self.button, self.bar = Button(description="Draw", button_style="primary"), IntProgress(min=0, max=1, value=0)
        self.said, self.shelf = Words("<p>Write {} where the concept stands.</p>"), VBox()
        self.button.on_click(self._pressed)
        row = HBox([self.prompt, self.pictures, self.button, self.bar], layout=Layout(flex_flow="row wrap"))
        super().__init__([row, self.said, self.shelf])

    def _pressed(self, _button) -> None:
        text, many = self.prompt.value.strip(), self.pictures.value
        if text.count("{}") != 1:
            self.said.value = "<p>Write {} once, where the concept stands.</p>"
            return
        self.button.disabled, self.bar.max, self.bar.value, parts = True, many, 0, []
        self.said.value = "<p>Drawing …</p>"
        try:
            for start in range(0, many, self._at_once):
                noises = range(self._noise + start, self._noise + min(many, start + self._at_once))
                parts.append(self._draw(text, noises))
                self.bar.value += len(noises)
            self._fill(self._order(pd.concat(parts, ignore_index=True)))
        except (ValueError, OSError) as error:
            self.said.value = f"<p>{html.escape(str(error))}</p>"
        finally:
            self.button.disabled = False

    def _fill(self, ranked: pd.DataFrame) -> None:
        tiles = []
        for row in ranked.itertuples():
            picture = Picture(value=_png(_strip([row.image], self._side)), format="png")
            tiles.append(VBox([picture, Words(f"{row.rank}: {row.score:.2f}")]))
        lines = [tiles[i : i + self._across] for i in range(0, len(tiles), self._across)]
        self.shelf.children = [HBox(line) for line in lines]
        by, text = html.escape(str(ranked["by"].iloc[0])), html.escape(str(ranked["prompt"].iloc[0]))
        self.said.value = f"<p>“{text}”, best first; under each its rank and score ({by}).</p>"


def _title(name: str) -> str:
    return name.replace("_", " ")


def _strip(pictures: Sequence[Image.Image], side: int) -> Image.Image:
    """The pictures side by side, `side` pixels each."""
    sheet = Image.new("RGB", ((side + 4) * len(pictures) - 4, side), "white")
    for i, picture in enumerate(pictures):
        resample = Image.Resampling.NEAREST if picture.height <= side else Image.Resampling.LANCZOS
        sheet.paste(picture.convert("RGB").resize((side, side), resample), (i * (side + 4), 0))
    return sheet


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()
