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
# # Does the first word matter?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A learned word starts as a copy of an ordinary one, its initializer. The poster (its Fig. 3) starts the same building from
# `building` and from `tower` and finds that the choice matters. Here several concepts start from four words each: their own, the nearest
# other one, a word from far away, and a word drawn at random; and a concept that the model knows by a name, from that name’s neighbour too. Do they end in the same place? Do they draw the same pictures?

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["sky_castle", "violet_cloud", "leaf_robot", "known_building"]  # [names or folders] what to learn; the first is shown at length
initializer: str = ""  # [word] the own word; empty: each concept's own
alternative: str = ""  # [word] the nearest other word; empty: each concept's first alternative
far_word: str = "apple"  # [word] a word from far away
word_seed: int = 0  # [number] draws the random word
steps: int = 500  # [updates] length of training
checkpoint_every: int = 250  # [updates] distance of the steps looked at
seeds: list[int] = [0, 1, 2, 3, 4]  # [numbers] training seeds of the own and the other word
control_seeds: int = 3  # [seeds] how many of them the far and the random word get
learning_rate: float = 0.01  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 6  # [pictures] drawn at each checkpoint for each prompt
contexts: int = 4  # [prompts] how many contexts editability is measured in
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %% tags=["hide-input"]
# %matplotlib inline
from itertools import product

import matplotlib.pyplot as plt
import pandas as pd
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import initializer_ablation as analysis
from study.analysis import initializer_apart as distance
from study.analysis.initializer_apart import CALLED, RIVALS
from study.figures import image_grid, step_curves, step_slider
from study.measuring import measure
from study.page import Claim, begin
from study.panels import PIXELS, bars, interval_rows, picture_frames, scores_between_anchors, shared_legend, slider
from study.scores import SCORES, some_of
from study.truth import KEPT, NO_ORACLE, agreement, agreement_said
from study.wording import FEWEST_CONCEPTS, counted, in_words, percent
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images
from textinv_core.learning.tokens import initial_rows, nearest_words

SHOWN = 3  # contexts whose pictures are shown
page = begin("initializer_ablation", globals())
label, prompts, noises = page.labels, page.prompts(), page.noises
oracle, drawn = open_oracle(model), dict(tokenizer=page.pipe.tokenizer, seed=word_seed)
beside = {  # the true name's nearest neighbour, where the model has always known the concept
    c.name: next(w for w, _ in nearest_words(page.pipe, initial_rows(page.pipe, c.true_name), k=9)[0] if w != c.true_name)
    for c in page.concepts
    if c.true_name
}
starts = {
    c.name: analysis.first_words(c, alternative, far_word, beside.get(c.name), **drawn) for c in page.concepts
}  # role -> word

# %% [markdown]
# ## Train, draw, score
#
# All words of a concept that share a training seed see the same pictures, noise and timesteps, and draw from the same noise: whatever
# differs between them comes from the first word. What an earlier run, or another page, already made is loaded.

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=min(checkpoint_every, steps))
learned, arms = {}, []
for c in page.concepts:
    many = {role: seeds if role in ("own", "other") else seeds[:control_seeds] for role in starts[c.name]}
    plan = [(role, s) for role in starts[c.name] for s in many[role]]
    own = [Arm(c, initializer=starts[c.name][role], seed=s, learning_rate=learning_rate) for role, s in plan]
    learned[c.name] = page.store.learn(page.pipe, own, steps=steps, **settings)
    arms += [dict(arm=a.id, concept=c.name, role=r, word=a.start, seed=s) for a, (r, s) in zip(own, plan, strict=True)]
arms = pd.DataFrame(arms).set_index("arm")


