# %% [markdown]
# # How long should one train?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# Each step of training moves one row of numbers, that of the {term}`placeholder`, a little further from the ordinary word it began as. Pictures of the plain
# prompt come to look like the concept; the rest of the sentence may lose its say. The poster (its Fig. 2) shows one concept over training and puts the best
# balance at “1000 to 3500” steps. Here the same question is asked of several concepts and training {term}`seeds <seed>`, and most closely where a word moves
# fastest: at the beginning.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "leaf_robot", "merry_man"]  # [names or folders] what to learn
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 5000  # [updates] length of training
checkpoint_every: int = 0  # [updates] distance of the steps looked at; zero: dense early, then evenly
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn at each checkpoint for each prompt
contexts: int = 4  # [prompts] how many contexts editability is measured in
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
import matplotlib.pyplot as plt
from IPython.display import display
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import step_ablation as analysis
from study.analysis import step_ablation_figures as figures
from study.analysis import step_ablation_told as told
from study.figures import step_slider
from study.measuring import measure
from study.page import Claim, begin
from study.panels import PIXELS, slider
from study.scores import SCORES, dense_early, nearest_by_step, scores_by_step, some_of
from study.truth import KEPT, agreement
from study.vocabulary import nearest_over_steps
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, load_images
from textinv_core.learning.tokens import save_embedding

POSTER = (1000, 3500)  # steps: the range its Fig. 2 calls the best
SHOWN = 3  # contexts whose pictures are shown
page = begin("step_ablation", globals())
oracle, called = open_oracle(model), {c.name: context_prompts(c.kind) for c in page.concepts}
shown = {name: {t: called[name].get(t, "plain") for t in texts[: SHOWN + 1]} for name, texts in page.prompts().items()}
photos = {c.name: load_images(c.images[:1], PIXELS)[0] for c in page.concepts}

# %% [markdown]
# For each concept all training seeds learn side by side from the same {term}`initializer`. At each checkpoint the words draw, always from the same noise.
# What an earlier run, or another page, already made is loaded.

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=checkpoint_every or dense_early(steps))
arms = {c.name: [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds] for c in page.concepts}
learned = {name: page.store.learn(page.pipe, own, steps=steps, **settings) for name, own in arms.items()}
found = measure(
    page,
    learned,
    look=lambda c, pictures: figures.first_of(pictures, learned[c.name].ids[0]),
    see=lambda pictures, c: sees(oracle, pictures, called[c.name], c.name),
)
few, looks = some_of(found.steps, 11), {name: found.looks[name] for name in page.pictured}

# %% [markdown]
# ## What the word draws
#
# One training seed, the same noise throughout. Left of all training stands the ordinary word that a concept started from. Below, move through training
# yourself: the pictures with a context show the other half of the bargain, whether the sentence around the word is still heard.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "\u201cA photo of\u201d the learned word after more and more training steps. Left, one of the training pictures. Step 0 is the initializer, an ordinary word.", "name": "fig-step-grid"}, "image": {"alt": "One row of pictures for each concept. After the training picture come drawn ones: from left to right, what the ordinary word draws gives way to the concept.", "width": "100%"}}
grid = figures.over_training(looks, photos, shown, page.labels, few)
grid.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Concepts at one number of training steps: a training picture, the plain prompt, and prompts with a context. Drag the slider, or use the arrow keys.", "name": "fig-step-slider"}}
frames = figures.frames(looks, photos, shown, page.labels, slid := some_of(found.steps, 9))
alt = "For each concept a training picture, the plain prompt and prompts with a context, at training step"
slider(frames, slid, alt)

# %% [markdown]
# ## What counts as best
#
# A picture of a prompt with a context is a good one if the concept *and* the context are in it. An {term}`oracle` that knows what the drawn world looks like
# says so of each picture; the share of good pictures is **B** (of {term}`K, B and C`). The poster’s claim takes two contrasts, paired over concepts and
# training seeds: B within its range minus B just before it (from half its start on), and minus B after it. It is *supported* if both intervals lie above
# zero, *not supported* if one ends short of {glue:text}`points` of the pictures, the {term}`smallest effect of interest`, *undecided* otherwise, and with
# fewer than {glue:text}`fewest_concepts` concepts. (A first run asked where the highest B lies. On a flat curve that is left open by any number of pictures;
# so the question was changed, and more concepts added.) CLIP’s {ref}`scores <measures>` stand beside; on a model without an oracle they decide, by the
# balance of both. {glue:text}`judged`
#
# ## Concept by concept
#
# The {term}`anchors <anchor>` give each panel its scale: the training pictures, taken as if they had been drawn, say what the oracle can find at most; the
# plain class word says what is there without learning.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "By training step, one column a concept: share of pictures in which the oracle finds the concept (above), and concept and context together (below); without an oracle, reconstruction and editability. Mean over training seeds with 95 % band. Dashed, the training pictures themselves; dotted, the plain class word. Shaded, the poster\u2019s best range, where this run reaches it. Early steps are drawn wider.", "name": "fig-step-curves"}, "image": {"alt": "Curves by training step, one column for each concept, between a dashed line for the training pictures and a dotted one for the class word. The steps that the poster calls the best are shaded, to be held against where the lower curves are highest.", "width": "100%"}}
figures.by_concept(found.summary, found.anchors, page.labels, KEPT if found.has_oracle else SCORES, POSTER)
plt.show()

# %% [markdown]
# ## All concepts together, and what CLIP makes of the same pictures
#
# CLIP’s two scores, {term}`reconstruction` and {term}`editability`, have another floor and ceiling for each concept, so they are put on the scale that the
# anchors span, zero to one, before they are averaged. The *balance* is their geometric mean: high only where both are. {glue:text}`agreement`

