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
# # Does inversion find the word that was there?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# Some concepts the model knows already, and by name. Take the name away, give it pictures, and let it learn a word for them from scratch: then
# there is a right answer. What training comes to can be laid beside it, the row beside the row, the pictures beside the pictures. The
# true name also shows what a good word looks like at all: how long its row is, how it stands among the others, how much of a
# sentence it lets through.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
clip: str = ""  # [name] the CLIP whose text half is the model's text encoder; empty: by rule
concept: str = ""  # [folder] one concept of your own, with a `true_name`; empty: those of `concepts`
concepts: list[str] = ["known_tree", "known_building", "known_creature", "known_car", "known_figurine", "known_cake", "known_person", "known_style"]  # [names or folders] concepts with a `true_name`
initializer: str = ""  # [word] where learning starts; empty: each concept's own
as_chosen: bool = False  # [yes or no] take learning rate, steps and guidance from the page on settings, where it was run
learning_rate: float = 0.01  # [per update] Adam's step size
steps: int = 500  # [updates] length of training
kl_weight: float = 0.0  # [lam] weight of the KL term; zero: the one that was chosen
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn for each prompt
contexts: int = 6  # [prompts] how many contexts are asked for
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %% tags=["hide-input"]
# %matplotlib inline
import matplotlib.pyplot as plt
import pandas as pd
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import known_names as analysis
from study.analysis.known_names import ANY, KL, SD, TI, TRUE
from study.contrasts import as_claims, contrast_table, decided
from study.earlier_pages import chosen_kl_weight
from study.figures import image_grid
from study.page import Claim, begin
from study.panels import PIXELS
from study.vocabulary import drawn_word, whole_words
from study.wording import counted, shown_name
from textinv_core.evaluation.metrics import evaluate
from textinv_core.evaluation.probes import open_clip, text_features
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images
from textinv_core.learning.tokens import initial_rows

page = begin("known_names", globals())
if nameless := [c.name for c in page.concepts if not c.true_name]:
    raise ValueError(f"concepts: expected ones with a true_name in their concept.yml; {', '.join(nameless)} has none")
label, prompts, oracle = page.labels, page.prompts(), open_oracle(model)
plain = {name: texts[0] for name, texts in prompts.items()}
kl_weight, weight_from = chosen_kl_weight(profile, kl_weight)
weights = {TI: 0.0, KL: kl_weight}
own_clip, about_clip = open_clip(page.pipe, model, clip)
words = whole_words(page.pipe.tokenizer)
table = page.pipe.text_encoder.get_input_embeddings().weight[list(words.values())].detach().float().cpu()

# %% [markdown]
# ## What is compared
#
# Five words for each concept. Its *true name*, as the model learned it. A *naive* word and one under the *KL term* (weight {glue:text}`kl_weight`,
# {glue:text}`weight_from`), both learned from six pictures and the class word. The *class word* itself, where both began, and a *random
# word* of the vocabulary, as controls. The true names: {glue:text}`true_names`.
#
# Named before looking, four primary contrasts:
#
# - is the true name nearer, among all words, to the learned row than to the one it began as? (smallest difference of interest: {glue:text}`smallest` of
#   the vocabulary; control: the random word, at which nobody aimed)
# - is the KL row nearer to the true row than the naive one, by cosine? ({glue:text}`smallest_cosine`; control: if it is nearer to every other word just as well, that is no finding)
# - K, the concept kept in plain pictures: does the learned word come within {glue:text}`smallest` of the true name?
# - B, concept and context in one picture: the same.
#
# {glue:text}`judged_by`

