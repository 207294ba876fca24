# %% [markdown]
# # What else is there?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A learned word that draws its concept and then drowns out the sentence is an old complaint, and the {term}`KL term` is one answer among many. Others hold
# the word’s length, its direction, its neighbours in the prompt, its start, its noise levels or the space it may lie in; some wait until training is over.
# Each was published with its own model and prompts. Here all of them learn the same concepts from the same pictures and noise, get the same budget of tuning,
# and stand on one front.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["lemon_pine", "brick_tower", "violet_cloud", "sky_castle", "plum_cat", "merry_man"]  # [names or folders] what to learn
development: list[str] = ["lemon_pine", "brick_tower"]  # [names] those of `concepts` that settings are chosen on; the others are reported
initializer: str = ""  # [word] where learning starts; empty: each concept's own
methods: list[str] = ["naive", "kl", "kl_uniform", "l2", "norm_lock", "dti", "core", "cross_init", "high_timesteps", "name_basis", "vectors", "rescale", "tea", "early_stopping", "dvar", "dreambooth", "true_name"]  # [names] what is compared
grid: list[str] = []  # [method and values] what is tried instead of the table's own, such as 'kl: 0.1 0.3 1'
budget: int = 3  # [settings] tried of each method, from the middle of its list
everywhere: bool = True  # [yes or no] try every setting on the reported concepts too, for whole fronts; no: the chosen one alone
names: list[str] = []  # [words] that span the basis of names; empty: the pocket world's family, elsewhere the words nearest to the class word
level: float = 0.0  # [share] the K at which C is compared; zero: half of what the naive word reaches
steps: int = 600  # [updates] length of training
checkpoint_every: int = 0  # [updates] distance of the checkpoints that stops choose from; zero: a twelfth of all
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
tuning_seeds: int = 0  # [number] of them, the first, that settings are tried with on the development concepts; zero: all
learning_rate: float = 0.01  # [per update] Adam's step size; of DTI, the angle
batch_size: int = 4  # [pictures] per update and learned word
memory_gb: float = 4.0  # [GB] what the activations of one backward pass may take
dreambooth_steps: int = 300  # [updates] length of DreamBooth's fine-tuning
dreambooth_rates: list[float] = [0.0001, 0.0002, 0.0004]  # [per update] DreamBooth's step sizes to choose from
class_pictures: int = 48  # [pictures] of the class, drawn beforehand for DreamBooth
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 3  # [pictures] drawn with each setting for each prompt
contexts: int = 4  # [prompts] how many contexts the word is asked for in
num_inference_steps: int = 20  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
import pandas as pd
from IPython.display import display
from pocket_world.oracle.witness import open_oracle, sees
from pocket_world.world.families import FAMILIES
from pocket_world.world.folders import KIND
from pocket_world.world.names import named_styles, names_of

from study.analysis import rivals as analysis
from study.analysis import rivals_figures as figures
from study.analysis import rivals_told as told
from study.analysis.rivals_compared import compare
from study.leashes import anchor_scores
from study.method_pictures import draw_methods
from study.methods import NAIVE, TUNED, arm_of, arms_asked, check_methods, learn_words, read_grid, seconds_a_word
from study.page import POCKET, Claim, begin
from study.panels import PIXELS
from study.tuning import drawn_by_tuned
from textinv_core.evaluation.metrics import evaluate
from textinv_core.learning.concepts import context_prompts, load_images
from textinv_core.learning.tokens import initial_rows, nearest_words, save_embedding

