"""The built book in a real browser: offline, no error on any page, a slider that moves, alternative texts."""

import re
from html.parser import HTMLParser

import pytest
from browser import chromium, find_chromium

from textinv_core.paths import BOOK

needs_chromium = pytest.mark.skipif(
    not find_chromium(),
    reason="no Chromium found (install `chromium`, or name one in $CHROMIUM): browser tests left out",
)
IMAGE_LIMIT, PAGE_LIMIT = 1.5, 3.0  # MB


class Images(HTMLParser):
    """The attributes of every <img> of a page."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append(dict(attributes))


@pytest.fixture(scope="module")
def html(study):
    return study / "book/_build/html"


@pytest.fixture(scope="module")
def pages(html):
    whole = [p for p in html.rglob("*.html") if not p.relative_to(html).parts[0].startswith("_")]
    found = sorted(p for p in whole if p.name not in ("genindex.html", "search.html", "index.html"))
    assert len(found) >= 8
    return found


@pytest.fixture(scope="module")
def page():
    with chromium() as tab:
        yield tab


def test_every_picture_has_an_alternative_text(pages):
    for path in pages:
        for image in Images(path.read_text()).found:
            assert image.get("alt"), f"{path.name}: {image.get('src', '')[:80]} has no alternative text"


def test_no_page_and_no_picture_is_too_heavy(html, pages):
    for picture in (html / "_images").iterdir():
        assert picture.stat().st_size < IMAGE_LIMIT * 2**20, picture.name
    for path in pages:
        text = path.read_text()
        shown = sum(
            (path.parent / i["src"]).stat().st_size for i in Images(text).found if not i["src"].startswith("data:")
        )
        assert len(text) + shown < PAGE_LIMIT * 2**20, path.name


def test_links_within_the_book_lead_somewhere(html, pages):
    for path in pages:
        for target in re.findall(r'(?:href|src)="([^"#]+)', path.read_text()):
            if re.match(r"[a-z]+:", target):
                continue
            assert (path.parent / target.split("?")[0]).exists(), f"{path.name} -> {target}"


def test_the_experiment_page_says_what_it_shows(html):
    text = (html / "experiments/step_ablation.html").read_text()
    assert "Shown here:" in text and "profile <em>tiny</em>" in text and "2 concepts, 2 training seeds" in text
    numbers = (html.parents[2] / "results/tiny/step_ablation/numbers.json").read_text()
    assert "verdict_short" in numbers
    for leftover in ("{glue", "{ref}", "Traceback", "&lt;Axes", "IPKernelApp"):
        assert leftover not in text


def test_provenance_comes_from_the_records(html):
    text = (html / "provenance.html").read_text()
    assert "step_ablation" in text and "torch" in text and "elder_tree" in text


@needs_chromium
def test_every_page_opens_from_disk_without_network_or_error(page, pages):
    for path in pages:
        page.open(path.as_uri())
        assert not page.problems, f"{path.name}: {page.problems}"
        remote = [url for url in page.requested if not url.startswith(("file:", "data:", "about:", "blob:"))]
        assert not remote, f"{path.name} asks the network for {remote}"


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
    assert first.endswith(", 0")
    page.ask("document.querySelector('.step-slider input').focus()")
    page.press("ArrowRight", 39)
    (second,) = page.ask(SHOWN)
    assert second.endswith(", 2") and page.ask("document.querySelector('.step-slider output').innerText").strip() == "2"
    rectangle = "document.querySelector('.step-slider input').getBoundingClientRect()"
    box = page.ask(f"(b => [b.left, b.top, b.width, b.height])({rectangle})")
    page.click(box[0] + box[2] - 6, box[1] + box[3] / 2)
    (last,) = page.ask(SHOWN)
    assert last.endswith(", 4")
    assert page.ask("document.querySelector('.step-slider input').getAttribute('aria-valuetext')") == "4"
    visible = "[...document.querySelectorAll('.step-slider img')].filter(i => !i.hidden)[0]"
    assert page.ask(f"{visible}.complete && {visible}.naturalWidth") > 100


@needs_chromium
@pytest.mark.parametrize("width", [390, 1200])
def test_no_page_is_wider_than_its_window(page, pages, width):
    for path in pages:
        page.open(path.as_uri(), width=width)
        assert page.ask("document.documentElement.scrollWidth") <= width + 1, f"{path.name} at {width} pixels"


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
