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
# # A word of your own
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# You have some pictures of one thing in a folder. This page looks them over, learns a word from them, lets you watch it learn, picks the checkpoint to
# keep, ranks what the word draws, and writes the files that diffusers, `AUTOMATIC1111` and ComfyUI read, with a card beside them. What you see here is
# an example; for yours, say where the pictures are and what the thing is in plain words:
#
# ```bash
# papermill notebooks/your_own_concept.ipynb out.ipynb -r concept path/to/photos -r initializer cat \
#   -r model stable-diffusion-v1-5/stable-diffusion-v1-5 -p steps 3000 -p learning_rate 0.002 -p guidance 7.5
# ```
#
# The pocket model (leave out `model`) needs neither GPU nor download, but knows only its own drawn world.

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
method: str = "naive"  # [name] how the word is kept usable, by the page of rivals: naive, kl, dti, core, ...
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

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %% tags=["remove-cell"]
# %matplotlib inline
from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import HTML
from myst_nb import glue

from study.figures import image_grid, step_curves, step_slider_html, use_style
from study.model_card import file_name, save_emb_params, write_card
from study.page import model_title, open_page
from study.parameters import ParameterError
from study.photos import advice, best_first, look_over, own_nulls, phrase_of
from textinv_core.evaluation.metrics import SMALLEST_NULL
from textinv_core.evaluation.nulls import OWN_SEED
from textinv_core.learning.arms import METHODS, Arm
from textinv_core.learning.concepts import context_prompts, load_concept, plain_prompt
from textinv_core.learning.tokens import FILE_NAME, initial_rows, nearest_words, save_embedding

LOOKS = 2  # pictures of each prompt at each checkpoint
ACROSS = 8  # pictures in a row
SHARED = 2  # best pictures of each prompt on the card
use_style()
plt.rcParams["figure.dpi"] = 120

# %% tags=["hide-input"]
if method not in METHODS:
    raise ParameterError(f"method: {method!r} is none of {', '.join(METHODS)}")
for text in prompts:
    if text.count("{}") != 1:
        raise ParameterError(f"prompts: {text!r} should hold {{}} once, where the concept stands")
called = f"<{placeholder.strip('<>').lower()}>" if placeholder else None
mine = load_concept(concept, placeholder=called, initializer=initializer or None, kind=kind or None)
page = open_page("your_own_concept", profile=profile, model=model, judge=judge, concepts=[concept], out=out, runs=runs)
page = replace(page, concepts=(mine,))
pipe, store, folder = page.pipe, page.store, page.folder
how = dict(guidance_scale=guidance, num_inference_steps=num_inference_steps)
plain, asked = plain_prompt(mine.kind), prompts or list(context_prompts(mine.kind))[:3]
texts = list(dict.fromkeys([plain, *asked]))
says = {text: phrase_of(text, mine) or "nothing else" for text in texts}

