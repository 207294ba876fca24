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
# # Is KL the better leash?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# The research note proposes {ref}`a KL term <method>` that holds the learned word near its initializer, and expects the word to keep the meaning and
# context around it, to be more stable, and to stay on the “semantic manifold”. Any leash trades likeness for obedience; so does
# simply stopping early. So does KL trade *better* than cheaper leashes, and does a word run away at all?

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake", "violet_cloud", "sky_castle", "plum_cat", "blue_racer", "leaf_robot", "star_cupcake", "merry_man", "elder_tree", "comet_cake", "wooden_figurine"]  # [names or folders] what to learn
development: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake"]  # [names] those of `concepts` that the weight is chosen on; the others are reported
strangers: list[str] = ["elder_tree", "comet_cake", "wooden_figurine"]  # [names] those of `concepts` that no name of the model comes near to; for the last section only
initializer: str = ""  # [word] where learning starts; empty: each concept's own
kl_weights: list[float] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]  # [lam] the KL curve; none (naive) is always there
kl_weight: float = 0.0  # [lam] the one weight that single comparisons use; zero: chosen on the development concepts
uniform_weights: list[float] = [0.05, 0.2, 1.0]  # [lam] the curve of KL with one weight for all timesteps
l2_weights: list[float] = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0]  # [factor] the L2 pull's curve
rate_shares: list[float] = [0.03, 0.1, 0.3]  # [share] lower learning rates, of `learning_rate`
shares: list[float] = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9]  # [share] interpolations: how much of the learned word
level: float = 0.5  # [share of the naive word's gain, and of its way] where leashes are compared
places: list[str] = ["one backdrop", "single picture", "more vectors", "high rate", "many steps", "stranger"]  # [names] where trouble is looked for
place_concepts: list[str] = ["violet_cloud", "sky_castle", "plum_cat", "merry_man"]  # [names] on whom, strangers aside
place_weights: list[float] = [0.03, 0.3, 3.0]  # [lam] KL weights tried there
place_l2: list[float] = [0.03, 0.3]  # [factor] L2 pulls tried there
place_seeds: list[int] = [0, 1, 2]  # [numbers] training seeds there
place_factor: float = 10.0  # [times] the learning rate of one place, and the steps of another
place_vectors: int = 4  # [vectors] of the place with several
backdrop: str = "forest"  # [scene] of the place with one backdrop
steps: int = 500  # [updates] length of training
checkpoint_every: int = 0  # [updates] distance of the early stops; zero: a tenth of all
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 3  # [pictures] drawn with each setting for each prompt with a context
contexts: int = 4  # [prompts] how many contexts there are; the plain prompt is drawn as often as all of them
num_inference_steps: int = 20  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %% tags=["hide-input"]
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pocket_world.oracle.witness import open_oracle, sees
from pocket_world.world.concepts import draw, members

from study.analysis import kl_tradeoff as analysis
from study.analysis import kl_tradeoff_claims as decide
from study.analysis import kl_tradeoff_places as hard
from study.analysis import kl_tradeoff_told as told
from study.analysis.kl_tradeoff import KL, POINTS
from study.figures import image_grid, step_curves, trade_off
from study.leashes import learn, redrawn, score
from study.page import Claim, begin
from study.panels import PIXELS, bars, shared_legend
from study.vocabulary import ordinary_words
from study.wording import counted, in_words, shown_name
from textinv_core.evaluation.metrics import evaluate, image_only
from textinv_core.learning.concepts import context_prompts, load_images

