"""The study once more with other training seeds: which verdicts came out the same?"""

import html
from collections.abc import Mapping

import pandas as pd

from study.claims import badge, row, table_of
from study.wording import counted, listed

ONE = ["page", "source", "words", "nth"]  # a claim, the nth of its words on its page


def both(first: pd.DataFrame, again: pd.DataFrame) -> pd.DataFrame:
    """The claims that both runs tested, a row each: `verdict` and `result` of the first, `verdict_again` and so on."""
    first, again = (table.assign(nth=table.groupby(ONE[:-1]).cumcount()) for table in (first, again))
    return first.merge(again[[*ONE, "verdict", "result"]], on=ONE, suffixes=("", "_again"))


def told(table: pd.DataFrame, titles: Mapping[str, str]) -> str:
    """How many verdicts are the same, and what the others did; table: from `both`."""
    if table.empty:
        return "The study has not been run a second time."
    moved = table[table["verdict"] != table["verdict_again"]]
    turned = moved[~moved[["verdict", "verdict_again"]].eq("undecided").any(axis=1)]
    pages = table["page"].nunique()
    on = f"on {counted(pages, 'page')}" if pages < len(titles) else "on every page"
    said = f"{counted(len(table), 'claim')} {on} {'were' if len(table) > 1 else 'was'} tested a second time: the same "
    said += "pictures of the same concepts, the same noise when drawing, words learned with other training seeds. "
    if moved.empty:
        return said + "Every verdict came out the same."
    said += f"{len(table) - len(moved)} verdicts came out the same, {len(moved)} did not"
    if turned.empty:
        return said + "; each of these is undecided in one of the two runs, and none turned into its opposite."
    return said + f"; {listed([f'“{words}”' for words in turned['words']])} turned into the opposite."


def twice_html(table: pd.DataFrame, titles: Mapping[str, str]) -> str:
    """Verdicts of both runs side by side; those that are the same unfold below the others."""
    moved = table["verdict"] != table["verdict_again"]
    shown, same = (_rows(part, titles) for part in (table[moved], table[~moved]))
    return shown + (f"<details><summary>Those that came out the same</summary>{same}</details>" if same else "")


def _rows(table: pd.DataFrame, titles: Mapping[str, str]) -> str:
    rows = []
    for claim in table.itertuples():
        words, page = html.escape(claim.words), html.escape(titles.get(claim.page, claim.page))
        said = f"<strong>{words}</strong> <small>({page})</small>"
        rows.append(row(said, badge(claim.verdict), badge(claim.verdict_again)))
    return table_of({"the claim": 66, "first": 17, "again": 17}, rows) if rows else ""