check_methods(methods)
tried = read_grid(grid, budget)
page = begin("rivals", globals())
prompts, oracle, pipe = page.prompts(), open_oracle(model), page.pipe
plain = {name: texts[0] for name, texts in prompts.items()}
reported = [name for name in page.names if name not in development] or page.names
chosen_on = [name for name in page.names if name in development] or page.names
words_of = [m for m in dict.fromkeys([NAIVE, *methods]) if m in TUNED]  # the naive word belongs to every comparison
tuning = any(name in development for name in page.names)  # else the middle one of DreamBooth's rates
rates = analysis.middle_of(dreambooth_rates, budget if tuning else 1) if "dreambooth" in methods else []
settings = dict(batch_size=batch_size, checkpoint_every=checkpoint_every or max(1, steps // 12))

# %% tags=["hide-input"]
def basis_of(c):
    """The names that span the basis for a concept."""
    if names or model != POCKET:
        return names or [word for word, _ in nearest_words(pipe, initial_rows(pipe, c.initializer), k=100)[0]]
    family = {study: own for own, study in KIND.items()}.get(c.kind, c.kind)
    if c.kind == "style":
        return list(named_styles())
    return list(names_of(family if family in FAMILIES else "figurine"))


def fine_tuned(c, rate):
    """Pictures by DreamBooth at a learning rate, from the first training seed."""
    drawn = drawn_by_tuned(page, c, prompts[c.name], rate)
    return drawn.assign(method="dreambooth", value=rate, train_seed=seeds[0])


def looked_at(c, pictures):
    """K, C and B of pictures with their method, value and training seed: by the oracle, else by CLIP."""
    if oracle:
        seen = sees(oracle, pictures, context_prompts(c.kind), c.name)
        return analysis.by_oracle(seen, pictures, c.name, plain)
    return analysis.by_clip(analysis.clip_scaled(evaluate(pictures, c, page.judge), anchors, plain))


anchors = None if oracle else anchor_scores(page)
learned, parts, tiles = {}, [], {}


def drawn_and_looked_at(concepts, grid, rates, seeds):
    """Every method at every value of a grid on each concept: its words, what they draw, what is to be seen of it."""
    how = dict(seeds=seeds, learning_rate=learning_rate)
    asked = {c.name: arms_asked(c, words_of, grid, names=basis_of(c), **how) for c in concepts}
    learned.update(learn_words(page.store, pipe, asked, steps=steps, memory_gb=memory_gb, **settings) if asked else {})
    for c in concepts:
        drawn = [draw_methods(page, c, learned[c.name], true_name="true_name" in methods)]
        drawn = pd.concat([*drawn, *(fine_tuned(c, rate) for rate in rates)], ignore_index=True)
        parts.append(looked_at(c, drawn))
        tiles[c.name] = analysis.first_pictures(drawn, seeds[0])


drawn_and_looked_at([c for c in page.concepts if c.name in chosen_on], tried, rates, seeds[: tuning_seeds or None])
choice = analysis.tuned(pd.concat(parts, ignore_index=True), chosen_on)
values = choice["value"]
chosen, best = {method: (values[method],) for method in words_of}, [values["dreambooth"]] if rates else []
others = [c for c in page.concepts if c.name not in chosen_on]
drawn_and_looked_at(others, tried if everywhere else chosen, best, seeds)  # the ceiling, DreamBooth, at its best only
outcomes, one = pd.concat(parts, ignore_index=True), page.concepts[0]
arms = {m: arm_of(one, m, values[m], seeds[0], learning_rate, basis_of(one)) for m in words_of}
seconds = seconds_a_word(pipe, arms, batch_size=batch_size, steps=steps)
found = compare(outcomes, choice, reported, words_of, seconds, level)

# %% [markdown]
# ## What do they draw?
#
# One concept, one training {term}`seed`, the same noise: the best few, plain Textual Inversion (*naive*), KL, and what stands beside them: the class word,
# which learned nothing; {term}`DreamBooth` {cite:p}`ruiz2023`, which fine-tunes the network itself; the *true name*, where the model knows one.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "One concept, one training seed, one noise, each method at its chosen setting, best first. Left the plain prompt, then prompts with a context. The top row shows training pictures.", "name": "fig-rivals-pictures"}, "image": {"alt": "A grid of small pictures: below a row of training pictures a row for each of a few methods, the best first; at the left the plain prompt, then one column for each context. A good row shows the concept in every column and the context in its own.", "width": "100%"}}
shown = next(c for c in page.concepts if c.name == reported[0])
heads = {text: context_prompts(shown.kind).get(text, "plain") for text in prompts[shown.name]}
photos = load_images(shown.images[: len(heads)], PIXELS)
few = figures.pictures(tiles[shown.name], photos, heads, figures.picked(found.table, words_of), values)
few.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## Who trades best?
#
# {term}`K, B and C`: K is {glue:text}`what_K`; C, {glue:text}`what_C`; B, {glue:text}`what_B`. Each method had {glue:text}`n_tried`, tried on the
# development concepts ({glue:text}`development`; {glue:text}`tuned_with`); the one with the best mean of {glue:text}`tuned_on` was taken. All
# else is from the other concepts.
#
# Beside the {ref}`KL term <method>` and a pull on the row {cite:p}`gal2023` stand DTI {cite:p}`kim2026`, CoRe {cite:p}`wu2025`, CrossInit {cite:p}`pang2024`,
# high timesteps {cite:p}`seo2025`, a basis of names {cite:p}`yuan2023`, TEA {cite:p}`bui2025` and DVAR’s stop {cite:p}`voronov2023`. What each does:

# %% tags=["hide-cell"]
told.methods_table(words_of, tried)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Each method over the settings tried on the reporting concepts, mean over concepts and training seeds: the concept is kept (K) against the context is there (C). The large mark is the chosen setting (alone, where no other was tried on them), its shade what B is there. Grey lines: where K and C, if one did not depend on the other, give the same B.", "name": "fig-rivals-front"}, "image": {"alt": "C against K, a line for each method over its settings, with grey contours of equal product: the farther up and to the right a large mark lies, and the brighter it is, the more pictures have both concept and context.", "width": "100%"}}
figure = figures.front(analysis.means_of(outcomes, reported), values, share=bool(oracle))

# %% [markdown]
# ## How sure is that order?
#
# Said before the results were seen: the **primary contrasts** are each method minus the naive word in B, paired over concepts and seeds, with the
# {term}`Holm correction` over all and {glue:text}`smallest` of the pictures as the {term}`smallest effect of interest`. The control is the class word, which
# learned nothing and must not gain as well. KL is *better than its rivals* only if it beats every one (that one which it cannot beat by the smallest effect is
# enough against it was added after a first run). Concepts and seeds are drawn anew many times, for all methods the same, to count how often each comes first.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Left, B minus the naive word\u2019s at the chosen settings, paired, with 95 % intervals; shaded, what is too small to matter. Right, the share of resampled studies in which each method has the highest B.", "name": "fig-rivals-ranking"}, "image": {"alt": "A row for each method, best first: at the left a dot and an interval for its gain in B over plain Textual Inversion, at the right a bar for how often it would come out first. Where intervals overlap and bars are short, the order is not sure.", "width": "100%"}}
figure = figures.ranking(found, words_of)

# %% tags=["remove-input"]
told.table_shown(found.table)

# %% tags=["remove-cell"]
said = told.told(found, page.parameters, model=page.model_name, learned=words_of, tried=tried, by_oracle=bool(oracle))
common = page.common("model_name", "seeds_said", "n_pictures", "n_contexts", "steps", "learning_rate")
page.say(**common, **said, development=told.names_said(chosen_on))

# %% [markdown]
# B with its 95 % interval over concepts and seeds, K and C at the same setting, seconds to learn one word on the machine that ran this, and how often the
# method comes out first.
#
# ## What this shows, and what it does not
#
# **Some method keeps the word more usable than plain Textual Inversion: {glue:text}`verdict_any`.** The class word minus naive: {glue:text}`control`.
#
# **The note’s claim, the KL term keeps the word usable: {glue:text}`verdict_kl`.** B, KL minus naive: {glue:text}`gain_kl`. **Better than every rival:
# {glue:text}`verdict_kl_best`.**
#
# **What to do.** {glue:text}`advice`
#
# What it does not show:
#
# - These are our versions, after the papers’ formulas, of methods made for photographs and larger models. Who wins on {glue:text}`model_name` need not win
#   elsewhere.
# - Each had {glue:text}`n_tried` of one thing, and, unless that is its learning rate, one rate ({glue:text}`learning_rate`) for {glue:text}`steps` steps:
#   a method that needs little tuning has the advantage, and the luck of the choice is not in the intervals. {glue:text}`ends`
# - {glue:text}`n_reported`, {glue:text}`seeds_said`, {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts; under
#   {glue:text}`fewest` concepts nothing is decided. DreamBooth is run from the first seed alone.
#
# ## Exercise
#
# DreamBooth keeps its class alive by learning pictures of it too ({term}`prior preservation`). Show that the same cannot help a learned word.
#
# :::{dropdown} Solution
# Let $v$ be the row, all else frozen, and $c(v)$ what the text encoder makes of a prompt. The class’s prompt does not hold the word, so its $c$ does not
# depend on $v$, and $\nabla_v\, \mathbb{E}\,\lVert \epsilon - \epsilon_\theta(x^{class}_t, t, c^{class}) \rVert^2 = 0$: the row does not feel it.
# :::
#
# ## Appendix: numbers
#
# Every method’s pictures; C where its front reaches K = {glue:text}`level` (straight lines between settings, the class word and the naive words being ends of
# every front); how far training seeds differ in B; and all contrasts in B.

# %% tags=["hide-cell"] mystnb={"figure": {"caption": "The first figure with every method.", "name": "fig-rivals-all"}, "image": {"alt": "A grid of small pictures: a row for each method at its chosen setting, best first; a column for the plain prompt and for each context.", "width": "100%"}}
figure = figures.pictures(tiles[shown.name], photos, heads, found.table.index, values)

# %% tags=["hide-cell"]
display(told.table_details(found.table), told.contrast_table(found.against, found.over_kl))

# %% tags=["remove-cell"]
for name in page.names:  # beside the numbers: the best word for any diffusers pipeline
    best = page.numbers["winner"]
    save_embedding(learned[name][best, values[best], seeds[0]], page.folder / name)
claims = [Claim(**row, primary=True) for row in told.claims(found, page.numbers["sizes"])]
records = dict(outcomes=outcomes, choice=choice.reset_index(), table=found.table.reset_index())
records |= dict(contrasts=found.against.drop(columns="interval").reset_index())
page.close(records, claims, chosen={m: float(x) for m, x in values.items()}, **settings)
