# %% [markdown]
# # What does one word carry, and when?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# Each picture a word is learned from shows many things at once: what kind of thing it is, its colours, the form of each part, and also where it happened to
# stand. In the pocket world all of that is known and can be read back from any picture. So we can ask, attribute by attribute and step by step, what has gone
# into the word, and what has leaked into it that was never meant. {cite:t}`okawa2023` asked this of a model’s own training; to our knowledge nobody has shown
# it for a learned word.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "moss_style", "merry_man"]  # [names or folders] what to learn
initializer: str = ""  # [word] where learning starts; empty: each concept's own
as_chosen: bool = False  # [yes or no] take learning rate, steps and guidance from the page on settings, where it was run
learning_rate: float = 0.01  # [per update] Adam's step size
steps: int = 500  # [updates] length of training
checkpoint_every: int = 0  # [updates] distance of the steps looked at; zero: a tenth of all
kl_weight: float = 0.0  # [lam] weight of the KL term; zero: the one that was chosen
dreambooth_steps: int = 0  # [updates] length of DreamBooth's fine-tuning; zero leaves it out
dreambooth_learning_rate: float = 0.0002  # [per update] AdamW's step size for the network
class_pictures: int = 16  # [pictures] of the class, drawn beforehand for DreamBooth
identifier: str = ""  # [token] DreamBooth's rare token; empty: by rule
backdrop: str = "beach"  # [scene] where all pictures of the leak's word are taken
references: int = 16  # [pictures] of the class word, and of the concept's own drawings
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 8  # [pictures] drawn at each checkpoint
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image
from pocket_world.oracle.reading import label
from pocket_world.oracle.witness import attributes_seen, open_oracle
from pocket_world.training.vae import there_and_back
from pocket_world.world.concepts import draw, members

from study.analysis import what_it_learns as analysis
from study.analysis import what_it_learns_figures as figures
from study.analysis.what_it_learns import DB, KL, TI
from study.analysis.what_it_learns_told import ends_said, told
from study.contrasts import as_claims, contrast_table, decided
from study.datasets import write_drawn
from study.earlier_pages import chosen_kl_weight
from study.page import Claim, begin
from study.panels import PIXELS
from study.tuning import drawn_by_tuned
from study.wording import counted
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import load_images, plain_prompt
from textinv_core.paths import scratch_dir

