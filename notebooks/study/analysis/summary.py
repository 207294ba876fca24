"""What held up: the sentences of the page that reads the other pages' claims, put together from their verdicts."""

from collections.abc import Mapping, Sequence

import pandas as pd

from study.claims import counts, tally
from study.page import model_title
from study.wording import counted

OURS = "this study"  # the document that claims of our own name


def answer(theirs: pd.Series, where: str) -> str:
    """How many of the documents' claims held up, and what became of most others; theirs: claims by verdict."""
    total, held = int(theirs.sum()), int(theirs["supported"])
    fallen, still_open = int(theirs["not supported"]), int(theirs["undecided"])
    if not total:
        return f"On {where}, no claim of the documents has been tested."
    said = f"On {where}, {held or 'none'} of the documents’ {counted(total, 'claim')} held up."
    if not fallen + still_open:
        return said
    if fallen == still_open:
        return f"{said} As many of the others fell as stay open."
    others = "The others" if not min(fallen, still_open) else "Most of the others"
    return f"{said} {others} {'fell' if fallen > still_open else 'stay open'}."


def tallies(number: pd.DataFrame) -> str:
    """How many claims each document makes, and what became of them; number: from `counts`."""
    names = {name: name.capitalize() if name == OURS else f"The {name}" for name in number.index}
    return " ".join(f"{names[name]} makes {tally(row)}." for name, row in number.iterrows())


def read_said(claims: pd.DataFrame, missing: Sequence[str], titles: Mapping[str, str]) -> str:
    """Which pages were read, run on what and how large, and which have not been run."""
    ran = claims.drop_duplicates("page").groupby(["profile", "model"], sort=False)["page"].size()
    said = [f"{model_title(m)}, profile {p} ({counted(int(n), 'page')})" for (p, m), n in ran.items()]
    left_out = "; not run: " + ", ".join(titles[name] for name in missing) if missing else ""
    return "; ".join(said) + left_out


def told(claims: pd.DataFrame, missing: Sequence[str], titles: Mapping[str, str]) -> dict[str, str]:
    """What the page quotes; claims and missing: from `read_claims`; titles: of all the pages asked for."""
    number = counts(claims)
    models = sorted({model_title(model) for model in claims["model"]})
    first, large = claims[claims["primary"]], [model for model in models if model != model_title("pocket")]
    none_large = "None of these results was taken at the scale of Stable Diffusion 1.5"
    return dict(
        verdict_short=answer(number.drop(index=OURS, errors="ignore").sum(), " and ".join(models)),
        tallies=tallies(number),
        primary=tally(counts(first).sum()) if len(first) else "none",
        models=" and ".join(models),
        n_pages=f"{claims['page'].nunique()}",
        n_asked=f"{len(titles)}",
        read=read_said(claims, missing, titles),
        scale=f"Pages that ran on {' and '.join(large)} say so" if large else none_large,
    )