page, oracle = begin("kl_tradeoff", globals()), open_oracle(model)
reading = analysis.BY_ORACLE if oracle else analysis.BY_CLIP
prompts, by_name = page.prompts(), {c.name: c for c in page.concepts}
phrases = {c.name: {prompts[c.name][0]: "plain"} | context_prompts(c.kind) for c in page.concepts}
plain, many = {name: texts[0] for name, texts in prompts.items()}, range(images_per_prompt * max(1, contexts))
ordinary = [c for c in page.concepts if c.name not in strangers or concept] or list(page.concepts)
reported = [c.name for c in ordinary if c.name not in (*development, *strangers) or concept]
weights, every = analysis.grid(kl_weights, kl_weight), checkpoint_every or max(1, steps // 10)

# %% [markdown]
# ## The leashes
#
# | method | what holds the word back | its settings |
# |---|---|---|
# | *KL exact* | the KL term, weighted over timesteps as it is: $\lambda w_t$, scaled to $\lambda$ at the median | {glue:text}`kl_weights` |
# | *KL uniform* | the same term with one weight $\lambda$ for all timesteps, as DPOK’s code has it | {glue:text}`uniform_weights` |
# | *L2 pull* | a penalty on the row’s squared distance from its start {cite:p}`gal2023` | {glue:text}`l2_weights` |
# | *early stopping* | nothing; the naive run’s checkpoints | every {glue:text}`every` steps |
# | *interpolation* | nothing; after training, so much of the learned row, the rest the initializer’s | {glue:text}`shares` |
# | *lower rate* | smaller steps | {glue:text}`rates` of the learning rate |
# | *norm lock*, *rescaled* | the row’s length: its first one throughout, or the vocabulary’s median afterwards | one each |
#
# Two ends belong to every leash: let go, it gives the *naive* word; held so tight that nothing moves, the *initializer*. All see the same pictures, noise and
# timesteps in each training seed. The KL is *teacher-forced*: $x_t$ comes from noised training pictures, not from the model’s own chain.
#
# ## What was decided before looking
#
# {glue:text}`read_by` The **primary contrasts** are KL exact minus another, paired over concepts and training seeds, each with {glue:text}`smallest` as the smallest effect of interest:
#
# - at the weight chosen on the development concepts, minus *naive*: {glue:text}`both`. Its control is the naive word stopped early where it keeps the concept as often as KL does.
# - at equal likeness, minus each of four rivals ({glue:text}`rivals`): {glue:text}`context`, where each front has {glue:text}`level` of the naive word’s gain in likeness;
# - at an equal pull, minus the same four: {glue:text}`both`, where each has gone {glue:text}`level` of the naive word’s way from the initializer.
#
# KL trades better only if it beats every rival on both terms. A verdict needs {glue:text}`fewest` concepts, an interval on its side and Holm’s p over all these, of sign flips over concepts; with
# {glue:text}`n_reported` of them the smallest that can be is {glue:text}`smallest_p`. It is undecided where the chosen
# weight is the largest of its grid, where the mean over contexts hides one that goes the other way, and where a concept gains less than {glue:text}`gain`, which has no share.

# %% tags=["hide-input"]
def look(c, pictures):  # what the oracle sees; a plain prompt has no context to be seen
    return sees(oracle, pictures, phrases[c.name], c.name)


words, scores, anchors, tiles = [], [], [], {}
plan = analysis.trained_settings(weights, uniform_weights, l2_weights, rate_shares, learning_rate)
for c in ordinary:
    mine = [one for one in plan if c.name in reported or one[0] in analysis.CHOSEN_ON_DEVELOPMENT]
    own = learn(page, c, mine, steps=steps, every=every, shares=shares)
    if c.name not in reported:
        own = own[own["method"].isin([*analysis.CHOSEN_ON_DEVELOPMENT, "initializer"])]
    found, tiles[c.name] = score(page, c, own, many, look)
    words, scores = [*words, own.drop(columns="word")], [*scores, found]
for c, texts in ((c, prompts[c.name]) for c in page.concepts):
    anchors += [evaluate(end, c, page.judge) for end in (image_only(c, texts, page.side), page.draw_plain(c, texts))]
words, scores, anchors = (pd.concat(parts, ignore_index=True) for parts in (words, scores, anchors))
results = analysis.read(scores, anchors, plain).merge(words, on=analysis.SETTING)
results = analysis.of_the_naive(results, reading.kept)
ours = results[results["concept"].isin(reported or list(by_name))]
choice = analysis.choose_weight(results[~results["concept"].isin(reported)], reading, weights)
weight = kl_weight or choice.weight
safe = bool(reported) and (bool(kl_weight) or (choice.found and not choice.at_edge))

# %% [markdown]
# ## Choosing one weight
#
# Where a single KL word is needed, here and on the pages that take over this choice, its weight is the one with the best {glue:text}`both` on the development concepts, each weight averaged
# with its neighbours. {glue:text}`choice_told`

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The development concepts by KL weight, zero being the naive word: what is kept, the context, and both in one picture; mean over concepts and training seeds. The line marks the weight in use.", "name": "fig-kl-choice"}, "image": {"alt": "Three curves against the KL weight, and a vertical line at the weight in use.", "width": "75%"}}
ladder = [0.0, *weights]
tried = choice.table.reset_index().query("method in ('naive', @KL)").sort_values("strength")
figure, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
for value in (reading.kept, reading.context, reading.both):
    ax.plot([ladder.index(x) for x in tried["strength"]], tried[value], marker="o", label=reading.said[value])
ax.axvline(ladder.index(weight), color="0.5", linestyle=":", linewidth=1, zorder=0)
ax.set(xlabel="KL weight λ", xticks=range(len(ladder)), xticklabels=[f"{w:g}" for w in ladder])
shared_legend(figure, ax)

# %% [markdown]
# ## What the leash does
#
# One reported concept, one training seed, the same noise everywhere. From the naive word at the top, the leash gets shorter downward; at the bottom is the ordinary word.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The plain prompt and prompts with a context, by KL weight (exact weighting): from unchecked training down to the initializer itself. Left, the training pictures.", "name": "fig-kl-grid"}, "image": {"alt": "A grid of small pictures: one row for each KL weight from zero upward and one for the initializer; columns for a training picture, the plain prompt and prompts with a context.", "width": "100%"}}
shown = by_name[ours["concept"].iloc[0]]
rungs = {("naive", 0.0): "naive"} | {(KL, w): f"λ = {w:g}" for w in weights} | {("initializer", 0.0): "initializer"}
photos, cells = load_images(shown.images, PIXELS), []
for i, (rung, called) in enumerate(rungs.items()):
    cells.append(dict(row=called, column="training", image=photos[i % len(photos)]))
    for text in prompts[shown.name]:
        image = tiles[shown.name][*rung, seeds[0], text]
        cells.append(dict(row=called, column=phrases[shown.name][text], image=image))
grid = image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS)
grid.figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## The curves
#
# Up and to the right is better. A leash that only trades as well as its rivals lies on their curve, wherever its settings fall along it. Thin lines are single concepts of a single training seed,
# which is what the contrasts compare; thick ones their mean, setting by setting. {glue:text}`agree_told`

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Each leash over its settings. Left and middle, what judges here; right, CLIP\u2019s two scores on the scale that the anchors span. Thin, single concepts and training seeds of KL exact; thick, means; black, the leashes of one setting.", "name": "fig-kl-curves"}, "image": {"alt": "Panels of trade-off curves, one curve for each leash, between the initializer at the left and the naive word at the right.", "width": "100%"}}
curves, singles = analysis.mean_curves(ours), analysis.mean_curves(ours[ours["method"] != "rescaled"], ("concept", "seed"))
panels = [(reading.kept, reading.context), (reading.kept, reading.both)] + ([("R", "E")] if oracle else [])
called = analysis.BY_CLIP.said | reading.said
lone = curves[curves["method"].isin(POINTS) & (curves["strength"] == 1)].assign(anchor=lambda t: t["method"])
figure, axes = plt.subplots(1, len(panels), figsize=(4.4 * len(panels), 4.2), layout="constrained")
for ax, (x, y) in zip(axes, panels, strict=True):
    for _, line in singles[singles["method"] == KL].groupby(["concept", "seed"]):
        ax.plot(line[x], line[y], color="0.8", linewidth=0.7, zorder=0)
    lines = curves[~curves["method"].isin(POINTS)].dropna(subset=[x, y])
    if len(lines):
        trade_off(lines, x=x, y=y, hue="method", anchors=lone.dropna(subset=[x, y]), ax=ax).get_legend().remove()
    ax.set(xlabel=called[x], ylabel=called[y])
