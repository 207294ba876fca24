"""The figure of the summary: how many claims of each document held up."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from study.claims import COLOURS, SIGNS, VERDICTS


def verdicts(number: pd.DataFrame) -> Figure:
    """A bar a document, a part a verdict, its sign and number in it; number: from `claims.counts`."""
    figure, ax = plt.subplots(figsize=(6.5, 0.62 * len(number) + 1.3), layout="constrained")
    left = number["supported"] * 0
    for verdict in VERDICTS:
        how = dict(color=COLOURS[verdict], edgecolor="white", label=f"{SIGNS[verdict]} {verdict}")
        bars = ax.barh(number.index, number[verdict], left=left, **how)
        written = [f"{SIGNS[verdict]} {n}" if n else "" for n in number[verdict]]
        ax.bar_label(bars, written, label_type="center", color="white", fontsize=11, fontweight="bold")
        left = left + number[verdict]
    ax.invert_yaxis()
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(False, axis="y")
    ax.set(xlabel="claims")
    figure.legend(*ax.get_legend_handles_labels(), ncols=3, loc="outside upper center", frameon=False)
    return figure
