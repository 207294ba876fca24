"""What the page in forty lines says of its pictures."""

import pandas as pd


def told(table: pd.DataFrame, model: str) -> dict[str, str]:
    """The answer, by the mean likeness at the first and the last step of `table`, a row per picture."""
    by_step = table.groupby("step")["reconstruction"].mean().sort_index()
    before, after = by_step.iloc[0], by_step.iloc[-1]
    if after > before:
        answer = f"Yes: on {model} the likeness of what the word draws rises from {before:.2f} to {after:.2f}."
    else:
        answer = f"The lines run, but on {model} they taught nothing: likeness goes from {before:.2f} to {after:.2f}."
    return dict(verdict_short=answer, n_drawn=f"{(table['step'] == by_step.index[-1]).sum()}")
