# %% [markdown]
# # A word of your own
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# You have some pictures of one thing in a folder. This page looks them over, learns a word from them, lets you watch it learn, picks the checkpoint to keep,
# ranks what the word draws, and writes the files that diffusers, `AUTOMATIC1111` and ComfyUI read, with a card beside them. What you see here is an example;
# for yours, say where the pictures are and what the thing is in plain words:
#
# ```bash
# papermill notebooks/your_own_concept.ipynb out.ipynb -r concept path/to/photos -r initializer cat \
#   -r model stable-diffusion-v1-5/stable-diffusion-v1-5 -p steps 3000 -p learning_rate 0.002 -p guidance 7.5
# ```
#
# The {term}`pocket model` (leave out `model`) needs neither GPU nor download, but knows only its own drawn world.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = "violet_cloud"  # [folder] your pictures; or a name of data/concepts
placeholder: str = ""  # [word] what the new word is called, such as my-cat; empty: the folder's name
initializer: str = ""  # [word] the ordinary word to start from, such as cat; empty: what concept.yml says, or object
kind: str = ""  # [word] style, person, object, ...: which prompts to train with; empty: what concept.yml says, or object
steps: int = 500  # [updates] length of training
checkpoint_every: int = 0  # [updates] distance of the steps looked at; zero: an eighth of all
seeds: list[int] = [0, 1]  # [numbers] training seeds, learned together; the best one is kept
learning_rate: float = 0.01  # [per update] Adam's step size
method: str = ""  # [name] how to learn: naive, kl, vectors, dti, core, ...; empty: what rivals found clearly best on this model, or else naive
kl_weight: float = 0.0  # [lam] pull towards the initializer; more keeps the sentence, less keeps the likeness
batch_size: int = 4  # [pictures] per update and learned word
keep_step: int = 0  # [update] the step to keep, one of those looked at; zero: the best-scored
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
prompts: list[str] = []  # [prompts] to draw, with {} for the concept; empty: the first few of its kind
images: int = 16  # [pictures] drawn of the kept word for each prompt, to choose from
null_pictures: int = 240  # [pictures] of the plain model that scores are read beside; under 200: ranked without any
num_inference_steps: int = 20  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where the word, its card and this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd

from study.analysis import your_own_concept as analysis
from study.analysis import your_own_concept_figures as figures
from study.earlier_pages import best_method
from study.figures import step_slider
from study.model_card import pass_on
from study.page import begin
from study.panels import slider
from study.photos import advice, best_first, look_over, own_nulls, phrase_of
from textinv_core.evaluation.nulls import OWN_SEED
from textinv_core.learning.arms import METHODS, Arm
from textinv_core.learning.concepts import context_prompts, load_concept, plain_prompt
from textinv_core.learning.tokens import initial_rows, nearest_words

LOOKS = 2  # pictures of each prompt at each checkpoint
SHARED = 2  # best pictures of each prompt on the card
analysis.check_words(method, METHODS, prompts)
every = analysis.distance_of_steps(steps, checkpoint_every, keep_step)
called = f"<{placeholder.strip('<>').lower()}>" if placeholder else None
mine = load_concept(concept, placeholder=called, initializer=initializer or None, kind=kind or None)
page = replace(begin("your_own_concept", globals()), concepts=(mine,))
looked = look_over(mine, page.side)
texts = list(dict.fromkeys([plain_prompt(mine.kind), *(prompts or list(context_prompts(mine.kind))[:3])]))
says = {text: phrase_of(text, mine) or "nothing else" for text in texts}

# %% [markdown]
# ## The pictures
#
# As the model sees them: the middle square of each, at its own size. A picture that cannot be read stops the run here, with its name. Best are three to six
# in which the thing is whole and in the middle, and everything around it differs: what all pictures share, the word learns too. {glue:text}`advice`

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The training pictures, in the order of the table below.", "name": "fig-own-pictures"}, "image": {"alt": "The training pictures as small squares: the thing should be whole in each, and what is around it should differ.", "width": "100%"}}
figures.pictures(looked)
plt.show()

# %% tags=["remove-input"]
analysis.pictures_table(looked)

# %% [markdown]
# ## Learn
#
# All training {term}`seeds <seed>` at once, from the same ordinary word, the {term}`initializer`, in this way: {glue:text}`way_said`
# ([all methods](rivals.ipynb)). Stopped half way, it goes on where it was. At each checkpoint every prompt is drawn from the same noise.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One row a training seed; a column for each prompt, by what it says beside the word. Drag the slider, or use the arrow keys: the first step is the ordinary word that learning starts from.", "name": "fig-own-steps"}}
way = analysis.way_of(method, kl_weight, learning_rate, best_method(profile, model))
if way["method"] == "name_basis":  # with no list of names, the words nearest to the one that learning starts from
    way["basis"] = tuple(w for w, _ in nearest_words(page.pipe, initial_rows(page.pipe, mine.initializer), k=100)[0])
arms = [Arm(mine, seed=s, **way) for s in seeds]
learned = page.store.learn(page.pipe, arms, steps=steps, checkpoint_every=every, batch_size=batch_size)
seed_of = dict(zip(learned.ids, seeds, strict=True))
drawn = pd.concat([page.draw(learned.at(n), texts, range(LOOKS)) for n in learned.steps], ignore_index=True)
drawn["training seed"] = drawn["arm"].map(lambda arm: f"seed {seed_of[arm]}")
frames = figures.frames(drawn[drawn["seed"] == 0], says, page.side)
slider(frames, learned.steps, "What each seed's word draws for each prompt, at training step")