def look(concept, pictures):
    """The pictures shown; what the judge sees in those of the plain prompt, by step and arm; how it reads the words."""
    plain, words = prompts[concept.name][0], starts[concept.name]
    kept = pictures[pictures["seed"].eq(0) | pictures["step"].eq(pictures["step"].max())]
    seen = pictures[pictures["prompt"] == plain].sort_values(["step", "arm", "seed"], kind="stable")
    vectors = page.judge.image_features(list(seen["image"])).unflatten(0, (-1, len(noises)))
    features = dict(zip(dict.fromkeys(zip(seen["step"], seen["arm"], strict=True)), vectors, strict=True))
    as_class = [concept.model_copy(update={"class_word": word}) for word in words.values()]
    read = page.judge.text_features([plain.replace("{}", class_phrase(other)) for other in as_class])
    return kept.set_index(["arm", "step", "prompt", "seed"])["image"], features, dict(zip(words, read, strict=True))


def see(pictures, concept):
    """What the oracle sees in each picture."""
    return sees(oracle, pictures, context_prompts(concept.kind), concept.name)


found = measure(page, learned, look=look, see=see)
at, last = found.steps, found.last
tiles, features, read = ({name: looks[i] for name, looks in found.looks.items()} for i in range(3))
summary, log = analysis.by_role(found.summary, found.log, arms, len(noises))
rows = {name: {(s, e.arm): e.rows[0] for s in at for e in words.at(s)} for name, words in learned.items()}
first_arm = {(n, r): ids[0] for n in page.names for r in CALLED if (ids := distance.ids(arms, n, r))}
near = {key: nearest_words(page.pipe, rows[key[0]][last, arm][None], k=3)[0] for key, arm in first_arm.items()}

# %% [markdown]
# ## What is compared
#
# Said before the results are shown:
#
# - **Does the first word matter?** Take two words learned from the own and the other word with the same training seed, and let them draw from the same
#   noise. How far apart are the pictures (one minus the cosine of the judge’s features)? The measure is the
#   training seed: how far apart are two words that both started from the own word, but saw other training noise? The first word matters if it sets pictures further
#   apart than the seed does.
# - **Does it change how much the pictures vary?** Variability is the same distance between pictures of *one* word from different noise. The poster’s pair is
#   compared on the first concept, seed by seed. A difference below {glue:text}`negligible` of the own word’s variability counts as none.
# - **Is one word better?** At the last step, each rival minus the own word: the share of pictures that keep the concept (**K**) and that of pictures with
#   concept and context (**B**), by the oracle of the drawn world; without one, reconstruction and editability. Tests over concepts, corrected together
#   (Holm). {glue:text}`judged`
#
# A verdict needs an interval clear of the mark and at least {glue:text}`fewest` pairs of words; with fewer, all of them can fall on one side by luck. The first
# contrast speaks of concepts in general and also needs {glue:text}`fewest_concepts` of them; the second is the poster’s, of one concept.

# %% [markdown]
# ## What the words draw

# %% mystnb={"figure": {"caption": "The first concept from its first words, one training seed, the same noise throughout. Left, training pictures. Numbers: training steps, plain prompt; step 0 is the ordinary word. Right, prompts with a context at the last step.", "name": "fig-init-grid"}, "image": {"alt": "A grid of small pictures: one row for each first word; columns for a training picture, training steps and contexts.", "width": "100%"}} tags=["hide-input"]
first = page.concepts[0]
plain_text, *context_texts = prompts[first.name]
cells, photos, shown = [], load_images(first.images, PIXELS), tiles[first.name]
for i, (role, word) in enumerate(starts[first.name].items()):
    arm = first_arm[first.name, role]
    row = [("pictures", photos[i % len(photos)])] + [(f"{s}", shown[arm, s, plain_text, 0]) for s in some_of(at, 6)]
    row += [(context_prompts(first.kind)[text], shown[arm, last, text, 0]) for text in context_texts[:SHOWN]]
    cells += [dict(row=f"{word}\n({CALLED[role]})", column=title, image=image) for title, image in row]
grid = image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS)
grid.figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# The same for every concept, at a step of your choice.

# %% mystnb={"figure": {"caption": "Every concept from its first words at one number of training steps: the plain prompt, and a context. Drag the slider, or use the arrow keys.", "name": "fig-init-slider"}} tags=["hide-input"]
cells = []
for step, c in product(at, page.concepts):
    called = {text: context_prompts(c.kind).get(text, "plain") for text in prompts[c.name][:2]}
    for (role, word), text in product(starts[c.name].items(), called):
        image = tiles[c.name][first_arm[c.name, role], step, text, 0]
        cells.append(dict(frame=step, panel=label[c.name], row=word, column=called[text], image=image))
