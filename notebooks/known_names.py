# %% [markdown]
# # Does inversion find the word that was there?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# Some concepts the model knows already, and by name. Hide the name, show the pictures, and let a word for them be learned from scratch: now there is a right
# answer. The learned row can be laid beside the true one, and its pictures beside those of the name.

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

# %% tags=["hide-input"]
# %matplotlib inline
from itertools import product

import matplotlib.pyplot as plt
import pandas as pd
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import known_names as analysis
from study.analysis import known_names_figures as figures
from study.analysis import known_names_words as beside
from study.analysis.known_names import ANY, KL, SD, TI, TRUE
from study.analysis.known_names_told import told
from study.contrasts import as_claims, contrast_table, decided
from study.earlier_pages import chosen_kl_weight
from study.page import Claim, begin
from study.vocabulary import whole_words
from study.wording import counted, shown_name
from textinv_core.evaluation.metrics import evaluate
from textinv_core.evaluation.probes import open_clip
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts

page = begin("known_names", globals())
if nameless := [c.name for c in page.concepts if not c.true_name]:
    raise ValueError(f"concepts: expected ones with a true_name in their concept.yml; {', '.join(nameless)} has none")
prompts, oracle = page.prompts(), open_oracle(model)
kl_weight, weight_from = chosen_kl_weight(profile, kl_weight)
weights = {TI: 0.0, KL: kl_weight}
own_clip, about_clip = open_clip(page.pipe, model, clip)
vocabulary = whole_words(page.pipe.tokenizer)
table = page.pipe.text_encoder.get_input_embeddings().weight[list(vocabulary.values())].detach().float().cpu()
scores, where, probes, tiles = [], [], [], []
for c in page.concepts:
    texts, arms_of, drawn = prompts[c.name], list(product(weights, seeds)), []
    arms = [Arm(c, seed=s, learning_rate=learning_rate, kl_weight=weights[method]) for method, s in arms_of]
    learned = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size).at()
    words = beside.words_of(page.pipe, c, learned, arms_of)
    for word in words:
        who = dict(method=word.method, concept=c.name, seed=word.seed)
        where.append(who | analysis.places(word.row, list(vocabulary), table, c.true_name))
        pictures = page.draw(texts=texts, **word.drawn_by)
        one = evaluate(pictures, c, page.judge).rename(columns=dict(seed="image")).assign(**who)
        seen = sees(oracle, pictures, context_prompts(c.kind), c.name).reset_index(drop=True)
        scores.append(one.join(seen).assign(is_plain=one["prompt"] == texts[0]))
        drawn.append((word.method, pictures))
    probes += beside.read_by(own_clip, c, texts, words, page.side)
    tiles += figures.tiles_of(c, texts, drawn)
pictures, where = pd.concat(scores, ignore_index=True), pd.DataFrame(where)
probes = pd.DataFrame(probes, columns=["method", "concept", "seed", "reads", "shows", "context"])
shares = analysis.shares_of(pictures, {name: texts[0] for name, texts in prompts.items()})

# %% [markdown]
# ## What the words draw
#
# From above: a picture of the thing; its *true name* ({glue:text}`true_names`), the answer that inversion looks for; a *naive* learned word; one learned
# under the {term}`KL term` (weight {glue:text}`kl_weight`, {glue:text}`weight_from`); and the {term}`class word`, where both began.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One noise, a column a known concept: a training picture, then what each word draws, above from the plain prompt, below in a context. The second row of each grid is the answer that inversion looks for.", "name": "fig-known-pictures"}, "image": {"alt": "Two grids of small pictures, a column for each concept. If inversion worked, the rows of the learned words look like the row of the true name above them.", "width": "100%"}}
figures.pictures(tiles).savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## How near does the row come?

# %% tags=["hide-input"] mystnb={"figure": {"caption": "How near each word’s row lies to the true name’s: by cosine (left), and by the share of all words that are farther off than the true name (right). A dot a concept, mean over training seeds; black, the mean over concepts; dotted, what chance gives. At the random word nobody aimed: it is the control.", "name": "fig-known-rows"}, "image": {"alt": "Two strips of dots with a column each for the random word, the class word, the naive word and the word under the KL term; the higher a column, the nearer the true name.", "width": "100%"}}
figures.rows(where)
plt.show()

