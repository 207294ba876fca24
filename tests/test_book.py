"""The built book in a real browser: offline, no error on any page, a slider that moves, alternative texts."""

import shutil
import subprocess
import sys

import nbformat
import pytest
from browser import needs_chromium
from check import pages as own_pages
from check import problems
from missing import NOT_KNOWN

from build import in_one_fold, provenance_page
from textinv_core.files import load_json
from textinv_core.paths import BOOK, ROOT
from textinv_core.provenance import code_identity


@pytest.fixture(scope="module")
def html(study):
    return study / "book/_build/html"


@pytest.fixture(scope="module")
def pages(html):
    found = own_pages(html)
    assert len(found) >= 8
    return found


def test_the_book_is_in_order(html):
    assert problems(html) == []


FAULTS = {
    '<img src="experiments/none.png" alt="A tree.">': "leads nowhere",
    '<a href="method.html#no-such-place">there</a>': "no such place",
    '<img src="_static/logo.png">': "no alternative text",
    '<span class="pasted-text">a, *b*</span>': "markup in a pasted text is shown as it is",
    "<p>" + "x" * 2**22 + "</p>": "at most 3.0 MB",
}


@pytest.mark.parametrize(("fault", "said"), FAULTS.items(), ids=FAULTS.values())
def test_the_check_finds_a_planted_fault(html, fault, said, tmp_path):
    copy = tmp_path / "html"
    shutil.copytree(html, copy, ignore=shutil.ignore_patterns("_sphinx_design_static", "mathjax"))
    before = problems(copy)
    page = copy / "glossary.html"
    page.write_text(page.read_text().replace("</article>", f"{fault}</article>"))
    assert [line for line in problems(copy) if line not in before and said in line and "glossary" in line]


