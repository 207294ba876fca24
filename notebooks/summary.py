# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,mystnb,-papermill
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What held up?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# Every experiment of this book ends with the claims it tested and what became of them. This page reads those records and sets them
# side by side: what was claimed, how we tested it, what came out. It measures nothing itself, and its sentences are put together from the
# verdicts.

# %% tags=["parameters"]
profile: str = "own"  # [name] whose records are read, and where this page's own go: results/<profile>/
pages: list[str] = ["step_ablation", "initializer_ablation", "seed_ablation", "sd_versus_ti", "quantitative", "what_it_learns", "known_names", "near_and_far", "probes", "kl_tradeoff", "rivals", "harmony", "dataset_and_concepts", "more_vectors"]  # [names] experiments to read, in this order
records: str = ""  # [folder] where the pages' records lie instead
out: str = ""  # [folder] where this page's records go instead

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %% tags=["hide-input"]
# %matplotlib inline
import time
from pathlib import Path

import matplotlib.pyplot as plt
from IPython.display import HTML, Markdown
from myst_nb import glue

from study.claims import COLOURS, SIGNS, VERDICTS, claims_html, counts, findings_html, page_title, read_claims, tally
from study.figures import use_style
from study.page import POCKET
from study.wording import counted
from textinv_core.files import load_json, write_json, write_table
from textinv_core.paths import NOTEBOOKS, record_dir
from textinv_core.provenance import identity, provenance

OURS = "this study"  # the document that claims of our own name
began = time.monotonic()
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
home = Path(records) if records else record_dir(profile, "summary").parent
folder = Path(out) if out else record_dir(profile, "summary")
claims, missing = read_claims(home, pages)
if claims.empty:
    raise ValueError(f"{home}: holds no page with claims ({', '.join(pages)}); run the experiments first")
present = list(dict.fromkeys(claims["page"]))
titles = {name: page_title(NOTEBOOKS / f"{name}.py") for name in pages}
ran = claims.drop_duplicates("page").groupby(["profile", "model"], sort=False)["page"].agg(list)
number = counts(claims)

# %% [markdown]
# ## At a glance

# %% tags=["hide-input"] mystnb={"figure": {"caption": "How many claims held, by the document that made them. Each claim counts once, however large; what each one says is in the table below.", "name": "fig-summary-verdicts"}, "image": {"alt": "Horizontal bars, one a document: how many of its claims are supported, not supported and undecided, with the numbers written in the bars.", "width": "100%"}}
figure, ax = plt.subplots(figsize=(6.5, 0.62 * len(number) + 1.3), layout="constrained")
left = number["supported"] * 0
for verdict in VERDICTS:
    bars = ax.barh(number.index, number[verdict], left=left, color=COLOURS[verdict], edgecolor="white", label=f"{SIGNS[verdict]} {verdict}")
    written = [f"{SIGNS[verdict]} {n}" if n else "" for n in number[verdict]]
    ax.bar_label(bars, written, label_type="center", color="white", fontsize=11, fontweight="bold")
    left = left + number[verdict]
ax.invert_yaxis()
ax.xaxis.get_major_locator().set_params(integer=True)
ax.grid(False, axis="y")
ax.set(xlabel="claims")
ax.legend(ncols=3, loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
plt.show()

# %% [markdown]
# ## What held up, what did not

# %% tags=["hide-input"]
Markdown(" ".join(f"{name.capitalize() if name == OURS else f'The {name}'} makes {tally(row)}." for name, row in number.iterrows()))

# %% tags=["hide-input"]
HTML(findings_html(claims, titles))

# %% [markdown]
# ## Claim by claim
#
# One rule for all pages. *Supported*: the 95 % interval lies on the claimed side, a test corrected for the page’s comparisons agrees where one is made,
# and the control does not show the same. *Not supported*: the interval lies on the other side of the smallest effect of interest. *Undecided*: else, or too
# few concepts. *Primary* claims were named on their page before its results.

# %% tags=["hide-input"]
HTML(claims_html(claims, titles))

# %% tags=["hide-input"]
left_out = "; not run: " + ", ".join(f"*{titles[name]}*" for name in missing) if missing else ""
with_what = "; ".join(
    f"{'the pocket model' if model == POCKET else model}, profile *{name}* ({counted(len(of), 'page')})" for (name, model), of in ran.items()
)
Markdown(f"**Read:** {with_what}{left_out}.")

# %% tags=["remove-cell"]
theirs = number.drop(index=OURS, errors="ignore").sum()
total = int(theirs.sum())
first = claims[claims["primary"]]
models = sorted({"the pocket model" if model == POCKET else model for model in claims["model"]})
where = " and ".join(models)
sentence = f"On {where}, of the documents’ {counted(total, 'claim')} tested {theirs['supported']} held up, {theirs['not supported']} did not, and {theirs['undecided']} stay{'s' * int(theirs['undecided'] == 1)} undecided."
sentence += f" This study adds {tally(number.loc[OURS])} of its own." if OURS in number.index else ""
at_full_scale = [name for name in models if name != "the pocket model"]
glued = dict(
    verdict_short=sentence,
    primary=tally(counts(first).sum()) if len(first) else "none",
    models=where,
    n_pages=f"{len(present)}",
    n_asked=f"{len(pages)}",
    scale="Pages that ran on " + " and ".join(at_full_scale) + " say so" if at_full_scale else "None of these results was taken at the scale of Stable Diffusion 1.5",
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## What this shows, and what it does not
#
# {glue:text}`n_pages` of {glue:text}`n_asked` experiments are read here, run on {glue:text}`models`. Of the primary claims alone: {glue:text}`primary`.
#
# What it does not show:
#
# - {glue:text}`scale`. The pocket model has the same parts and the same code path in a drawn world of small pictures; what
#   holds there is a lead for larger models, not a result on them.
# - The concepts are stand-ins for the documents’ own, which cannot be shipped: same kind, other looks.
# - No person rated a picture. Scores come from a CLIP and, in the pocket world, from a classifier that knows what was drawn; either
#   can be wrong where a viewer would not be.
# - Verdicts are counted, not weighed: claims of one page rest on the same pictures, and an undecided claim may be true, or false, or tested too
#   little. Corrections for many comparisons are made within each page, not across this table.
# - Claims are shown in the documents’ words as far as they make one; where a document only asks, the row says what was taken for an answer.

# %% tags=["remove-cell"]
folder.mkdir(parents=True, exist_ok=True)
figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")
write_table(folder / "claims.csv", claims)
write_json(folder / "numbers.json", glued)
read = {name: identity(load_json(home / name / "claims.json")) for name in present}
record = provenance(dict(pages=present, missing=missing, claims=read), data={}, model="", seconds=time.monotonic() - began)
_ = write_json(folder / "provenance.json", record | dict(profile=profile, page="summary"))