frames = picture_frames(cells, size=(3.2, 4.6), across=True)
slider(frames, at, "For each concept and each of its first words the plain prompt and one context, at training step")

# %% [markdown]
# Variability is what one sees along a row here: one word, one prompt, different noise.

# %% mystnb={"figure": {"caption": "Pictures of the first concept at the last step, the plain prompt from different noise. Two training seeds for each of the two nearest words: rows of one word show what the seed changes, rows of one seed what the word changes.", "name": "fig-init-noises"}, "image": {"alt": "A grid of small pictures: rows for first word and training seed, columns for noise.", "width": "100%"}} tags=["hide-input"]
cells = []
for role in [r for r in ("own", "other") if r in starts[first.name]]:
    for s, arm in zip(seeds, distance.ids(arms, first.name, role, 2), strict=False):
        row = dict(row=f"{starts[first.name][role]}\nseed {s}")
        cells += [row | dict(column=f"noise {n}", image=shown[arm, last, plain_text, n]) for n in noises[:8]]
image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS)
plt.show()

# %% [markdown]
# ## Does the first word set the pictures apart?

# %% mystnb={"figure": {"caption": "Left: how far apart pictures from the same noise are, by training step, when only the first word differs (one line for each rival of the own word) and when only the training seed differs (dashed). Right: the same for the learned rows themselves, as cosines. Mean over concepts and seeds with 95 % interval.", "name": "fig-init-apart"}, "image": {"alt": "Two line plots against training steps: distance between pictures, and cosine between learned rows, for three pairs of first words and for pairs of training seeds.", "width": "100%"}} tags=["hide-input"]
apart = distance.pairs_apart(arms, features, rows, at)
distances = distance.distances(apart, at)
figure, axes = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
for ax, (between, same) in zip(axes, (("words", "seeds"), ("cos_words", "cos_seeds")), strict=True):
    lines = [(role, between, dict(label=CALLED[role], color=f"C{i + 1}")) for i, role in enumerate(RIVALS)]
    seeds_of = "other" if (apart["role"] == "other").any() else "far"
    lines.append((seeds_of, same, dict(label="another seed", color="0.3", linestyle="--")))
    for i, (role, name, looks) in enumerate(lines):
        line = distances[(distances["role"] == role) & (distances["measure"] == name)]
        x = line["step"] + (i - 1.5) * last / 150
        ax.errorbar(x, line["estimate"], yerr=bars(line), marker="o", capsize=2, **looks)
    ax.set(xlabel="training step", xticks=at)
axes[0].set(ylabel="distance of pictures (1 − cosine)", ylim=(0, None))
axes[1].set(ylabel="cosine of learned rows")
axes[0].legend(fontsize=9)
plt.show()

# %% [markdown]
# ## Is one word better?

# %% mystnb={"figure": {"caption": "By training step for each first word, one column a concept: share of pictures with the concept (above), and with concept and context (below); without an oracle, reconstruction and editability. Mean over training seeds with 95 % band. Dashed, the training pictures themselves; dotted, the plain class word.", "name": "fig-init-curves"}, "image": {"alt": "Line plots of two outcomes against training steps for each concept, one line for each first word.", "width": "100%"}}
by_start = dict(hue="start", hue_order=list(CALLED.values()))
scores_between_anchors(summary.assign(start=summary["role"].map(CALLED)), found.anchors, label, **by_start, values=KEPT if found.has_oracle else SCORES)
plt.show()

