"""What the book quotes and an experiment cannot say yet: a stand-in, and only where there is nothing to say."""

import sys

import nbformat

from textinv_core.paths import BOOK, NOTEBOOKS

sys.path.insert(0, str(BOOK))
from missing import NOT_KNOWN, fill_in, quoted, quoted_in


def notebook(*known):
    """A page that has glued these keys."""
    glued = [
        nbformat.v4.new_output("display_data", {"text/plain": "'said'"}, metadata={"scrapbook": {"name": key}})
        for key in known
    ]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=glued)])


def test_quotations_are_found_in_a_line_and_on_their_own():
    line = "Take {glue:text}`experiments/regime.ipynb::chosen_steps:s` of {glue:text}`experiments/regime.ipynb::a:s`."
    block = "```{glue} slider\n:doc: experiments/first_word.ipynb\n```"
    assert quoted([line, block]) == {"regime": {"chosen_steps", "a"}, "first_word": {"slider"}}
    assert quoted(["[a link](experiments/regime.ipynb), and {glue:text}`its_own_key`"]) == {}


def test_only_what_is_lacking_is_filled_in():
    page = notebook("known")
    assert fill_in(page, {"known"}) == [] and len(page.cells) == 1
    assert fill_in(page, {"known", "b", "a"}) == ["a", "b"]
    assert NOT_KNOWN in page.cells[-1].outputs[0].data["text/html"]
    assert fill_in(page, {"known", "b", "a"}) == []  # twice is no more than once
    nbformat.validate(page)


def test_the_book_quotes_experiments_that_there_are():
    asked = quoted_in(BOOK)
    assert "first_word" in asked and all((NOTEBOOKS / f"{page}.py").is_file() for page in asked)
