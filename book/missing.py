"""What the book's own pages quote and a staged experiment cannot say yet: it was not run, or by an older notebook.

A quotation of nothing would stop the build, and with it every page that is there. The stand-in says what is the matter.
"""

import re
from collections.abc import Collection
from pathlib import Path

import nbformat

NOT_KNOWN = "(not known yet)"
IN_A_LINE = re.compile(r"experiments/(\w+)\.ipynb::(\w+)")  # {glue:text}`experiments/<page>.ipynb::<key>:s`
ON_ITS_OWN = re.compile(r"\{glue\} (\w+)\n:doc: experiments/(\w+)\.ipynb")  # what is no text: a slider, say


def quoted(texts: Collection[str]) -> dict[str, set[str]]:
    """Experiment -> the keys that pages of the book, given by their text, quote from it."""
    found: dict[str, set[str]] = {}
    for text in texts:
        pairs = IN_A_LINE.findall(text) + [(page, key) for key, page in ON_ITS_OWN.findall(text)]
        for page, key in pairs:
            found.setdefault(page, set()).add(key)
    return found


def quoted_in(book: Path) -> dict[str, set[str]]:
    """The same of the pages in the book's folder."""
    return quoted([path.read_text(encoding="utf-8") for path in sorted(book.glob("*.md"))])


def fill_in(notebook: nbformat.NotebookNode, keys: Collection[str]) -> list[str]:
    """Glue `NOT_KNOWN` under those of the keys that the notebook has not glued; which they are."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    there = {output.get("metadata", {}).get("scrapbook", {}).get("name") for output in outputs}
    lacking = sorted(set(keys) - there)
    shown = {"text/plain": repr(NOT_KNOWN), "text/html": f"<p>{NOT_KNOWN}</p>"}
    stand_ins = [
        nbformat.v4.new_output("display_data", shown, metadata={"scrapbook": {"name": key, "mime_prefix": ""}})
        for key in lacking
    ]
    if stand_ins:
        # A cell without source is not shown, and what it glues is found all the same.
        notebook.cells.append(nbformat.v4.new_code_cell(outputs=stand_ins, metadata={"tags": ["remove-cell"]}))
    return lacking