# %% [markdown]
# ## Which step, which seed?
#
# Every picture is scored for the concept and for what its prompt says, each cosine read beside {glue:text}`nulls_said`
# ({term}`null`; {ref}`how <measures>`). The mean over prompts picks what to keep, here {glue:text}`kept_said`. The
# plain prompt asks for nothing beside the concept and takes no part. If the slider tells you otherwise, trust your eyes and say `-p keep_step`.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Score by training step: mean over the prompts with a context, with 95 % band over prompts. The dashed line is the step kept.", "name": "fig-own-scores"}, "image": {"alt": "A line for each training seed, score against training step; the kept step is marked where the highest line peaks, or where it was asked for.", "width": "75%"}}
nulls = own_nulls(page.store, page.pipe, mine, page.judge, texts, null_pictures, **page.drawing)
ranked_on = [text for text in texts if phrase_of(text, mine)] or texts
scored = pd.concat([best_first(drawn[drawn["prompt"] == text], mine, page.judge, nulls) for text in ranked_on])
means = analysis.means_of(scored)
arm, step = analysis.best_of(means, keep_step)
kept = next(word for word in learned.at(step) if word.arm == arm)
figures.scores(scored, step)
plt.show()

# %% [markdown]
# ## What it draws, best first
#
# A fresh batch for each prompt, of {glue:text}`n_images` pictures, from noise that took no part in the choice.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The best of each prompt’s batch, best on the left.", "name": "fig-own-gallery"}, "image": {"alt": "A row of small pictures for each prompt, in the order of their rank: on the left both the thing and what the prompt says should be there.", "width": "100%"}}
batch = page.draw([kept], texts, range(OWN_SEED, OWN_SEED + images))
ranked = {text: best_first(batch[batch["prompt"] == text], mine, page.judge, nulls) for text in texts}
figures.gallery(ranked, says).savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% tags=["remove-input"]
analysis.scores_table(ranked, mine.placeholder)

# %% [markdown]
# ## Take it with you
#
# One folder, to copy or upload as it is: the word in two formats, the best pictures, and a card (`README.md`) in the manner of the Hub’s concept library,
# with settings, scores and the pictures’ licence: {glue:text}`licence`. Your pictures are in it, so look before you publish.

# %% tags=["hide-input"]
home, best = page.folder / mine.placeholder.strip("<>"), pd.concat([rows.head(SHARED) for rows in ranked.values()])
made = dict(initializer=mine.initializer, **{key: value for key, value in way.items() if key != "basis"}, steps=step, seed=seed_of[arm])
made |= dict(batch_size=batch_size, **page.drawing, judge=page.judge.name)
uses = pass_on(home, mine, kept, best, model=model, side=min(page.side, 512), settings=made)
files = analysis.files_of(home, uses)
files.style.format({"KB": "{:.0f}"})

# %% [markdown]
# In diffusers, with the same model:
#
# ```python
# pipe.load_textual_inversion("learned_embeds.safetensors")
# pipe("a photo of <my-cat> on the beach").images[0]
# ```
#
# In `AUTOMATIC1111` put the other file into `embeddings/` and write its name into the prompt; in ComfyUI into `models/embeddings/`, and write `embedding:`
# before the name. Here, the word is {glue:text}`placeholder`, and the ordinary words nearest to it are {glue:text}`nearest`.

# %% tags=["remove-cell"]
which = dict(seed=seed_of[arm], step=step, asked=bool(keep_step), choices=len(means))
beside = dict(pictures=len(looked), to_do=advice(looked, mine, page.side), nulls=len(nulls.prompts) if nulls else 0)
near = nearest_words(page.pipe, kept.rows[:1], k=3)[0]
sizes = dict(n_images=f"{images}", n_looks=f"{LOOKS}", n_prompts=f"{len(ranked_on)}")
learned_by = analysis.way_said(way, asked=bool(method or kl_weight))
page.say(**analysis.told(mine, model=model, kb=files["KB"].iloc[0], near=near, **which, **beside), **sizes, way_said=learned_by)

# %% [markdown]
# ## What this shows, and what it does not
#
# One word, learned on {glue:text}`model_name` and good for that text encoder alone: it means nothing to another model.
#
# **What to do.** Take few pictures that differ in everything but the thing, and keep the earliest step at which you recognise it; [why](step_ablation.ipynb)
# has a page of its own.
#
# What it does not show: that another noise would not pick a neighbour, since step and seed are the best of {glue:text}`n_choices` by only
# {glue:text}`n_looks` pictures for each of {glue:text}`n_prompts` prompts (how good such scores are at ranking is [measured](harmony.ipynb)); that the
# likeness is good, since scores rank pictures of one prompt and the best of a batch are not what the word does every time; or whether you may share the
# pictures, which only you know.

# %% tags=["remove-cell"]
columns = ["arm", "step", "prompt", "seed", "rank", "score", "by"]
tables = dict(pictures=looked.drop(columns="image"), choice=scored[columns], log=learned.log)
tables |= dict(gallery=pd.concat(ranked.values())[columns])
own = dict(initializer=mine.initializer, placeholder=mine.placeholder, kind=mine.kind, prompts=texts)
page.close(tables, checkpoint_every=every, **own)
step_slider(frames, learned.steps)  # in Jupyter: the same frames under a widget; prompts of your own go to `explore`