if axes[0].get_legend_handles_labels()[0]:
    shared_legend(figure, axes[0], "outside lower center", ncols=4)

# %% [markdown]
# ## On equal terms
#
# A front with more settings looks better by chance. So at equal likeness each leash is cut down to {glue:text}`size` of its settings, averaged over all ways to pick them; with all of them
# the contrasts stand in the table once more. {glue:text}`reach_told`

# %% tags=["hide-input"] mystnb={"figure": {"caption": "KL exact minus each rival at equal likeness (left) and at an equal pull (right), with 95 % intervals: right of the line KL is better. Dotted, the smallest effect of interest.", "name": "fig-kl-terms"}, "image": {"alt": "Two panels of dots with intervals, a row for each rival, around a line at zero.", "width": "100%"}}
likeness, pull = analysis.at_equal_likeness(ours, reading, level), analysis.at_equal_pull(ours, reading, level)
single = decide.at_the_weight(ours, weight, reading.kept)
size, fair = analysis.at_equal_size(ours, reading, level)
primary, found = decide.primary_contrasts(single, fair, pull, reading)
more = decide.other_contrasts(likeness, pull)
agreement = analysis.drawn_against_single(ours, likeness, reading, level)
figure, axes = plt.subplots(1, 2, figsize=(9.5, 2.8), sharey=True, layout="constrained")
for ax, terms in zip(axes, ("equal likeness", "equal pull"), strict=True):
    rows = primary[primary["terms"] == terms].rename(columns={"difference": "estimate"})
    ax.errorbar(rows["estimate"], rows["rival"], xerr=bars(rows), linestyle="", marker="o", color="0.2", capsize=3)
    ax.axvline(0, color="0.5", linewidth=1, zorder=0)
    ax.axvline(decide.SMALLEST, color="0.5", linestyle=":", linewidth=1, zorder=0)
    ax.set(xlabel=f"{terms}: {reading.said[reading.context if ax is axes[0] else reading.both]}")

