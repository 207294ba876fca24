"""The claims that pages recorded, read back: one table, and the sentences its verdicts allow."""

import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from study.page import Claim
from textinv_core.files import load_json

VERDICTS = ("supported", "not supported", "undecided")
SIGNS = dict(zip(VERDICTS, ("✓", "✗", "?"), strict=True))
# Blue, vermilion and grey of Okabe & Ito, dark enough for white letters; the sign and the words say it too.
COLOURS = dict(zip(VERDICTS, ("#00588a", "#b04a00", "#545d69"), strict=True))
COLUMNS = ("page", "profile", "model", "document", *Claim.model_fields)


def read_claims(records: str | Path, pages: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """One row per claim of the `pages` recorded under `records`/<page>, in their order; and the pages not there.

    Columns: `page`, `profile` and `model` it ran with, `document` (the source up to its first comma), and those
    of a `Claim`. A page is there when its provenance is: that is written last.
    """
    rows, missing = [], []
    for page in pages:
        folder = Path(records) / page
        if not all((folder / name).is_file() for name in ("claims.json", "provenance.json")):
            missing.append(page)
            continue
        ran = load_json(folder / "provenance.json")
        where = dict(page=page, profile=ran.get("profile", ""), model=ran.get("parameters", {}).get("model", ""))
        for number, values in enumerate(load_json(folder / "claims.json").get("claims", [])):
            try:
                claim = Claim(**values)
            except (TypeError, ValueError) as error:
                raise ValueError(f"{folder / 'claims.json'}: claim {number}: {error}") from None
            rows.append(where | dict(document=claim.source.split(",")[0].strip()) | claim.model_dump())
    return pd.DataFrame(rows, columns=list(COLUMNS)), missing


def badge(verdict: str) -> str:
    """A verdict as HTML: sign, words and colour."""
    style = f"background:{COLOURS[verdict]};color:#fff;border-radius:4px;padding:.1em .5em;white-space:nowrap"
    return f'<span class="verdict" style="{style}">{SIGNS[verdict]} {verdict}</span>'


def claims_html(table: pd.DataFrame, titles: dict[str, str]) -> str:
    """The claims by document as one HTML table, verdict first, those that held up on top; what came out unfolds below.

    `titles` say what a page's link is called.
    """
    body = []
    for document, claims in table.groupby("document", sort=False):
        name = html.escape(document[:1].upper() + document[1:])
        body.append(f'<tr><th colspan="2" scope="rowgroup" style="text-align:left">{name}</th></tr>')
        claims = claims.sort_values("primary", ascending=False, kind="stable")
        claims = claims.sort_values("verdict", key=lambda v: v.map(VERDICTS.index), kind="stable")
        for claim in claims.itertuples():
            source = html.escape(claim.source) + (" · primary" if claim.primary else "")
            words = f"<strong>{html.escape(claim.words)}</strong> <small>({source})</small>"
            body.append(row(f"{badge(claim.verdict)}<br><small>{_link(claim.page, titles)}</small>", words))
        out = "".join(_came_out(claim) for claim in claims.itertuples())
        unfolds = f"<details><summary>What came out, claim by claim</summary><dl>{out}</dl></details>"
        body.append(f'<tr><td colspan="2" style="text-align:left">{unfolds}</td></tr>')
    return table_of({"verdict and page": 26, "the claim, in its own words": 74}, body)


def table_of(heads: Mapping[str, int], rows: Iterable[str]) -> str:
    """An HTML table of claims; heads: name of each column -> its share of the width, in percent."""
    head = "".join(f'<th scope="col" style="text-align:left;width:{w}%">{name}</th>' for name, w in heads.items())
    return f'<table class="dataframe claims"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def row(*cells: str) -> str:
    """A row of such a table, its cells as HTML."""
    return "<tr>" + "".join(f'<td style="text-align:left;vertical-align:top">{cell}</td>' for cell in cells) + "</tr>"


def _came_out(claim) -> str:
    """A claim again, its result, what would decide it if it is open, and how it was tested, for a list of terms."""
    words, test, result, n = (html.escape(getattr(claim, name)) for name in ("words", "test", "result", "n"))
    takes = f" Would be decided, if the estimate stays, by {html.escape(claim.takes)}." if claim.takes else ""
    return f"<dt>{SIGNS[claim.verdict]} {words}</dt><dd>{result}.{takes}<br><small>Tested: {test} ({n})</small></dd>"


def _link(page: str, titles: dict[str, str]) -> str:
    """A link to the page beside this one."""
    return f'<a href="{page}.html">{html.escape(titles.get(page, page))}</a>'


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """Claims by document (rows, in the table's order) and verdict (columns, all three)."""
    number = table.groupby(["document", "verdict"]).size().unstack(fill_value=0)
    return number.reindex(index=list(dict.fromkeys(table["document"])), columns=list(VERDICTS), fill_value=0)


def tally(row: pd.Series) -> str:
    """`3 claims (1 supported, 2 undecided)`; what is nought is left out."""
    total = int(row.sum())
    parts = ", ".join(f"{int(row[verdict])} {verdict}" for verdict in VERDICTS if row[verdict])
    return f"{total} claim{'s' if total != 1 else ''}" + (f" ({parts})" if parts else "")


def page_title(script: Path) -> str:
    """The title of a notebook's percent script; its name where there is none."""
    lines = script.read_text(encoding="utf-8").splitlines() if script.is_file() else []
    return next((line.removeprefix("# # ") for line in lines if line.startswith("# # ")), script.stem)