# %% tags=["hide-input"]
scores, where, probes, tiles = [], [], [], {}
for c in page.concepts:
    texts, arms_of = prompts[c.name], [(method, s) for method in weights for s in seeds]
    arms = [Arm(c, seed=s, learning_rate=learning_rate, kl_weight=weights[method]) for method, s in arms_of]
    learned = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size).at()
    avoid = (c.true_name, c.class_word, c.initializer)
    said = {TRUE: c.true_name, SD: class_phrase(c), ANY: drawn_word(page.pipe.tokenizer, seed=0, name=c.name, avoid=avoid)}
    rows_of = {TRUE: c.true_name, SD: c.initializer, ANY: said[ANY]}
    every = [(method, seeds[0], word, initial_rows(page.pipe, rows_of[method])[0], []) for method, word in said.items()]
    every += [(m, s, e.placeholder, e.rows[0], [e]) for (m, s), e in zip(arms_of, learned, strict=True)]
    own_pictures = load_images([*c.held_out, *c.images], page.side)
    for method, s, word, row, embedding in every:
        who = dict(method=method, concept=c.name, seed=s)
        where.append(who | analysis.places(row, list(words), table, c.true_name))
        pictures = page.draw(embedding[0] if embedding else None, texts, word=None if embedding else word)
        for prompt, image in pictures[pictures["seed"] == 0][["prompt", "image"]].itertuples(index=False):
            tiles.setdefault((c.name, method, prompt), image)  # of the first training seed
        one = evaluate(pictures, c, page.judge).rename(columns=dict(seed="image")).assign(**who)
        seen = sees(oracle, pictures, context_prompts(c.kind), c.name).reset_index(drop=True)
        scores.append(one.join(seen).assign(is_plain=one["prompt"] == texts[0]))
        if own_clip:
            read, named = (text_features(own_clip, [t.replace("{}", w) for t in texts], e) for w, e in ((word, embedding), (c.true_name, [])))
            shows = own_clip.image_features(own_pictures) @ read[0]
            apart = 1 - (read[1:] @ read[0]).mean() if len(texts) > 1 else float("nan")
            probes.append(who | dict(reads=float(read[0] @ named[0]), shows=float(shows.mean()), context=float(apart)))
pictures, where = pd.concat(scores, ignore_index=True), pd.DataFrame(where)
probes = pd.DataFrame(probes, columns=["method", "concept", "seed", "reads", "shows", "context"])

# %% [markdown]
# ## The pictures side by side

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One noise, a column a known concept: a training picture, then what each word draws, first from the plain prompt, then in a context. The first row of each is the answer that inversion looks for.", "name": "fig-known-pictures"}, "image": {"alt": "Two grids of small pictures with a column for each concept: a training picture, and pictures of the true name, the naive word, the word under the KL term and the class word.", "width": "100%"}}
size = (1.12 * max(len(page.names), 3) + 2, 11)
figure, axes = plt.subplots(2, 1, figsize=size, layout="constrained")
for ax, which in zip(axes, (0, min(1, contexts)), strict=True):
    cells = [dict(row="training picture", concept=c.name, image=load_images(c.images[:1], PIXELS)[0]) for c in page.concepts]
    cells += [dict(row=m, concept=n, image=tiles[n, m, prompts[n][which]]) for m in (TRUE, TI, KL, SD) for n in page.names]
    phrases = {c.name: ["", *context_prompts(c.kind).values()][which] for c in page.concepts}
    heads = {c.name: f"{label[c.name]}\n“{c.true_name}”\n{phrases[c.name]}".strip() for c in page.concepts}
    image_grid(pd.DataFrame(cells), row="row", column="concept", column_labels=heads, ax=ax, pixels=PIXELS)
    ax.tick_params(labelsize=8)
figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## How near does the row come?

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Cosine of each row to the true name\u2019s row (left) and the share of the vocabulary that is farther from the row than the true name (right): a dot a concept, mean over training seeds; black, the mean over concepts. Dotted, what chance gives.", "name": "fig-known-rows"}, "image": {"alt": "Two strips of dots, one column each for the random word, the class word, the naive word and the word under the KL term.", "width": "100%"}}
figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
for ax, (value, said) in zip(axes, dict(cosine="cosine to the true row", farther="share of words farther off").items(), strict=True):
    for x, method in enumerate((ANY, SD, TI, KL)):
        each = where[where["method"] == method].groupby("concept")[value].mean()
        ax.plot([x + 0.12] * len(each), each, "o", color=f"C{x}", alpha=0.6, markersize=5)
        ax.plot(x, each.mean(), "s", color="black", markersize=7)
    ax.set_xticks(range(4), [ANY, SD, "naive", "KL"])
    ax.set(ylabel=said)