# %%
decide.contrast_table(pd.concat([primary, decide.contrast_rows(more)]))

# %% [markdown]
# ## Context by context
#
# A mean over contexts can hide one that is lost. {glue:text}`contexts_told`

# %%
pictures = scores[scores["concept"].isin(ours["concept"])]
by_context = decide.by_context(pictures, phrases, weight, "context_seen" if oracle else "text_deleted")
by_context.set_index("context").rename_axis(None).style.format("{:.2f}", subset=by_context.columns[1:-1], na_rep="–")

# %% [markdown]
# ## Stability, and where the row goes
#
# *More stable* is read here as: training again with another seed ends nearer to the same place. Any leash shrinks that spread by moving less, so the control is the early stop that keeps the concept as often.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "By KL weight, zero being the naive word: spread of the outcomes over training seeds, cosine to the nearest ordinary word, and length of the row. Mean over concepts with 95 % band. Shaded, where 95 % of ordinary words lie.", "name": "fig-kl-stability"}, "image": {"alt": "Three line plots against the KL weight: spread over seeds, cosine to the nearest word, length of the row.", "width": "100%"}}
spread = decide.spread_over_seeds(ours, reading)
rungs = decide.by_weight(ours, spread).assign(position=lambda t: t["strength"].map(ladder.index))
usual = decide.usual(ordinary_words(page.pipe))
figure, axes = plt.subplots(1, 3, figsize=(11, 3), layout="constrained")
called = {"spread": "spread over seeds", "nearest_cosine": "cosine to the nearest word", "norm_ratio": "length / median"}
for ax, (value, said) in zip(axes, called.items(), strict=True):
    if rungs[value].notna().any():
        step_curves(rungs, value, x="position", units="concept", ax=ax)
    if value in usual:
        ax.axhspan(*usual[value], color="0.93", zorder=0)
    ax.set(xlabel="KL weight λ", ylabel=said, xticks=range(len(ladder)), xticklabels=[f"{w:g}" for w in ladder])

# %% [markdown]
# (where-a-word-needs-a-leash)=
# ## Where does a word need a leash?
#
# With several varied pictures and a moderate training the naive word may lose nothing; then no leash has anything to keep. So here trouble is looked for where it is likely:
# {glue:text}`places_asked`. Nothing is carried over from above: in each place each concept gets the KL weight, the L2 pull and the early stop that
# did best on the *other* concepts there. The contrast is {glue:text}`both`, KL minus naive; the control is the early stop. These stand beside the primary contrasts: an interval on its side decides.
#
# **A leash is needed where the naive word loses something.** It loses context clearly in: {glue:text}`losing`. {glue:text}`needed_told` {glue:text}`left_out`

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One concept in each place, one training seed and noise, in its first context: the naive word above, the word with the middle KL weight tried there below.", "name": "fig-kl-places"}, "image": {"alt": "A grid of small pictures: a column for each place where trouble is likely; above the naive word, below the word with a KL term.", "width": "100%"}}
def changed(place, c):
    """The concept as it is shown in a place; None where the world would have to draw it and cannot."""
    if place == "one backdrop":
        rng = np.random.default_rng(0)
        return redrawn(page, c, lambda: draw(c.name, rng, scene=backdrop)[0]) if c.name in members() else None
    return c.model_copy(update=dict(images=c.images[:1])) if place == "single picture" else c