# %% [markdown]
# ## The pictures
#
# As the model sees them: the middle square of each, at its own size. A picture that cannot be read stops the run here, with its name. Best are
# three to six in which the thing is whole and in the middle, and everything around it differs: what all pictures share, the word learns too.
#
# {glue:text}`advice`

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The training pictures, in the order of the table below.", "name": "fig-own-pictures"}, "image": {"alt": "The training pictures as small squares.", "width": "100%"}}
looked = look_over(mine, page.side)
place = pd.Series(range(len(looked)))
tiles = looked.assign(column=place % ACROSS, line=place // ACROSS)
number = {line: f"{ACROSS * line + 1}" for line in tiles["line"]}
grid = image_grid(tiles, row="line", column="column", column_labels={i: "" for i in range(ACROSS)}, row_labels=number, pixels=96)
plt.show()

# %% tags=["remove-input"]
shown = looked.assign(pixels=looked["width"].astype(str) + " × " + looked["height"].astype(str))
shown = shown[["file", "pixels", "twin"]].rename(columns={"twin": "nearly the same as"}).set_axis(range(1, len(shown) + 1))
shown.style.format(escape="html")

# %% [markdown]
# ## Learn
#
# All training seeds at once, from the same ordinary word. Stopped half way, the same command goes on where it was; done once, it is found again. At
# each checkpoint every prompt is drawn from the same noise.

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=checkpoint_every or max(1, steps // 8))
marks = sorted({*range(0, steps + 1, settings["checkpoint_every"]), steps})
if keep_step and keep_step not in marks:
    raise ParameterError(f"keep_step: {keep_step} is not one of the steps looked at ({', '.join(map(str, marks))})")
way = dict(method=method, learning_rate=learning_rate) | (dict(kl_weight=kl_weight) if kl_weight else {})
if method == "name_basis":  # with no list of names, the words nearest to the one that learning starts from
    way["basis"] = tuple(word for word, _ in nearest_words(pipe, initial_rows(pipe, mine.initializer), k=100)[0])
arms = [Arm(mine, seed=s, **way) for s in seeds]
learned = store.learn(pipe, arms, steps=steps, **settings)
at, seed_of = list(learned.steps), dict(zip(learned.ids, seeds, strict=True))
drawn = pd.concat([store.draw(pipe, learned.at(step), texts, range(LOOKS), **how) for step in at], ignore_index=True)
drawn["training seed"] = drawn["arm"].map(lambda arm: f"seed {seed_of[arm]}")

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One row a training seed; a column for each prompt, by what it says beside the word. Drag the slider, or use the arrow keys: the first step is the ordinary word that learning starts from.", "name": "fig-own-steps"}}
frames, first = [], drawn[drawn["seed"] == 0]
for step in at:
    rows = first[first["step"] == step]
    size = (1.35 * len(texts) + 1.2, 1.35 * len(seeds) + 0.4)
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    image_grid(rows, row="training seed", column="prompt", column_labels=says, ax=ax, pixels=min(page.side, 256)).tick_params(labelsize=8)
    frames.append(figure)
    plt.close(figure)
HTML(step_slider_html(frames, [f"{step:g}" for step in at], "What each seed's word draws for each prompt, at training step"))

# %% [markdown]
# ## Which step, which seed?
#
# Every picture is scored for the concept and for what its prompt says, each cosine read beside {glue:text}`nulls_said`
# ({ref}`how <measures>`). The mean over prompts picks what to keep, here {glue:text}`kept_said`. The plain prompt asks for nothing beside the concept
# and takes no part. If the slider tells you otherwise, trust your eyes and say `-p keep_step`.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Score by training step: mean over the prompts with a context, with 95 % band over prompts. The dashed line is the step kept.", "name": "fig-own-scores"}, "image": {"alt": "A line for each training seed: score against training step, with the kept step marked.", "width": "75%"}}
nulls = own_nulls(store, pipe, mine, page.judge, texts, null_pictures, **how)
ranked_on = [text for text in texts if phrase_of(text, mine)] or texts
scored = pd.concat([best_first(drawn[drawn["prompt"] == text], mine, page.judge, nulls) for text in ranked_on])
means = scored[scored["step"] > 0].groupby(["arm", "step"], sort=False)["score"].mean()
arm, step = means[means.index.get_level_values("step") == keep_step].idxmax() if keep_step else means.idxmax()
kept = next(word for word in learned.at(step) if word.arm == arm)
ax = step_curves(scored, "score", hue="training seed", units="prompt")
ax.axvline(step, color="0.3", linestyle="--", linewidth=1)
ax.set(xlabel="training step", ylabel=f"score: {scored['by'].iloc[0]}")
plt.show()

# %% [markdown]
# ## What it draws, best first
#
# A fresh batch for each prompt, of {glue:text}`n_images` pictures, from noise that took no part in the choice.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "The best of each prompt\u2019s batch, best on the left.", "name": "fig-own-gallery"}, "image": {"alt": "A row of small pictures for each prompt, in the order of their rank.", "width": "100%"}}
batch = store.draw(pipe, [kept], texts, range(OWN_SEED, OWN_SEED + images), **how)
ranked = {text: best_first(batch[batch["prompt"] == text], mine, page.judge, nulls) for text in texts}
best = pd.concat([rows.head(ACROSS).assign(place=range(1, len(rows.head(ACROSS)) + 1)) for rows in ranked.values()])
grid = image_grid(best, row="prompt", column="place", row_labels=says, pixels=96)
grid.tick_params(labelsize=8)
grid.figure.savefig(folder / "overview.png", dpi=150, bbox_inches="tight")

# %% tags=["remove-input"]
scores = pd.DataFrame(
    dict(prompt=text.replace("{}", mine.placeholder), score=rows["by"].iloc[0], best=rows["score"].max(), median=rows["score"].median())
    for text, rows in ranked.items()
)
scores.set_index("prompt").rename_axis(index=None).style.format("{:.2f}", subset=["best", "median"]).format_index(escape="html")

# %% [markdown]
# ## Take it with you
#
# One folder, to copy or upload as it is: the word in two formats, the best pictures, and a card (`README.md`) in the manner of the Hub’s
# concept library, with settings, scores and the pictures’ licence: {glue:text}`licence`. Your pictures are in it, so look before you publish.

# %% tags=["hide-input"]
home = folder / mine.placeholder.strip("<>")
save_embedding(kept, home)
save_emb_params(kept, home / file_name(kept))
chosen = pd.concat([rows.head(SHARED) for rows in ranked.values()])
by = ", ".join(dict.fromkeys(chosen["by"]))
card = dict(initializer=mine.initializer, method=method, steps=step, seed=seed_of[arm], learning_rate=learning_rate, kl_weight=kl_weight)
card |= dict(batch_size=batch_size, guidance_scale=guidance, num_inference_steps=num_inference_steps, judge=page.judge.name)
write_card(home, mine, kept, chosen, model=model, side=min(page.side, 512), scored_by=by, settings=card)
use = {FILE_NAME: "diffusers", file_name(kept): "AUTOMATIC1111, ComfyUI", "README.md": "the card", "concept_images": "what it learned from", "samples": "the best pictures"}
files = pd.DataFrame(dict(file=name, what=what, KB=sum(p.stat().st_size for p in [home / name, *(home / name).glob("*")] if p.is_file()) / 1024) for name, what in use.items())
files.set_index("file").rename_axis(index=None).style.format({"KB": "{:.0f}"})

# %% [markdown]
# In diffusers, with the same model:
#
# ```python
# pipe.load_textual_inversion("learned_embeds.safetensors")
# pipe("a photo of <my-cat> on the beach").images[0]
# ```
#
# In `AUTOMATIC1111` put the other file into `embeddings/` and write its name into the prompt; in ComfyUI into `models/embeddings/`, and
# write `embedding:` before the name. Here, the word is {glue:text}`placeholder`, and the ordinary words nearest to it are {glue:text}`nearest`.

# %% tags=["remove-cell"]
to_do = advice(looked, mine, page.side)
near = ", ".join(f"{word} ({cosine:.2f})" for word, cosine in nearest_words(pipe, kept.rows[:1], k=3)[0])
kept_said = f"seed {seed_of[arm]} at step {step}"
n_null = f"no nulls at all, since fewer than {SMALLEST_NULL} pictures were asked for" if nulls is None else f"{len(nulls.prompts)} pictures of the class by the plain model"
sentence = f"On {model_title(model)}, {len(looked)} pictures of {mine.name.replace('_', ' ')} became the word {mine.placeholder}: {kept_said} of {steps}, a file of {max(1, round(files['KB'][0]))} KB."
glued = dict(
    verdict_short=sentence,
    advice=f"**Before you go on:** {' '.join(to_do)}" if to_do else "These will do as they are.",
    nulls_said=n_null,
    kept_said=f"{kept_said}{', as asked for' if keep_step else ''}",
    n_images=f"{images}",
    n_looks=f"{LOOKS}",
    n_prompts=f"{len(ranked_on)}",
    n_choices=f"{len(means)}",
    licence=mine.licence or "unknown, for want of a concept.yml that says it",
    placeholder=mine.placeholder,
    nearest=near,
    model_name=model_title(model),
)
for key, value in glued.items():
    glue(key, value, display=False)

# %% [markdown]
# ## What this shows, and what it does not
#
# One word, learned on {glue:text}`model_name` and good for that text encoder alone: it means nothing to another model.
#
# - The step and the seed are the best of {glue:text}`n_choices` by {glue:text}`n_looks` pictures for each of {glue:text}`n_prompts` prompts. That is little: another
#   noise may pick a neighbour. How good such scores are at ranking is measured [on a page of its own](harmony.ipynb).
# - Scores rank pictures of one prompt. They say neither that the likeness is good nor that one concept was learned better than another.
# - The best pictures are the best of a batch, and show what the word can do, not what it does every time.
# - Nothing here asks whether you may share the pictures: only you know that.

# %% tags=["remove-cell"]
given = dict(model=model, seeds=seeds, steps=steps, learning_rate=learning_rate, method=method, kl_weight=kl_weight, guidance=guidance)
given |= dict(prompts=texts, images=images, null_pictures=null_pictures, num_inference_steps=num_inference_steps, keep_step=keep_step)
given |= dict(initializer=mine.initializer, placeholder=mine.placeholder, kind=mine.kind)
kept_columns = ["arm", "step", "prompt", "seed", "rank", "score", "by"]
page.record(
    given | settings,
    dict(pictures=looked.drop(columns="image"), choice=scored[kept_columns], gallery=pd.concat(ranked.values())[kept_columns], log=learned.log),
    glued,
)

# %% [markdown] tags=["remove-cell"]
# ### Live
#
# In Jupyter: the same frames under a widget. To type prompts of your own, open the notebook `explore`.

# %% tags=["remove-cell"]
from study.figures import step_slider

step_slider(frames, at)
