# %% [markdown]
# # What held up?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# Every experiment of this book ends with the claims it tested and what became of them. This page reads those records and measures nothing itself; its
# sentences are put together from the verdicts.

# %% tags=["parameters"]
profile: str = "own"  # [name] whose records are read, and where this page's own go: results/<profile>/
pages: list[str] = ["step_ablation", "initializer_ablation", "seed_ablation", "sd_versus_ti", "quantitative", "what_it_learns", "known_names", "near_and_far", "probes", "kl_tradeoff", "rivals", "harmony", "dataset_and_concepts", "more_vectors"]  # [names] experiments to read, in this order
again: str = ""  # [name] profile in which the same pages ran once more with other training seeds; empty: none
records: str = ""  # [folder] where the pages' records lie instead
out: str = ""  # [folder] where this page's records go instead

# %% tags=["hide-input"]
# %matplotlib inline
import time
from pathlib import Path

import matplotlib.pyplot as plt
from IPython.display import HTML
from myst_nb import glue

from study.analysis import summary as analysis
from study.analysis import summary_again as once_more
from study.analysis import summary_figures as figures
from study.claims import claims_html, counts, page_title, read_claims
from study.figures import use_style
from study.parameters import check_notebook
from textinv_core.files import load_json, write_json, write_table
from textinv_core.paths import NOTEBOOKS, record_dir
from textinv_core.provenance import identity, provenance

check_notebook(In, globals())
began = time.monotonic()
use_style()
plt.rcParams["figure.dpi"] = 120
home = Path(records) if records else record_dir(profile, "summary").parent
folder = Path(out) if out else record_dir(profile, "summary")
claims, missing = read_claims(home, pages)
if claims.empty:
    raise ValueError(f"{home}: holds no page with claims ({', '.join(pages)}); run the experiments first")
titles = {name: page_title(NOTEBOOKS / f"{name}.py") for name in pages}
second = read_claims(record_dir(again, "summary").parent, pages)[0] if again else claims[:0]
twice = once_more.both(claims, second)

# %% [markdown]
# ## Claim by claim
#
# ✓ *supported*: the 95 % interval lies on the claimed side, the test (after {term}`Holm correction`) agrees where there is one, and no control shows the same.
# ✗ *not supported*: the interval, or that of what is left over a control which shows the same, ends short of the {term}`smallest effect of interest`.
# ? *undecided*: anything else, or too few concepts. Claims marked *primary* were named on their page before its results were seen.

# %% tags=["remove-input"]
HTML(claims_html(claims, titles))

# %% [markdown]
# ## At a glance
#
# {glue:text}`tallies`

# %% tags=["remove-input"] mystnb={"figure": {"caption": "How many claims held up, by the document that made them. Each claim counts once, however large.", "name": "fig-summary-verdicts"}, "image": {"alt": "A horizontal bar for each document, divided into claims that are supported, not supported and undecided; the longer the blue part, the more held up.", "width": "100%"}}
figure = figures.verdicts(counts(claims))
plt.show()

# %% [markdown]
# ## Once more, with other training seeds
#
# {glue:text}`again`

# %% tags=["remove-input"]
HTML(once_more.twice_html(twice, titles))

# %% [markdown]
# ## What this shows, and what it does not
#
# {glue:text}`n_pages` of {glue:text}`n_asked` experiments are read here ({glue:text}`read`). Of the primary claims alone: {glue:text}`primary`.
#
# **What to do.** Build on what carries a ✓, and before you rely on it read what came out: the interval says how much was found, the test says against what.
# Do not build on a question mark in either direction.
#
# What it does not show:
#
# - {glue:text}`scale`. The {term}`pocket model` has the same parts and runs the same code, in a drawn world of small pictures. What holds there is a lead for
#   larger models, not a result on them.
# - The concepts are stand-ins for the documents’ own, which cannot be shipped: the same kinds of things, other looks.
# - No person rated a picture. Scores come from a CLIP and from an {term}`oracle` that knows what was drawn; either can be wrong where a viewer would not be.
# - Verdicts are counted, not weighed. Claims of one page rest on the same pictures, and corrections for many comparisons are made within a page, not across
#   this table.
# - Claims are in the documents’ words where they make one. Where a document only asks, the row says what was taken for an answer.

# %% tags=["remove-cell"]
numbers = analysis.told(claims, missing, titles) | dict(again=once_more.told(twice, titles))
for key, value in numbers.items():
    glue(key, value, display=False)
folder.mkdir(parents=True, exist_ok=True)
figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")
write_table(folder / "claims.csv", claims)
write_json(folder / "numbers.json", numbers)
read = {name: identity(load_json(home / name / "claims.json")) for name in dict.fromkeys(claims["page"])}
given = dict(pages=list(read), missing=missing, claims=read)
record = provenance(given, data={}, model="", seconds=time.monotonic() - began)
_ = write_json(folder / "provenance.json", record | dict(profile=profile, page="summary"))