# %% mystnb={"figure": {"caption": "Each rival minus the own word at the last step, paired by concept and training seed: mean with 95 % interval (black), and each concept\u2019s own mean (coloured). Right of zero, the rival has more.", "name": "fig-init-contrasts"}, "image": {"alt": "Panels of differences with intervals, one an outcome; a row for each rival word.", "width": "100%"}} tags=["hide-input"]
final = summary[summary["step"] == last]
contrasts = analysis.contrasts(final, found.has_oracle)
many = contrasts["measure"].nunique()
figure, axes = plt.subplots(1, many, figsize=(3 * many + 2, 3.1), sharey=True, layout="constrained")
for ax, (value, own) in zip(axes, contrasts.groupby("measure", sort=False), strict=True):
    interval_rows(ax, own, analysis.by_concept(final, value), [CALLED[role] for role in RIVALS], label)
    ax.axvline(0, color="0.5", linewidth=1)
    ax.locator_params(axis="x", nbins=5)
    ax.set_xlabel(analysis.MEASURES[value])
shared_legend(figure, axes[0], "outside right upper")
plt.show()

# %%
analysis.contrast_table(contrasts)

# %% [markdown]
# {glue:text}`agreement` The test flips signs over concepts. With {glue:text}`n_concepts` of them it can give no p-value below {glue:text}`smallest_p`, so the intervals
# carry the weight here.
#
# ## How far it goes, and what is left of the first word
#
# Does the picture still read as the word it came from? The judge compares it with that word in a plain sentence, and does the same for the pictures of the
# concept’s other words. The difference is what the first word has left behind: zero when the picture reads no more like it than the others do.

# %% mystnb={"figure": {"caption": "By training step: the way from the first word\u2019s row, relative to the length of a median vocabulary row; the cosine to it; and how much more the pictures read as their first word than those of the concept\u2019s other words do. Mean over concepts with 95 % band.", "name": "fig-init-travel"}, "image": {"alt": "Three line plots against training steps, one line for each first word: distance travelled, cosine to the start, and what is left of the first word in the picture.", "width": "100%"}} tags=["hide-input"]
left = distance.left_over(arms, features, read)
figure, axes = plt.subplots(1, 3, figsize=(11.5, 3.6), layout="constrained")
curves = [(log, "travelled", "distance / vocabulary median"), (log, "cos_initial", "cosine to the first word")]
curves += [(left, "left", "reads as its first word")]
for ax, (table, value, said) in zip(axes, curves, strict=True):
    named, units = table.assign(start=table["role"].map(CALLED)), "concept" if len(page.names) > 1 else "arm"
    step_curves(named, value, units=units, ax=ax, markersize=4, **by_start)
    ax.set(xlabel="training step", ylabel=said)
    ax.get_legend().remove()
axes[2].axhline(0, color="0.5", linewidth=1)
shared_legend(figure, axes[0], ncols=4)
plt.show()

# %% [markdown]
# Which ordinary words is each learned row closest to at the last step? (First training seed, cosine in brackets.)

# %%
analysis.nearest_table(near, starts, label)

