"""What the page on longer words says: its answer, what became of both primary outcomes, its claims."""

from collections.abc import Mapping, Sequence

import pandas as pd

from study.analysis.more_vectors import MEASURES, answer, judged_by
from study.truth import NO_ORACLE, SMALLEST_SHARE, agreement_said
from study.wording import FEWEST_CONCEPTS, counted, in_words, percent
from textinv_core.evaluation.stats import Interval

KEYS = ("likeness", "obedience")  # the two primary outcomes, in this order everywhere
UNMOVED = "does not clearly change"
HEADLINES = {
    "likeness": {
        "rises": "draws its concept more faithfully",
        "rises a little": "draws its concept a little more faithfully",
        "falls": "draws its concept less faithfully",
        "falls a little": "draws its concept a little less faithfully",
        UNMOVED: "makes no clear difference to likeness",
    },
    "obedience": {
        "rises": "hears the rest of the sentence better",
        "rises a little": "hears the rest of the sentence a little better",
        "falls": "hears the rest of the sentence less",
        "falls a little": "hears the rest of the sentence a little less",
        UNMOVED: "makes no clear difference to how well the sentence is heard",
    },
}


def headline(model: str, lengths: Sequence[int], moved: Mapping[str, str], concepts: int) -> str:
    """The answer in a sentence; a second one where too few concepts were asked."""
    longer = f"On {model}, a word of {lengths[-1]} vectors instead of {lengths[0]}"
    said = " and ".join(HEADLINES[key][moved[key]] for key in KEYS)
    if set(moved.values()) == {UNMOVED}:
        said = "makes no clear difference, neither to likeness nor to how well the sentence is heard"
    few = "" if concepts >= FEWEST_CONCEPTS else " These are too few concepts to decide it."
    return f"{longer} {said}.{few}"


def told(
    model: str,
    summary: pd.DataFrame,  # a row a word: concept and the outcomes
    lengths: Sequence[int],
    primary: Sequence[str],  # the outcomes that decide, of likeness and of obedience
    found: Mapping[tuple[int, str], Interval],  # from `more_vectors.changes`
    contrasts: pd.DataFrame,  # from `more_vectors.contrasts`
    agreed: pd.DataFrame,  # from `truth.agreement`
    size: str,  # training seeds and pictures, in words
) -> dict[str, str]:
    """What the page quotes of its primary contrasts, and the verdicts."""
    longest, shortest = lengths[-1], lengths[0]
    judged = summary.dropna(subset=list(primary))["concept"].nunique()
    p_holm = contrasts[contrasts["primary"]].set_index("value")["p_holm"]
    said, moved = {}, {}
    for key, value in zip(KEYS, primary, strict=True):
        change = found[longest, value]
        said[f"verdict_{key}"], moved[key] = answer(change, p_holm.get(value, 1.0), falls=key == "obedience")
        said[f"told_{key}"] = f"{MEASURES[value]} {moved[key]} ({in_words(change, '+z.2f')})"
    return said | dict(
        verdict_short=headline(model, lengths, moved, judged),
        shortest=f"{shortest}",
        n_shortest=counted(shortest, "vector"),
        longest=f"{longest}",
        sample=f"{counted(judged, 'concept')}, {size}",
        n_judged=f"{judged}",
        smallest_p=f"{2 ** (1 - judged):.2g}" if judged else "undefined",
        judged="The oracle judges here." if tuple(primary) == judged_by(oracle=True) else NO_ORACLE,
        agreement=agreement_said(agreed),
        points=percent(SMALLEST_SHARE),
        fewest_concepts=f"{FEWEST_CONCEPTS}",
    )


def claims(said: Mapping[str, str], primary: Sequence[str]) -> list[dict]:
    """The fields of the two claims, from what the page has told."""
    test = (
        f"{said['longest']} vectors minus {said['shortest']}, same concept and training seed: {{}}; concepts and seeds "
        "resampled, Holm over two"
    )
    words = {
        "likeness": "a word of more vectors draws the concept more faithfully",
        "obedience": "a word of more vectors hears the rest of the sentence less",
    }
    return [
        dict(
            source="this study",
            words=words[key],
            test=test.format(MEASURES[value]),
            result=said[f"told_{key}"],
            n=said["sample"],
            verdict=said[f"verdict_{key}"],
            primary=True,
        )
        for key, value in zip(KEYS, primary, strict=True)
    ]