# %% [markdown]
# ## Four questions, named beforehand
#
# - At its end, are more words farther from the row than the true name is, compared with its beginning? (Control: the random word.
#   {term}`Smallest effect of interest <smallest effect of interest>`: {glue:text}`smallest` of the vocabulary.)
# - Does the KL row end nearer to the name’s row than the naive one? (A cosine of {glue:text}`smallest_cosine` or more; a row that comes nearer to every other
#   word just as well does not count.)
# - Do the learned word’s pictures show the concept (K of {term}`K, B and C`), and concept and context together (B), within {glue:text}`smallest` of how often
#   the true name’s do? {glue:text}`judged_by`

# %%
still = (TRUE, SD, ANY)
found = analysis.contrasts(*(analysis.of_all_seeds(rows, still, seeds) for rows in (where, pictures)))
primary = decided(analysis.QUESTIONS, *found)
contrast_table(primary)

# %% tags=["remove-cell"]
by_clip = "This model has no oracle: only CLIP’s reading is there, so the last two stay open."
page.say(
    **page.common("n_concepts", "seeds_said", "steps", "learning_rate", "settings_from"),
    **told(where, shares, primary, len(vocabulary), page.model_name),
    true_names=", ".join(f"“{c.true_name}” ({shown_name(c.class_word)})" for c in page.concepts),
    kl_weight=f"{kl_weight:g}",
    weight_from=weight_from,
    about_clip=f"{about_clip[0].upper()}{about_clip[1:]}.",
    judged_by="The oracle reads the pictures." if oracle else by_clip,
)

# %% [markdown]
# ## What this shows, and what it does not
#
# The verdicts stand in the table above. In numbers: {glue:text}`ranks`, where chance would put it at rank {glue:text}`by_chance`; it is the nearest of all
# for {glue:text}`first` of the learned words. The concept is kept in plain pictures: {glue:text}`kept`. Concept and context are in one picture:
# {glue:text}`both`.
#
# **What to do.** Where the model has a name for the thing, use it. Where it has none, hold a learned word’s rates against those of a name: that is the
# ceiling this model sets.
#
# What it does not show: that there is only one good row, for many may draw the same thing; anything beyond {glue:text}`n_concepts` names,
# {glue:text}`seeds_said`, {glue:text}`steps` steps and a learning rate of {glue:text}`learning_rate` ({glue:text}`settings_from`); or how well a
# word *reads*: the text half of CLIP gets no gradient here, so a word can draw well and probe badly.
#
# ## Exercise
#
# Does the place where a row ends depend on where it began? Learn the same words from a start that is wrong for all of them:
# `papermill notebooks/known_names.ipynb out.ipynb -r initializer object -r profile elsewhere`
#
# :::{dropdown} Solution
# Look at the right half of the figure of rows. The class word’s column drops, since “object” is no relative of the names. If the learned columns drop with
# it, the end is a matter of the start: many rows draw the thing, and training takes the first on its way. If they stay, the pictures pull every start to the
# same neighbourhood.
# :::
#
# ## Appendix: numbers and settings
#
# Means over concepts. *Reads as the name*: cosine of the plain text with this word to that with the true name. *Shows the concept*: of that text to the
# concept’s pictures. *Sentence counts*: one minus the cosine between the plain text and those with a context. All three by the model’s own CLIP.
# {glue:text}`about_clip`

# %% tags=["hide-cell"]
analysis.method_table(analysis.by_method(where, shares, probes))

# %% tags=["remove-cell"]
n = f"{counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt"
claims = [Claim(**fields) for fields in as_claims(analysis.QUESTIONS, primary, n)]
tables = dict(scores=pictures, rows=where, probes=probes, shares=shares, primary=primary.reset_index())
page.close(tables, claims, kl_weight=kl_weight)