# %% tags=["remove-cell"]
against_seed = distance.word_against_seed(apart, "other", last)
excess, words, poster = against_seed["excess"], starts[first.name], final[final["concept"] == first.name]
verdict, why = analysis.answer(against_seed, last)
pair = analysis.of_pair(poster)
agreed = agreement(found.tables["scores"], {name: texts[0] for name, texts in prompts.items()})
kept = [analysis.compared(value, pair[value]) for value in (KEPT if found.has_oracle else SCORES)]
between = f"“{words['other']}” instead of “{words['own']}”" if "other" in words else "another word"
varies, why_varies = analysis.variability_answer(poster, pair["variability"], between, label[first.name])
many, listed = analysis.clear_contrasts(contrasts)
way = log[log["step"] == last].groupby("role")["travelled"].mean().reindex(list(CALLED))
remains = {role: distance.remains(left, role) for role in ("own", "far")}
remains = {role: f"{begin_:+.3f} at the start, at the end {in_words(end)}" for role, (begin_, end) in remains.items()}
page.say(
    **page.common("model_name", "n_concepts", "n_seeds", "n_pictures", "n_contexts", "learning_rate"),
    verdict=verdict,
    verdict_variability=varies,
    verdict_short=f"On {page.model_name}, that the first word matters is {verdict}; that it changes how much the pictures vary is {varies}.",
    judged="The oracle judges here." if found.has_oracle else NO_ORACLE,
    agreement=agreement_said(agreed),
    why=why,
    why_variability=why_varies,
    negligible=percent(analysis.NEGLIGIBLE),
    fewest=f"{analysis.FEWEST}",
    fewest_concepts=f"{FEWEST_CONCEPTS}",
    n_control=f"{len(seeds[:control_seeds])}",
    last=f"{last}",
    smallest_p=f"{2.0 ** (1 - len(page.names)):.2g}",
    pair_scores=" and ".join(kept),
    clear_contrasts=many,
    listed_contrasts=listed,
    apart_start=f"{distance.word_against_seed(apart, 'other', 0)['words'].estimate:.3f}".replace("nan", "–"),
    far_words=in_words(distance.word_against_seed(apart, "far", last)["excess"]),
    way_own=f"{way['own']:.2f}",
    way_far=f"{way['far']:.2f}",
    met=analysis.meeting(against_seed),
    left_own=remains["own"],
    left_far=remains["far"],
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **The poster’s claim: the choice of the initializer matters. Our verdict: {glue:text}`verdict`.** On {glue:text}`model_name`, with {glue:text}`n_concepts`
# concepts, {glue:text}`why`. Before training they were {glue:text}`apart_start` apart. For the far word the same excess over the training seed is
# {glue:text}`far_words`.
#
# **That it changes how much the pictures vary: {glue:text}`verdict_variability`.** On the poster’s own pair, {glue:text}`why_variability`. For that pair,
# {glue:text}`pair_scores`.
#
# Over all concepts, intervals clear of zero among the primary differences in scores: {glue:text}`clear_contrasts`; {glue:text}`listed_contrasts`.
#
# The rows travel: by step {glue:text}`last`, {glue:text}`way_own` times the length of a median vocabulary row from the own word and {glue:text}`way_far` times from
# the far one. {glue:text}`met`. How much more a picture reads as its first word than the concept’s other pictures do: for the own word
# {glue:text}`left_own`; for the far word {glue:text}`left_far`.
#
# **What to do.** Start from the plain class word; when a better one comes to mind, try both for a few hundred steps and compare what they draw.
#
# What it does not show:
#
# - “Other” and “far” are our choice of words, one of each a concept. With other words the differences may be larger or smaller.
# - Own and other word were trained with {glue:text}`n_seeds` seeds, the far and the random word with {glue:text}`n_control`. Bootstrap intervals
#   from so few seeds and concepts are on the narrow side.
# - At step {glue:text}`last`, learning rate {glue:text}`learning_rate`. Longer training may bring the rows together, or not.
# - Distances and scores come from one CLIP, {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts. A difference that it
#   does not see is not in these numbers.

# %% tags=["remove-cell"]
for c in page.concepts:  # beside the numbers, the pictures: a row for each first word
    own = [first_arm[c.name, role] for role in starts[c.name]]
    page.sheet(c.name, [tiles[c.name][arm, step, prompts[c.name][0], 0] for arm in own for step in at], len(at))
of_concepts = f"{counted(excess.concepts, 'concept')}, {counted(excess.seeds, 'pair')} of words"
claims = [
    Claim(
        source="poster, Fig. 3",
        words="the choice of the initializer word matters",
        test="distance of pictures from the same noise: own v. other word, same training seed, minus two training seeds "
        "of the own word; concepts and seeds resampled",
        result=why,
        n=f"{of_concepts}, {counted(len(noises), 'picture')} each",
        verdict=verdict,
        primary=True,
    ),
    Claim(
        source="poster, Fig. 3",
        words="building and tower as initializers give pictures of different variability",
        test="1 − cosine between pictures of one word, other minus own word, first concept, paired by training seed; "
        f"below {analysis.NEGLIGIBLE:.0%} of the own word’s counts as none",
        result=why_varies,
        n=f"1 concept, {pair['variability'].seeds} training seeds, {len(noises)} pictures each",
        verdict=varies,
        primary=True,
    ),
]
tables = dict(agreement=agreed, distances=distances, contrasts=contrasts, left_over=left, arms=arms.reset_index())
page.close(found.tables | tables, claims, **settings, words=starts)

# %% tags=["remove-cell"]
step_slider(frames, at)  # in Jupyter: the same frames under a widget
