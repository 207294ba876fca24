"""Where words end, between their anchors: a dot a word, a group of dots a concept."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from study.panels import shared_legend

ANCHORS = {"image_only": ("--", "training pictures"), "plain": (":", "class word")}  # arm -> line, how it is called


def levels_between_anchors(
    final: pd.DataFrame,  # a row a word, all at one step: concept, the column `by` and the values
    anchors: pd.DataFrame,  # the values by (arm, concept)
    labels: Mapping[str, str],  # concept -> how it is written
    *,
    by: str,  # what has a colour each
    order: Sequence[str],  # of its values, those that are not there left out
    values: Mapping[str, str],  # column -> how it is called; a panel each
) -> Figure:
    """One panel a value, one group of dots a concept; dashed and dotted, its anchors."""
    names, kinds = list(dict.fromkeys(final["concept"])), [kind for kind in order if (final[by] == kind).any()]
    size = (max(3.4, 1.4 * len(names) + 0.8) * len(values), 3.6)
    figure, axes = plt.subplots(1, len(values), figsize=size, squeeze=False, layout="constrained")
    apart = np.linspace(-0.3, 0.3, len(kinds)) if len(kinds) > 1 else [0.0]
    for ax, (value, said) in zip(axes.flat, values.items(), strict=True):
        for i, (kind, offset) in enumerate(zip(kinds, apart, strict=True)):
            own = final[final[by] == kind]
            ax.scatter(own["concept"].map(names.index) + offset, own[value], color=f"C{i}", s=30, zorder=3, label=kind)
        for i, name in enumerate(names):
            for arm, (line, called) in ANCHORS.items():
                level = anchors.loc[(arm, name), value]
                looks = dict(color="0.3", linestyle=line, linewidth=1.2, label=None if i else called)
                ax.plot([i - 0.42, i + 0.42], [level, level], **looks)
        ax.set(ylabel=said, xlim=(-0.5, len(names) - 0.5))
        ax.set_xticks(range(len(names)), [labels[name] for name in names])
        ax.grid(axis="x", visible=False)
    shared_legend(figure, axes[0, 0])
    return figure
