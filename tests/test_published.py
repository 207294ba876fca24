"""The published book, from the records that lie here: short pages, few folds, an answer that a telephone shows."""

import os
import subprocess
import sys

import pytest
from browser import needs_chromium
from check import pages as own_pages
from check import problems
from conftest import copied, search_path

TALLEST = 6000  # pixels of a page, its folds closed, in a window 1300 wide
FOLDS = 8
# How many open tables are wider than their place, so that their last column is out of sight.
CUT = """[...document.querySelectorAll('article table')].filter(table => !table.closest('details:not([open])')
  && table.scrollWidth > table.parentElement.clientWidth + 1).length"""
SCREEN = 844  # pixels that a telephone shows of a page 390 wide


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """The book that `make book` builds."""
    copy = copied(tmp_path_factory.mktemp("published"), "runs")
    command, own = [sys.executable, "book/build.py", "--profile", "published"], {"PYTHONPATH": search_path(copy)}
    done = subprocess.run(command, cwd=copy, env=os.environ | own, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return copy / "book/_build/html"


def test_it_is_in_order(html):
    assert problems(html) == []


@needs_chromium
def test_no_page_is_long_or_full_of_folds_or_cut_off_or_closed_to_anyone(page, html):
    tall, folded, cut, against = {}, {}, {}, {}
    for path in own_pages(html):
        page.open(path.as_uri(), width=1300)
        height = page.ask("document.querySelector('article').scrollHeight")
        folds = page.ask("document.querySelectorAll('article details').length")
        tall |= {path.stem: height} if height > TALLEST else {}
        folded |= {path.stem: folds} if folds > FOLDS else {}
        cut |= {path.stem: tables} if (tables := page.ask(CUT)) else {}
        against |= {path.stem: found} if (found := page.faults()) else {}
    assert not tall and not folded, f"too tall: {tall}; too many folds: {folded}"
    assert not cut and not against, f"tables cut off: {cut}; {against}"


@needs_chromium
@pytest.mark.parametrize("name", ["intro", "experiments/summary", "experiments/quantitative"])
def test_a_telephone_shows_the_answer_first(page, html, name):
    page.open((html / f"{name}.html").as_uri(), width=390, height=SCREEN)
    answer = f"document.querySelector('article .{'lead' if name == 'intro' else 'answer'} p')"
    box = f"(b => [b.left, b.right, b.top, b.height])({answer}.getBoundingClientRect())"
    left, right, top, height = page.ask(box)
    assert left >= 0 and right <= 390 and top + min(height, 100) < SCREEN
    assert page.ask(f"parseFloat(getComputedStyle({answer}).fontSize)") >= 14