parts, cells, middle = [], {}, place_weights[len(place_weights) // 2]
among = [c for c in page.concepts if c.name in (*place_concepts, *strangers) or concept]
for place in places:
    how, updates = hard.how_taught(place, steps, learning_rate, factor=place_factor, vectors=place_vectors)
    plan = hard.trained_settings(how, place_weights, place_l2)
    for c in (c for c in among if (c.name in strangers) == (place == "stranger")):
        if (taught := changed(place, c)) is None:
            continue
        own = learn(page, c, plan, steps=updates, every=max(1, updates // 5), taught=taught, seeds=place_seeds)
        pictures, drawn = score(page, c, own, page.noises, look)
        parts.append(analysis.read(pictures, anchors, plain).assign(place=place))
        text, column = prompts[c.name][min(1, contexts)], f"{place}\n{shown_name(c.name)}"
        pair = {"naive": drawn["naive", 0.0, place_seeds[0], text], "with KL": drawn[KL, middle, place_seeds[0], text]}
        cells.setdefault(place, [dict(row=row, column=column, image=image) for row, image in pair.items()])
at_places = pd.concat([pd.DataFrame(columns=["place", *analysis.SETTING]), *parts], ignore_index=True)
needed = hard.where_needed(at_places, reading)
if cells:
    shown = pd.DataFrame([cell for pair in cells.values() for cell in pair])
    image_grid(shown, row="row", column="column", pixels=PIXELS).tick_params(labelsize=7)

# %%
hard.place_table(needed, reading)

# %% tags=["remove-cell"]
beside = decide.differences(single, decide.with_control(spread, single), reading)
answer = decide.answers(found, primary, beside, by_context, reading.context, safe=safe)
page.say(
    **page.common("model_name", "n_seeds", "n_pictures", "n_contexts", "steps", "learning_rate"),
    verdict_short=f"On {page.model_name}, {told.answered(answer, found, primary, decided=safe)}. {hard.in_short(needed)}",
    **answer,
    **told.settings(page.parameters, reading, weights, every, ours["concept"].nunique()),
    size=f"{size}",
    kl_weight=f"{weight:g}",
    kl_beta=f"{words.loc[(words['method'] == KL) & (words['strength'] == weight), 'beta'].iloc[0]:.3g}",
    choice_told=told.choice_told(choice, kl_weight, reading),
    agree_told=told.agree_told(agreement),
    reach_told=told.reach_told(fair, pull, ours),
    contexts_told=told.contexts_told(by_context, beside[reading.context], shares=bool(oracle)),
    **hard.told(places, needed),
    **told.contrasts(found),
    **{f"{key}_told": in_words(c) for key, c in told.spoken(beside, reading).items()},
)

# %% [markdown]
# ## What this shows, and what it does not
#
# On {glue:text}`model_name`, {glue:text}`n_reported` reported concepts with {glue:text}`n_seeds` training seeds, {glue:text}`steps` steps at learning rate {glue:text}`learning_rate`,
# $\lambda=$ {glue:text}`kl_weight` ($\beta=$ {glue:text}`kl_beta`) where a single weight is meant:
#
# - **KL keeps meaning and context: {glue:text}`keeps`.** KL minus naive, {glue:text}`both`: {glue:text}`chosen_told`; {glue:text}`kept`: {glue:text}`kept_told`; {glue:text}`context`: {glue:text}`context_told`. The control, an early stop
#   that keeps as much, minus naive: {glue:text}`control_told`.
# - **KL is better than simpler leashes: {glue:text}`better`.** At equal likeness, {glue:text}`context`, minus {glue:text}`likeness_told`. At an equal pull, {glue:text}`both`, minus {glue:text}`pull_told`.
# - **KL is more stable: {glue:text}`steady`.** The spread over training seeds changes by {glue:text}`spread_told` from naive to KL; against the early stop that keeps as much it differs by {glue:text}`matched_told`.
# - **KL stays on the semantic manifold: {glue:text}`stays`.** The cosine to the nearest ordinary word changes by {glue:text}`nearest_told`.
#
# What to do: where the list above says that nothing is lost, train without a leash and stop when the pictures are good; elsewhere try the cheapest leash of equal standing first.
#
# What it does not show:
#
# - The KL tried here is teacher-forced. One along the model’s own chain, as in reinforcement learning, is another method.
# - *Manifold* is the note’s word, not a measured thing: nearness to ordinary words is what we could measure.
# - Equal terms are read off straight lines between neighbouring settings; a finer grid could bend them.
# - Each point rests on {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts; the places of trouble on fewer concepts than the rest.

# %% tags=["remove-cell"]
n = f"{counted(ours['concept'].nunique(), 'concept')}, {counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt"
claims = [Claim(n=n, verdict=answer[key], **said) for key, said in told.claims(page.numbers).items()]
for c in ordinary[:4]:  # beside the numbers: the pictures, naive above, on the leash below
    own = [tiles[c.name][*key, seeds[0], text] for key in (("naive", 0.0), (KL, weight)) for text in prompts[c.name]]
    page.sheet(c.name, own, len(prompts[c.name]))
tables = dict(scores=scores, anchors=anchors, results=results, primary=primary, contexts=by_context)
tables |= dict(agreement=agreement, spread=spread, places=at_places, needed=hard.flat(needed))
page.close(tables, claims, kl_weight=weight)
