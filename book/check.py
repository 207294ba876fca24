"""Check a built book before it is published: links within it, alternative texts, weights, markup left as it is.

    python book/check.py book/_build/html

Prints one line for each problem and exits with 1 if there is any.
"""

import argparse
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

PICTURE_LIMIT, PAGE_LIMIT = 1.5, 3.0  # MB
UNSET = re.compile(r'class="pasted-text">[^<]*?((?<!\w)[*`]\w[^<]{0,30})')  # a pasted text is plain text
GENERATED = ("genindex.html", "search.html", "index.html")  # no words of ours


class Page(HTMLParser):
    """The pictures (their attributes), the targets of links, the anchors, and the markup that is none, of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.images: list[dict] = []
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.unset: list[str] = UNSET.findall(text)
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "img":
            self.images.append(values)
        self.targets += [values[name] for name in ("href", "src") if values.get(name)]


def pages(html: Path) -> list[Path]:
    """The book's own pages, without Sphinx's generated ones and its assets."""
    whole = (path for path in html.rglob("*.html") if not path.relative_to(html).parts[0].startswith("_"))
    return sorted(path for path in whole if path.name not in GENERATED)


def problems(html: Path) -> list[str]:
    """One line for each fault found in a built book."""
    if not (html / "index.html").is_file():
        return [f"{html}: holds no built book (no index.html)"]
    read = {path: Page(path.read_text(encoding="utf-8")) for path in [*pages(html), html / "index.html"]}
    found = [line for path in read for line in _of_page(path, html, read)]
    for picture in sorted((html / "_images").glob("*")):
        if picture.stat().st_size > PICTURE_LIMIT * 2**20:
            found.append(f"{picture.name}: {picture.stat().st_size / 2**20:.1f} MB, at most {PICTURE_LIMIT} MB allowed")
    return found


def _of_page(path: Path, html: Path, read: dict[Path, Page]) -> list[str]:
    name, page, found = str(path.relative_to(html)), read[path], []
    for image in page.images:
        if not image.get("alt"):
            found.append(f"{name}: picture {image.get('src', '')[:60]} has no alternative text")
    found += [f"{name}: markup in a pasted text is shown as it is: {text}" for text in page.unset]
    for target in page.targets:
        if re.match(r"[a-z][a-z+.-]*:", target):
            continue
        where, _, anchor = unquote(target).partition("#")
        other = (path.parent / where.split("?")[0]).resolve() if where else path
        if not other.exists():
            found.append(f"{name}: link to {target} leads nowhere")
        elif anchor and other in read and anchor not in read[other].anchors:
            found.append(f"{name}: link to {target} leads to no such place in that page")
    local = {image["src"] for image in page.images if image.get("src") and not re.match(r"[a-z]+:", image["src"])}
    files = [path.parent / unquote(source) for source in local]
    weight = path.stat().st_size + sum(file.stat().st_size for file in files if file.is_file())
    if weight > PAGE_LIMIT * 2**20:
        found.append(f"{name}: {weight / 2**20:.1f} MB with its pictures, at most {PAGE_LIMIT} MB allowed")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("html", type=Path, help="the folder of a built book")
    found = problems(parser.parse_args().html.resolve())
    print("\n".join(found) if found else "The book is in order.", file=sys.stderr if found else sys.stdout)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