axes[0].axhline(0, color="0.4", linestyle=":")
axes[1].axhline(0.5, color="0.4", linestyle=":")
plt.show()

# %% [markdown]
# ## All the numbers
#
# Means over concepts. *Reads as the name*: cosine between the text features of the plain prompt with this word and with the true name. *Shows the
# concept*: cosine of that text to the concept’s own pictures. *Sentence counts*: how far a context moves the text, one minus the
# cosine. The last three are by the model’s own CLIP, pooled at the end of the text. {glue:text}`about_clip`

# %%
shares = analysis.shares_of(pictures, plain)
numbers = analysis.by_method(where, shares, probes)
analysis.method_table(numbers)

# %% [markdown]
# ## The primary contrasts

# %%
still = (TRUE, SD, ANY)
found, controls = analysis.contrasts(*(analysis.of_all_seeds(rows, still, seeds) for rows in (where, pictures)))
primary = decided(analysis.QUESTIONS, found, controls)
contrast_table(primary)

# %% tags=["remove-cell"]
page.say(
    **page.common("n_concepts", "n_seeds", "steps", "learning_rate", "settings_from"),
    verdict_short=f"On {page.model_name}, {analysis.ranks_said(where, len(words))}.",
    ranks=analysis.ranks_said(where, len(words)),
    first=analysis.firsts_said(where),
    by_chance=f"{(len(words) + 1) / 2:.0f}",  # the mean rank of a word that nobody aimed at
    kept=analysis.rates_said(shares, "K"),
    both=analysis.rates_said(shares, "B"),
    true_names=", ".join(f"“{c.true_name}” ({shown_name(c.class_word)})" for c in page.concepts),
    smallest=f"{analysis.SMALLEST:g}",
    smallest_cosine=f"{analysis.SMALLEST_COSINE:g}",
    kl_weight=f"{kl_weight:g}",
    weight_from=weight_from,
    about_clip=f"{about_clip[0].upper()}{about_clip[1:]}.",
    judged_by="K and B are read by the oracle." if oracle else "This model has no oracle: only CLIP’s reading is there, and K and B stay open.",
    **{f"verdict_{key}": row["verdict"] for key, row in primary.iterrows()},
    **{f"said_{key}": f"{row['said']}; {row['tested']}" for key, row in primary.iterrows()},
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **Inversion moves the row toward the word that was there: {glue:text}`verdict_toward`** ({glue:text}`said_toward`). In numbers: {glue:text}`ranks`
# (by chance it would be at rank {glue:text}`by_chance`); it is the nearest of all for {glue:text}`first` of the learned words.
#
# **The KL row ends nearer to the true row: {glue:text}`verdict_nearer`** ({glue:text}`said_nearer`).
#
# **A learned word draws its concept as its true name does: {glue:text}`verdict_keeps`** ({glue:text}`said_keeps`). Kept: {glue:text}`kept`.
#
# **It serves in context as the true name does: {glue:text}`verdict_both`** ({glue:text}`said_both`). Both in one picture: {glue:text}`both`.
#
# **What to do:** where a name exists, use it. Where none does, read a learned word’s rates beside those of a name: they are the ceiling that this model
# sets, not the pictures’ own.
#
# What it does not show:
#
# - That there is only one good row. Many rows may draw the same thing; one that is far from the name need not be a worse word.
# - {glue:text}`n_concepts` names, one from each family, {glue:text}`n_seeds` training seeds, {glue:text}`steps` steps at a learning rate of {glue:text}`learning_rate`, {glue:text}`settings_from`.
# - The text half of CLIP gets no gradient where a word is learned, so a word can draw well and probe badly.

# %% tags=["remove-cell"]
n = f"{counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt"
claims = [Claim(**fields) for fields in as_claims(analysis.QUESTIONS, primary, n)]
tables = dict(scores=pictures, rows=where, probes=probes, shares=shares, primary=primary.reset_index())
page.close(tables, claims, kl_weight=kl_weight)