# %% tags=["remove-input"] mystnb={"figure": {"caption": "By training step, mean over concepts with 95 % band. Left, the oracle\u2019s shares of pictures; right, CLIP\u2019s scores and their balance on the anchors\u2019 scale. Without an oracle, CLIP alone. Shaded, the poster\u2019s range.", "name": "fig-step-balance"}, "image": {"alt": "Curves by training step. Left, the shares of pictures that keep the concept, that show the context, and that do both: the top of the third curve is the best step, to be held against the shaded range of the poster. Right, CLIP\u2019s two scores and their balance.", "width": "100%"}}
scaled, _ = analysis.balanced(found.summary, found.anchors)
figures.together(found.summary, scaled, POSTER)
plt.show()

# %% [markdown]
# ## Where the row goes
#
# The loss of a single training step is mostly noise, so it is taken here on one fixed batch of pictures, noise and timesteps. The length of the row is
# relative to the vocabulary’s median; the cosine is to the initializer’s row, and falls with the {term}`drift` of the word.

# %% tags=["hide-cell"] mystnb={"figure": {"caption": "Loss on a fixed batch, length of the learned row, and its cosine to the initializer, by training step: mean over concepts with 95 % band.", "name": "fig-step-drift"}, "image": {"alt": "Three curves by training step: the loss on a fixed batch, the length of the row, and its cosine to the initializer\u2019s row, which falls as the word leaves its start.", "width": "100%"}}
figures.drift(found.log)
plt.show()

# %% tags=["remove-cell"]
words = nearest_over_steps(page.pipe, learned)
judged = analysis.outcome_of(found.summary, scaled, oracle=found.has_oracle)
agreed = agreement(found.tables["scores"], {name: texts[0] for name, texts in page.prompts().items()})
page.say(
    **page.common("model_name", "n_concepts", "seeds_said", "n_pictures", "n_contexts", "learning_rate"),
    **told.told(judged, found.summary, scaled, found.log, agreed, poster=POSTER, model=page.model_name),
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **The poster’s claim: the best results lie at {glue:text}`poster_range` steps. Our verdict: {glue:text}`verdict`.** On {glue:text}`model_name`, with
# {glue:text}`n_concepts` concepts and {glue:text}`seeds_said` each, {glue:text}`why`. Of the resampled studies, {glue:text}`inside` peak within
# the poster’s range. How sharp is the peak? The outcome lies within {glue:text}`points` of its best {glue:text}`plateau`. CLIP’s balance peaks
# {glue:text}`clip_peak`, over the {glue:text}`n_usable` concepts whose anchors bracket the scores.
#
# | outcome | from the initializer to step {glue:text}`last` |
# |---|---|
# | pictures with the concept (K) | {glue:text}`change_kept` |
# | pictures with the context (C) | {glue:text}`change_context` |
# | pictures with both (B) | {glue:text}`change_both` |
# | CLIP’s reconstruction | {glue:text}`change_reconstruction` |
# | CLIP’s editability | {glue:text}`change_editability` |
#
# The row ends at {glue:text}`norm_last` times the length of a median vocabulary row, at a cosine of {glue:text}`cosine_last` to the word it started from.
#
# **What to do.** Look at more than one step before you keep a word, and stop where the curve flattens: longer costs time and, where the context falls, more
# than that. The page of [your own concept](your_own_concept.ipynb) looks for you.
#
# What it does not show:
#
# - A step is not a fixed amount of learning. With another learning rate (here {glue:text}`learning_rate`), batch size or model, the same number of steps goes
#   another distance; a range of steps carries over only with all of these.
# - Each point rests on {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts. The oracle was trained on the world it judges; it can
#   err, and counts a concept as kept when all but one of its forms are right.
# - Intervals cover concepts and training seeds as they were drawn here; {glue:text}`n_concepts` concepts are few.
# - Nobody was asked which pictures they prefer.
#
# ## Exercise
#
# **A slower clock.** Run this page at a third of its learning rate (`-p learning_rate 0.003`). Where do you expect the best step?
#
# :::{dropdown} Solution
# Later. Adam moves each number of the row by about the learning rate at every step, so at a third of the rate the row needs about three times as many steps
# for the same way. A recommended number of steps means little unless its learning rate comes with it.
# :::
#
# ## Appendix: numbers and settings
#
# Averages over concepts and seeds. Reconstruction is measured against the pictures seen in training and those {term}`held out`; editability in three readings
# of the prompt. *Mean* is the mean of the pictures’ cosines, *of mean* the cosine of the mean picture feature. Then the ordinary words that the learned row
# is closest to (first training seed, cosine in brackets).

# %% tags=["hide-cell"]
near = nearest_by_step(words, some_of(few, 4)).rename(index=page.labels).rename_axis(index=None, columns="step")
display(scores_by_step(found.summary, found.tables["anchors_summary"]).style.format("{:.3f}", na_rep="–"), near.style)

# %% tags=["remove-cell"]
for name, texts in shown.items():  # beside the numbers: the pictures shown, and the word itself for any diffusers pipeline
    page.sheet(name, [found.looks[name][text, step] for text in texts for step in found.steps], len(found.steps))
    save_embedding(learned[name].at()[0], page.folder / name)
claim = told.claim(page.numbers, judged, seeds=len(seeds), pictures=images_per_prompt)
page.close(found.tables | dict(words=words, agreement=agreed), [Claim(**claim)], **settings)
step_slider(frames, slid)  # in Jupyter: the same frames under a widget