def test_the_check_refuses_a_folder_without_a_book(tmp_path):
    done = subprocess.run([sys.executable, str(BOOK / "check.py"), str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 1 and "holds no built book" in done.stderr


def test_folded_sources_in_a_row_stand_under_one_toggle():
    shown = nbformat.v4.new_output("display_data", {"text/plain": "3"})
    bar = nbformat.v4.new_output("stream", name="stderr", text="100 %")

    def code(source, *outputs, tags=("hide-input",)):
        return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata=dict(tags=list(tags)))

    cells = [code("a"), code("b", bar), code("c", shown), code("d"), nbformat.v4.new_markdown_cell("e")]
    cells += [code("f"), code("g", tags=()), code("h", tags=("remove-cell",)), code("i")]
    kept = in_one_fold(cells)
    assert [cell.source for cell in kept] == ["a\n\nb", "c", "d", "e", "f", "g", "h", "i"]
    assert kept[1].outputs == [shown]


def test_the_experiment_page_says_what_it_shows(html):
    text = (html / "experiments/step_ablation.html").read_text()
    assert "Shown here:" in text and "profile <em>tiny</em>" in text and "2 concepts, 2 training seeds" in text
    numbers = (html.parents[2] / "results/tiny/step_ablation/numbers.json").read_text()
    assert "verdict_short" in numbers
    for leftover in ("{glue", "{ref}", "Traceback", "&lt;Axes", "IPKernelApp"):
        assert leftover not in text


def test_everything_that_the_book_quotes_is_known(pages):
    """Every page of this book was run by the notebooks beside it: a stand-in is a misspelt key."""
    assert not [path.name for path in pages if NOT_KNOWN in path.read_text(encoding="utf-8")]


def test_provenance_comes_from_the_records(html):
    text = (html / "provenance.html").read_text()
    assert "step_ablation" in text and "torch" in text and "violet_cloud" in text
    assert "earlier state" not in text


def test_pages_of_an_earlier_state_of_the_code_are_counted():
    kept = [load_json(path) for path in sorted(ROOT.glob("results/full/*/provenance.json"))[:3]]
    now = [record | {"code": code_identity("textinv_core")} for record in kept]
    assert "earlier state" not in provenance_page(now)
    assert "1 page of 3 ran with an earlier state" in provenance_page([kept[0] | {"code": "0" * 10}, *now[1:]])


@needs_chromium
def test_every_page_opens_from_disk_on_a_dark_telephone_and_can_be_read_by_all(page, pages):
    """Light and wide, every page is opened in the published book (test_published)."""
    for path in pages:
        page.open(path.as_uri(), width=390, dark=True)
        assert not (found := page.faults()), f"{path.name}: {found}"


@needs_chromium
def test_formulas_are_set(page, html):
    page.open((html / "method.html").as_uri())
    assert page.ask("document.querySelectorAll('mjx-container svg').length") > 20
    assert page.ask("document.querySelectorAll('mjx-merror, [data-mjx-error]').length") == 0


SHOWN = "[...document.querySelectorAll('.step-slider img')].filter(i => !i.hidden).map(i => i.alt)"


@needs_chromium
def test_the_step_slider_moves_by_key_and_by_mouse(page, html):
    page.open((html / "experiments/step_ablation.html").as_uri())
    page.ask("document.querySelector('.step-slider input').scrollIntoView({block: 'center', behavior: 'instant'})")
    (first,) = page.ask(SHOWN)
    assert first.endswith(", 4")  # what training has come to
    page.ask("document.querySelector('.step-slider input').focus()")
    page.press("ArrowLeft", 37)
    (second,) = page.ask(SHOWN)
    assert second.endswith(", 2") and page.ask("document.querySelector('.step-slider output').innerText").strip() == "2"
    rectangle = "document.querySelector('.step-slider input').getBoundingClientRect()"
    box = page.ask(f"(b => [b.left, b.top, b.width, b.height])({rectangle})")
    page.click(box[0] + 6, box[1] + box[3] / 2)
    (last,) = page.ask(SHOWN)
    assert last.endswith(", 0")
    assert page.ask("document.querySelector('.step-slider input').getAttribute('aria-valuetext')") == "0"
    visible = "[...document.querySelectorAll('.step-slider img')].filter(i => !i.hidden)[0]"
    assert page.ask(f"{visible}.complete && {visible}.naturalWidth") > 100


@needs_chromium
def test_a_picture_opens_large_and_gives_the_focus_back(page, html):
    page.open((html / "experiments/step_ablation.html").as_uri(), width=390)
    first = "document.querySelector('.bd-article figure button.enlarge')"
    page.ask(f"{first}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    page.ask(f"{first}.focus()")
    page.press("Enter", 13)
    large = "document.querySelector('dialog.enlarged[open] img')"
    assert page.ask(f"{large}.getBoundingClientRect().width") > 390 - 40
    assert page.ask(f"{large}.alt") == page.ask(f"{first}.parentElement.querySelector('img').alt")
    page.press("Escape", 27)
    page.wait_for("!document.querySelector('dialog.enlarged')")  # a closed dialog is taken away in a task of its own
    assert page.ask(f"document.activeElement === {first}")


@needs_chromium
def test_a_long_table_sorts_by_number_and_back(page, pages):
    cells = "(t => [...t.tBodies[0].rows].map(r => parseFloat(r.cells[CELL].textContent.replace('−', '-'))))"
    numeric = "[...document.querySelectorAll('button.sorts')].find(b => COLUMN.every(x => !isNaN(x)))"
    table, place = "b.closest('table')", "b.closest('th').cellIndex"
    numeric = numeric.replace("COLUMN", f"{cells.replace('CELL', place)}({table})")
    for path in pages:
        page.open(path.as_uri())
        if not page.ask(f"!!(window.button = {numeric})"):
            continue
        read = cells.replace("CELL", "button.closest('th').cellIndex") + "(button.closest('table'))"
        before = page.ask(read)
        page.ask("button.click()")
        assert page.ask(read) == sorted(before) and page.ask("button.closest('th').ariaSort") == "ascending"
        page.ask("button.click()")
        assert page.ask(read) == sorted(before, reverse=True)
        return
    pytest.fail("no page has a long table with a column of numbers")


@needs_chromium
def test_figures_stay_opaque_in_dark_mode(page, html):
    page.open((html / "experiments/step_ablation.html").as_uri(), dark=True)
    assert page.ask("document.documentElement.dataset.theme") == "dark"
    colours = page.ask(
        "[...document.querySelectorAll('article figure img')].map(i => getComputedStyle(i).backgroundColor)"
    )
    assert colours and set(colours) == {"rgb(255, 255, 255)"}


@needs_chromium
def test_the_search_finds_ballet(page, html):
    page.open((html / "search.html").as_uri() + "?q=ballet")
    page.ask("new Promise(done => setTimeout(done, 1500))")
    assert "page" in page.ask("document.querySelector('#search-results').innerText")


def test_vendored_files_stand_beside_their_licence():
    for folder in ("mathjax", "fonts"):
        names = {path.name for path in (BOOK / "_static" / folder).iterdir()}
        assert any(name.startswith("LICENSE") for name in names) and "README.md" in names
