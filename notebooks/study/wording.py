"""What an interval says: on which side it lies, the verdict on a claim, and both in words.

One rule for all pages. *Supported*: the interval lies on the claimed side, the corrected p-value, where a test is part
of the rule, is at most LEVEL, and the control does not show the same. *Not supported*: the interval lies on the other
side of the smallest effect of interest, or, where a page measures it (`verdict_beside`), what the claimed has over a
control that shows the same does. *Undecided*: else, and with too few units whatever the interval.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from scipy.stats import norm

from textinv_core.evaluation.stats import Interval

FEWEST_CONCEPTS = 3  # below that an interval over concepts decides nothing: all may fall on one side by luck
ENOUGH = MappingProxyType({"concept": FEWEST_CONCEPTS})
FINEST = 4  # digits after the point in which an interval is ever said
LEVEL = 0.05  # of a family of tests, after Holm's correction


def side(interval: Interval, of: float = 0.0) -> int:
    """1 for an interval above a value, -1 below, 0 for one that holds it or has no bounds."""
    return int(interval.low > of) - int(interval.high < of)


def verdict(
    interval: Interval,
    of: float = 0.0,
    *,
    smallest: float | None = None,  # the smallest effect of interest; default: `of`
    p: float | None = None,  # corrected over the family of tests; NaN: a test that could not be made
    control: bool = False,  # whether the control shows the same
    fewest: Mapping[str, int] = ENOUGH,
) -> str:
    """Of a claim that a difference is above `of`; undecided with fewer units at a level than `fewest` asks for."""
    if any(interval.n.get(level, 0) < least for level, least in fewest.items()):
        return "undecided"
    if interval.low > of and (p is None or p <= LEVEL) and not control:
        return "supported"
    return "not supported" if interval.high < (of if smallest is None else smallest) else "undecided"


def verdict_either_way(interval: Interval, smallest: float, *, fewest: Mapping[str, int] = ENOUGH) -> str:
    """Of a claim that there is a difference, up or down; none to speak of lies within `smallest` of zero."""
    one, other = verdict(interval, fewest=fewest), verdict(opposite(interval), fewest=fewest)
    if "supported" in (one, other):
        return "supported"
    within = verdict_within(interval, -smallest, smallest, fewest=fewest)
    return "not supported" if within == "supported" else "undecided"


def verdict_within(interval: Interval, lowest: float, highest: float, *, fewest: Mapping[str, int] = ENOUGH) -> str:
    """Of a claim that a value lies in a range: the whole interval does, or it lies outside, or neither."""
    if any(interval.n.get(level, 0) < least for level, least in fewest.items()):
        return "undecided"
    if lowest <= interval.low and interval.high <= highest:
        return "supported"
    return "not supported" if interval.high < lowest or interval.low > highest else "undecided"


def same_shown(own: Mapping[str, Interval], excess: Mapping[str, Interval]) -> list[str]:
    """The controls that show the same: above zero themselves, and not clearly passed (`excess`) by what is claimed."""
    return [name for name, found in own.items() if side(found) == 1 and side(excess[name]) != 1]


def verdict_beside(
    interval: Interval,
    controls: Mapping[str, Interval],
    excess: Mapping[str, Interval],  # of what is claimed over each control
    smallest: float,
    *,
    p: float,
) -> tuple[str, list[str]]:
    """Of a claim that a difference is above zero and that no control shows it; and the controls that show the same.

    Then nothing is supported; and what the claimed has over such a control is either surely too small to matter, which
    speaks against the claim, or leaves it open.
    """
    same = same_shown(controls, excess)
    if same:
        over = [verdict(excess[name], smallest=smallest, control=True) for name in same]
        return ("not supported" if "not supported" in over else "undecided"), same
    return verdict(interval, smallest=smallest, p=p), same


def verdict_of_all(verdicts: Iterable[str]) -> str:
    """Of a claim that holds only where all its parts do: one that does not is enough against it."""
    verdicts = list(verdicts)
    if "not supported" in verdicts:
        return "not supported"
    return "supported" if verdicts and all(part == "supported" for part in verdicts) else "undecided"


def opposite(interval: Interval) -> Interval:
    """The same difference the other way round: of a claim that something falls, ask whether its opposite rises."""
    return interval._replace(estimate=-interval.estimate, low=-interval.high, high=-interval.low)


def would_take(
    interval: Interval,
    of: float = 0.0,
    *,
    smallest: float | None = None,
    p: float | None = None,
    unit: str = "concept",  # the level of `interval.n` of which there would be more
) -> int:
    """How many units would decide a claim that a difference is above `of`, if the estimate stays.

    Toward whichever verdict is nearer: a bound comes closer as one over the root of their number, and a test's z grows
    as that root. Zero where nothing is known, or where the estimate lies on a border.
    """
    number, border = interval.n.get(unit, 0), of if smallest is None else smallest
    above, below = interval.estimate - of, border - interval.estimate
    ways = [(interval.high - interval.estimate) / below] if below > 0 else []
    if above > 0:
        ways.append(max((interval.estimate - interval.low) / above, times_for(p)))
    if not (number and ways and np.isfinite(min(ways))):
        return 0
    return max(number + 1, int(np.ceil(number * min(ways) ** 2)))


def times_for(p: float | None) -> float:
    """How many times as large a test's z must be to pass: nought without a test, infinite where nothing is seen."""
    if p is None or not np.isfinite(p) or p <= LEVEL:
        return 0.0
    return norm.isf(LEVEL / 2) / norm.isf(p / 2) if p < 1 else np.inf


def about(number: int, thing: str = "concept") -> str:
    """`about 17 concepts`; nothing for none."""
    return f"about {counted(number, thing)}" if number else ""


def counted(number: int, thing: str) -> str:
    """`1 concept`, `2 concepts`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def holm_said(p: float) -> str:
    """A p-value after Holm's correction, as a sentence has it."""
    return "Holm-corrected p < 0.001" if p < 0.001 else f"Holm-corrected p {p:.3f}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = words or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def in_words(interval: Interval, form: str = "+z.3f") -> str:
    """`+0.012, 95 % interval +0.003 to +0.021`, as far as it is known; finer where a bound's side would not be seen."""
    if not np.isfinite(interval.estimate):
        return "not defined"
    while any(round(bound, FINEST) and not round(bound, int(form[-2])) for bound in (interval.low, interval.high)):
        form = f"{form[:-2]}{int(form[-2]) + 1}f"
    bounds = f"95 % interval {interval.low:{form}} to {interval.high:{form}}"
    return f"{interval.estimate:{form}}, {bounds if np.isfinite(interval.low) else 'no interval'}"


def percent(share: float, otherwise: str = "not defined") -> str:
    """`12 %`; `otherwise` for what is not known."""
    return f"{100 * share:.0f} %" if np.isfinite(share) else otherwise


def by_side(interval: Interval, above: str, below: str, neither: str, of: float = 0.0) -> str:
    """The words for the side of a value that an interval lies on."""
    return {1: above, -1: below, 0: neither}[side(interval, of)]


def shown_name(name: str) -> str:
    """How a page writes a concept's name."""
    return name.replace("_", " ")
