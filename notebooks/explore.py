# %% [markdown]
# # What would you like to see?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# The words that the experiments learned are on record, at every checkpoint; here are those learned at one learning rate. Open this notebook in
# JupyterLab (`make lab`, then `explore.ipynb`, then *Run*, *Run All Cells*, and scroll to *Choose*): concept, training {term}`seed`, weight of the {term}`KL term`,
# step and prompt stand under sliders and menus, and a prompt of your own is drawn and ranked before your eyes. On a printed page, here is one concept.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that ranks: a folder or a Hub id; empty: the model's own
concepts: list[str] = ["violet_cloud", "sky_castle", "leaf_robot", "merry_man", "plum_cat", "moss_style", "lemon_pine", "known_tree"]  # [names or folders] to choose from
shown: str = ""  # [name] the concept of the printed figure; empty: the one with the most KL weights on record
learning_rate: float = 0.01  # [per update] Adam's step size: words learned with another are left out
steps: int = 100  # [updates] length of training, if nothing is on record
kl_weights: list[float] = [0.0, 0.3]  # [lam] KL weights, if nothing is on record
seeds: list[int] = [0]  # [numbers] training seeds, if nothing is on record
batch_size: int = 4  # [pictures] per update and learned word, if nothing is on record
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 3  # [pictures] drawn for each choice, each from its own noise
own_prompt: str = "a photo of {} on the moon"  # [prompt] what stands in the prompt field at first
own_pictures: int = 8  # [pictures] drawn of it, if nobody says otherwise
null_pictures: int = 0  # [pictures] of the plain model to read scores beside, 200 or more; fewer: ranked by the cosines alone
num_inference_steps: int = 20  # [steps] of the sampler
profile: str = "own"  # [name] words of results/<profile>/ come first, then those of the published records
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] of the learned words, and of no others

# %% tags=["hide-input"]
# %matplotlib inline
from functools import partial

from study.analysis import explore as analysis
from study.analysis.explore_figures import frames
from study.earlier_pages import recorded_words, word_at
from study.page import begin
from study.panels import slider
from study.parameters import ParameterError
from study.photos import best_first, own_nulls, phrase_of
from study.widgets import Chooser, PromptBox
from textinv_core.drawing.store import open_store
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, plain_prompt
from textinv_core.paths import PUBLISHED

page = begin("explore", globals())
pipe, store, known, label = page.pipe, page.store, {c.name: c for c in page.concepts}, page.labels
prompts = {name: [plain_prompt(c.kind), *context_prompts(c.kind)] for name, c in known.items()}
if shown and shown not in known:
    raise ParameterError(f"shown: {shown!r} is not one of the concepts ({', '.join(known)})")
places = [store] + [open_store(name) for name in PUBLISHED if name != profile and not runs]
found = [table for place in places if len(table := recorded_words(place, pipe, page.concepts, learning_rate))]
trained_here = not found
if trained_here:  # a short run, so that there is something to look at
    one = known[shown] if shown else page.concepts[0]
    arms = [Arm(one, seed=s, kl_weight=w, learning_rate=learning_rate) for w in kl_weights for s in seeds]
    store.learn(pipe, arms, steps=steps, checkpoint_every=max(1, steps // 4), batch_size=batch_size)
    found = [recorded_words(store, pipe, page.concepts, learning_rate)]
table = found[0]
chosen = analysis.choice(table, shown)
name, texts = chosen.name, prompts[chosen.name][:4]
word_of = partial(word_at, table, name, chosen.seed)  # of a KL weight and a step
cells = analysis.pictures(chosen, lambda weight, step: page.draw(word_of(weight, step), texts, [0]))

# %% [markdown]
# ## One concept, printed
#
# The same noise throughout: downwards a stronger pull towards the ordinary word, to the right what the prompt says besides, along the slider more training.

# %% mystnb={"figure": {"caption": "One concept from one training seed: a row for each of a few KL weights on record, a column for each of the first prompts. Drag the slider, or use the arrow keys.", "name": "fig-explore"}}
said = {text: phrase_of(text, known[name]) or "nothing else" for text in texts}
alt = f"Pictures of {label[name]}: downwards a stronger KL term, to the right another prompt, at training step"
slider(frames(cells, said, min(page.side, 256)), chosen.steps, alt)

# %% [markdown]
# ## What is on record
#
# Words that differ in nothing but concept, seed, KL weight and step. {glue:text}`source_said`

# %%
analysis.on_record(table, label)

# %% [markdown]
# ## Choose
#
# *In Jupyter.* What is not on record for a choice is replaced by the nearest that is. A picture not drawn before takes the model a moment.

# %% tags=["hide-input", "remove-output"]
first = table.sort_values("concept", key=lambda concepts: concepts != name, kind="stable")  # the one printed above
chooser = Chooser(first, prompts, lambda word, prompt: list(page.draw(word, [prompt])["image"]))
chooser

# %% [markdown]
# ## Say it yourself
#
# *In Jupyter.* Any prompt, with the word chosen above: as many pictures as you like, ranked, best first. {glue:text}`ranked_said`

# %% tags=["hide-input", "remove-output"]
def draw_own(prompt, noises):
    """Pictures of the word chosen above."""
    return page.draw(chooser.word(), [prompt], noises)


def order(pictures):
    """Best first, beside nulls if they were asked for."""
    concept = known[chooser.concept.value]
    nulls = own_nulls(store, pipe, concept, page.judge, [], null_pictures, **page.drawing)
    return best_first(pictures, concept, page.judge, nulls)


PromptBox(draw_own, order, prompt=own_prompt, pictures=own_pictures)

# %% tags=["remove-cell"]
page.say(**analysis.told(page.model_name, table, chosen, label[name], trained_here, learning_rate, null_pictures))

# %% [markdown]
# ## What this shows, and what it does not
#
# The printed figure shows {glue:text}`shown` from training seed {glue:text}`seed` and from one noise: an illustration of the sliders, not a result. Looking
# around finds examples; whether they are the rule is what the other pages ask, with seeds, {term}`anchors <anchor>` and intervals.
#
# - Choosing among many pictures until one pleases is choosing: what you find this way says what a word can do, not what it does.
# - Steps on record differ between KL weights; the figure shows those that all of its rows have.
# - An order by score holds within one prompt and concept; how far to trust it has [a page of its own](harmony.ipynb).
#
# **What to do.** Look first, then ask the page whose question it is.
#
# ## Exercise
#
# Choose a prompt with a context and a KL weight of zero, and drag *Step* from first to last. When does the concept come, and does the context go?
#
# :::{dropdown} Solution
# Another seed or noise gives another step; what matters is the order. If the context goes before the concept comes, no step is good, and only another
# setting helps. If there is a stretch with both, training was only too long. [The page on the KL term](kl_tradeoff.ipynb) asks whether a weight widens it.
# :::

# %% tags=["remove-cell"]
given = dict(model=model, guidance=guidance, num_inference_steps=num_inference_steps, learning_rate=learning_rate, shown=name)
given |= dict(seeds=sorted(int(s) for s in table["seed"].unique()), images_per_prompt=images_per_prompt)
given |= dict(steps=steps, kl_weights=kl_weights) if trained_here else {}
page.record(given, dict(words=table.drop(columns="run")), page.numbers)