page = begin("what_it_learns", globals())
oracle, plain = open_oracle(model), {c.name: plain_prompt(c.kind) for c in page.concepts}
kl_weight, weight_from = chosen_kl_weight(profile, kl_weight)
weights = {TI: 0.0, KL: kl_weight}
every = checkpoint_every or max(1, steps // 10)
where = list(product(weights, seeds))


def arms_of(c):
    """A concept's words: a method and training seed each."""
    return [Arm(c, seed=s, learning_rate=learning_rate, kl_weight=weights[method]) for method, s in where]


def read(pictures, name, **where):
    """Which attributes of a concept are in each picture, beside what tells the pictures apart."""
    seen = attributes_seen(oracle, list(pictures), name) if oracle else None
    return pd.DataFrame() if seen is None else seen.assign(concept=name, **where)


def drawn_again(c, seed, many, **how):
    """Pictures of a concept by its own drawing program."""
    return [Image.fromarray(draw(c.name, np.random.default_rng((seed, i)), **how)[0]) for i in range(many)]


def at_best(c):
    """What there is to see of a concept: drawings, or else its given pictures, after the autoencoder."""
    if c.name in members():
        given = [image.resize((64, 64), Image.Resampling.LANCZOS) for image in drawn_again(c, 23, references)]
    else:
        given = load_images([*c.held_out, *c.images], 64)
    return [Image.fromarray(image) for image in there_and_back(page.pipe.vae, np.stack([np.asarray(i) for i in given]))]


def leak(c, s, source, pictures):
    """The share of pictures in the one backdrop."""
    there = label(oracle.read_pictures(list(pictures)), "scene") == backdrop
    return dict(concept=c.name, seed=s, source=source, scene=there.mean())


# %% tags=["hide-input"]
shown, parts, own, of_class, leaks = [], [], [], [], []
for c in page.concepts:
    texts, settings = [plain[c.name]], dict(steps=steps, batch_size=batch_size)
    words = page.store.learn(page.pipe, arms_of(c), checkpoint_every=every, **settings)
    drawn = {n: [page.draw(word, texts)["image"].tolist() for word in words.at(n)] for n in words.steps}
    shown += [dict(concept=c.name, step=n, image=row[0][0]) for n, row in drawn.items()]  # naive word, first seed
    for n, row in drawn.items():
        for (method, s), pictures in zip(where, row, strict=True):
            parts.append(read(pictures, c.name, method=method, seed=s, step=n))
    if dreambooth_steps:
        pictures = drawn_by_tuned(page, c, texts)["image"]
        parts.append(read(pictures, c.name, method=DB, seed=seeds[0], step=steps))
    by_class = page.draw_plain(c, texts, range(references))["image"].tolist()
    of_class.append(read(by_class, c.name))
    own.append(read(at_best(c), c.name) if oracle else pd.DataFrame())
    if oracle and c.name in members() and members()[c.name].family != "style":
        elsewhere = drawn_again(c, 29, len(c.images), scene=backdrop)
        variant = write_drawn(scratch_dir(profile) / "concepts" / f"{c.name}-in-{backdrop}", c, elsewhere)
        words = page.store.learn(page.pipe, arms_of(variant), **settings).at()
        source = {TI: "one backdrop", KL: "one backdrop, KL"}
        leaks += [leak(c, s, source[m], page.draw(w, texts)["image"]) for (m, s), w in zip(where, words, strict=True)]
        leaks += [leak(c, s, "varied", images) for (m, s), images in zip(where, drawn[steps], strict=True) if m == TI]
        leaks += [leak(c, s, "class word", by_class) for s in seeds]
leaks = pd.DataFrame(leaks, columns=["concept", "seed", "source", "scene"])
tables = (pd.concat(some, ignore_index=True) for some in (parts, of_class, own))
rates, joint = analysis.recovery_of(*tables)
groups = analysis.by_group(rates)

# %% [markdown]
# ## The word, step by step

# %% mystnb={"figure": {"caption": "“A photo of” the naive word after more and more training steps, one training seed and one noise. Left, one of the training pictures; step 0 is the class word or another initializer.", "name": "fig-learns-pictures"}, "image": {"alt": "A grid of small pictures, a row for each concept: on the left a training picture, then what the word draws after more and more steps, which comes to look like it part by part.", "width": "100%"}}
photos = {c.name: load_images(c.images[:1], PIXELS)[0] for c in page.concepts}
figure = figures.step_by_step(pd.DataFrame(shown), photos, page.labels)
figure.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## Which attributes come first?
#
# The {term}`oracle` reads {glue:text}`n_pictures` plain pictures of each word at each step. An attribute is there when the part has the concept’s form, or
# its colour lies close to the concept’s. Its *recovery* is the share of pictures that have it, on a scale from the {term}`class word` (zero: it shows that
# much anyway) to the concept’s own drawings
# (one: there is no more to show). Where these two are less than {glue:text}`span` apart, none is shown.

# %% mystnb={"figure": {"caption": "Recovery by training step, a panel a method: family, colours and forms, mean over concepts with 95 % band. Dashed, the concept’s own drawings; at zero, the class word.", "name": "fig-learns-recovery"}, "image": {"alt": "Line plots of recovery against training steps, one line each for family, colours and forms, one panel for each method: the line that rises first is what the word learns first.", "width": "100%"}}
figures.recovery(groups)
plt.show()

# %% [markdown]
# Concept by concept, at the last step, and beside the words {term}`DreamBooth`, which changes the network itself:

# %% mystnb={"figure": {"caption": "Recovery of each concept’s family, colours and forms at the last step, by method. Empty: the class word shows it nearly as often as the drawings do.", "name": "fig-learns-concepts"}, "image": {"alt": "Tables of coloured cells, one for each method: a row for each concept, a column each for family, colours and forms; the brighter a cell, the more of it was recovered.", "width": "100%"}}
figures.by_concept(groups, (TI, KL, *([DB] if dreambooth_steps else [])), page.labels)
plt.show()

# %% [markdown]
# ## One by one, or together? And what leaks?
#
# If attributes came independently of each other, all of them would be there at once as often as the product of their shares says. Where the two curves part,
# some pictures get everything right and others little. What *leaks* is what the training pictures share and the concept does not have: here a word is learned
# from pictures that all stand in one place, the {glue:text}`backdrop`.

# %% mystnb={"figure": {"caption": "Left: the share of pictures with all attributes at once, and what it would be if each came by itself, by training step (naive word, mean over concepts with 95 % band). Right: share of plain pictures in the one backdrop, a dot a concept, black the mean.", "name": "fig-learns-joint"}, "image": {"alt": "Left, two curves against training steps; the wider apart, the more the attributes come together. Right, dots for each concept in four columns, class word, varied backdrops, one backdrop, one backdrop with the KL term: what rises above the first two has leaked.", "width": "100%"}}
figures.together_and_leaked(joint, leaks, backdrop)
plt.show()

# %% [markdown]
# ## Three questions, named beforehand
#
# Do colours come before forms, over training? Does the {term}`KL term` (weight {glue:text}`kl_weight`, {glue:text}`weight_from`) cost forms, at the last
# step? Does the one backdrop leak, and more than into a word from varied backdrops, which is the control? Each has {glue:text}`smallest` as its
# {term}`smallest effect of interest`.

# %%
primary = decided(analysis.QUESTIONS, *analysis.contrasts(groups, leaks))
contrast_table(primary)

# %% tags=["remove-cell"]
page.say(
    **page.common("n_concepts", "seeds_said", "n_pictures", "steps", "learning_rate", "settings_from"),
    **told(groups, joint, primary, page.model_name),
    ends_dreambooth=ends_said(groups, DB) if dreambooth_steps else "left out of this run",
    kl_weight=f"{kl_weight:g}",
    weight_from=weight_from,
    backdrop=backdrop,
)

# %% [markdown]
# ## What this shows, and what it does not
#
# The verdicts stand in the table above. After {glue:text}`steps` steps the naive word has recovered {glue:text}`ends_naive`, the word under the KL term
# {glue:text}`ends_kl`, DreamBooth {glue:text}`ends_dreambooth`. The naive word has half of what it ends with by: {glue:text}`half_way`. All attributes at
# once: {glue:text}`at_once`.
#
# **What to do.** Vary everything that is not the concept. Before you stop training, look at the attribute that comes late, not at the average.
#
# What it does not show: attributes other than those that the drawing programs have and the oracle reads, with its own errors; whether side and size of the
# subject leak as well, which it does not read; or another regime than {glue:text}`n_concepts` concepts, {glue:text}`seeds_said` and a learning
# rate of {glue:text}`learning_rate` ({glue:text}`settings_from`).
#
# ## Exercise
#
# Does every place leak alike? Take another one, and see which part of the right panel moves:
# `papermill notebooks/what_it_learns.ipynb out.ipynb -r backdrop snow`
#
# :::{dropdown} Solution
# Read each column against the class word’s: that is how often the place comes unasked. A word from one backdrop stands above it by as much as the place has
# leaked. But a place whose colour is the concept’s own may look like a leak and be none; that is what the word from varied backdrops is there to show.
# :::

# %% tags=["remove-cell"]
n = f"{counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a step"
claims = [Claim(**fields) for fields in as_claims(analysis.QUESTIONS, primary, n)]
tables = dict(rates=rates, groups=groups, joint=joint, leaks=leaks, primary=primary.reset_index())
page.close(tables, claims, kl_weight=kl_weight, checkpoint_every=every)
