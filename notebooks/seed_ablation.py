# %% [markdown]
# # Is the training seed luck?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# Train the same word twice, from the same pictures and the same start, and only the order of the training noise differs: the {term}`seed`. The poster
# (its Fig. 4) shows one tree from several such runs and calls the difference “substantial”. But pictures differ anyway, since each begins with noise
# of its own. So here both are varied, every learned word draws from every noise, and the question becomes which share of the difference is the training
# seed’s.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "leaf_robot"]  # [names or folders] what to learn; the first is shown at length
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 500  # [updates] length of training
checkpoint_every: int = 250  # [updates] distance of the steps looked at
seeds: list[int] = [0, 1, 2, 3, 4]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 8  # [pictures] drawn at each checkpoint for each prompt
contexts: int = 4  # [prompts] how many contexts editability is measured in
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
import matplotlib.pyplot as plt
import torch
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import seed_ablation as analysis
from study.analysis import seed_ablation_figures as figures
from study.analysis import seed_ablation_told as told
from study.figures import step_slider
from study.levels import levels_between_anchors
from study.measuring import measure
from study.page import Claim, begin
from study.panels import PIXELS, slider
from study.scores import SCORES
from study.truth import KEPT, agreement
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images

SUBSTANTIAL = 0.1  # share of the variance from which on the training seed's part is called substantial
page = begin("seed_ablation", globals())
prompts, noises, oracle, first = page.prompts(), page.noises, open_oracle(model), page.concepts[0]
called = {c.name: context_prompts(c.kind) for c in page.concepts}
photos = {c.name: load_images(c.images[:1], PIXELS)[0] for c in page.concepts}

# %% [markdown]
# Each concept is learned once from each training seed, always from the same {term}`initializer`. Every learned word draws from the same noises. What an
# earlier run, or another page, already made is loaded.

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=min(checkpoint_every, steps))
arms = {c.name: [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds] for c in page.concepts}
learned = {name: page.store.learn(page.pipe, own, steps=steps, **settings) for name, own in arms.items()}


def look(concept, pictures):
    """Those of the last step, by training seed; and what the judge sees in them, (words, prompts, noises, D)."""
    end = pictures[pictures["step"] == pictures["step"].max()]
    vectors = page.judge.image_features(list(end["image"]))
    shape = len(seeds), len(prompts[concept.name]), len(noises)
    of_arm = end.set_index(["arm", "prompt", "seed"])["image"]
    own = {s: of_arm[arm] for s, arm in zip(seeds, learned[concept.name].ids, strict=True)}
    return own, vectors.unflatten(0, shape)


found = measure(page, learned, look=look, see=lambda pictures, c: sees(oracle, pictures, called[c.name], c.name))
tiles, features = ({name: looks[i] for name, looks in found.looks.items()} for i in (0, 1))

# %% [markdown]
# ## What the words draw
#
# Read along a row to see what the noise changes, down a column to see what the training seed does; or switch seeds below, and watch what stays.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The first concept at the last step. Rows: training seeds, each a word learned anew from the same start; the top row is the plain class word. Columns: the same noise for all, plain prompt; the last column adds a context.", "name": "fig-seed-grid"}, "image": {"alt": "A grid of small pictures of one concept. Each row is a word learned from another training seed, each column a noise: compare the differences down a column with those along a row.", "width": "75%"}}
columns = figures.columns_of(prompts[first.name], called[first.name], noises[:6], contexts=1)
plain = {class_phrase(first): page.draw_plain(first, prompts[first.name]).set_index(["prompt", "seed"])["image"]}
grid = figures.by_noise(plain | {f"seed {s}": own for s, own in tiles[first.name].items()}, columns)
grid.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Concepts from one training seed at the last step: a training picture, the plain prompt from three noises, and prompts with a context. Drag the slider, or use the arrow keys.", "name": "fig-seed-slider"}}
each = {name: figures.columns_of(texts, called[name], noises[:3], contexts=2) for name, texts in prompts.items()}
frames = figures.frames({name: tiles[name] for name in page.pictured}, photos, each, page.labels)
alt = "For each concept a training picture, three pictures of the plain prompt and some with a context, training seed"
slider(frames, seeds, alt, name="Training seed", start=0)

# %% [markdown]
# ## What would count as substantial
#
# This was fixed before any result was seen. Take single pictures of the plain prompt, from every training seed and every noise, and ask the {term}`oracle` of
# the drawn world whether each keeps the concept (**K** of {term}`K, B and C`). The answers vary, and their variance has three parts: what the training seed
# explains (some words are better, whatever the noise), what the noise explains (some noises are lucky for every word), and the rest, which belongs to single
# pictures. Over several concepts, variances are averaged before shares are taken; intervals draw concepts and seeds anew.
#
# The training seed makes a substantial difference if it explains more than {glue:text}`substantial` of that variance: *supported* if the whole interval is
# above, *not supported* if it is below, otherwise *undecided*, as is anything that rests on fewer than {glue:text}`fewest` learned words or
# {glue:text}`fewest_concepts` concepts. On a model without an oracle, {term}`reconstruction` takes its place. {glue:text}`judged`
#
# ## Seed by seed
#
# The lines are the {term}`anchors <anchor>`: what the training pictures themselves would score, and the plain class word.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "One dot a training seed, one group a concept, at the last step: share of pictures in which the oracle finds the concept (left), and concept and context together (right); without an oracle, reconstruction and editability.", "name": "fig-seed-levels"}, "image": {"alt": "Dots for the training seeds of each concept between a line for the training pictures and one for the class word: the height of a group is what the seed changes.", "width": "100%"}}
end = found.summary[found.summary["step"] == found.last].assign(seed=lambda t: t["seed"].map("seed {}".format))
order, values = [f"seed {s}" for s in seeds], KEPT if found.has_oracle else SCORES
levels_between_anchors(end, found.anchors, page.labels, by="seed", order=order, values=values)
plt.show()

# %% [markdown]
# ## Whose variance is it?
#
# The first panel decides. The others ask the same of whether concept and context are both in a picture (B), and of CLIP’s reconstruction and
# {term}`editability`.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Shares of the variance between single pictures at the last step, by outcome: training seed (with 95 % interval), noise common to all seeds, and the rest. Dashed, the mark set beforehand. An estimate below zero is drawn as zero.", "name": "fig-seed-variance"}, "image": {"alt": "Stacked bars, one for each concept and all together, a panel for each outcome: which part of the variance is the training seed\u2019s, against a dashed mark for what is substantial.", "width": "100%"}}
sources = analysis.variance_sources(found.of_pictures(found.last), prompts, seeds)
variance = analysis.shares_by_concept(sources, page.names)
figures.variance(variance, page.labels, SUBSTANTIAL)
plt.show()

# %% [markdown]
# ## How far apart are whole pictures?
#
# An answer sees only one side of a picture. Here pictures are compared as wholes: two words from the same noise, one word from two noises, and, for scale,
# two words from two noises.

# %% tags=["hide-cell"] mystnb={"figure": {"caption": "How far apart two pictures are at the last step (one minus the cosine of the judge\u2019s features): only the training seed differs, only the noise, or both. Mean over concepts with 95 % interval; each dot a concept.", "name": "fig-seed-spread"}, "image": {"alt": "Points with intervals, a panel for the plain prompt and one for prompts in context: how far apart pictures are if the training seed differs, if the noise does, and if both do.", "width": "100%"}}
apart = analysis.pictures_apart(features)
figures.distances(apart, page.labels)
plt.show()

# %% [markdown]
# ## And the learned rows?
#
# Do all seeds end at the same row of numbers? Equal rows have a cosine of one. Their distance, held against how far they came from the initializer, would be
# about {glue:text}`independent` for two directions chosen quite independently, and zero for two equal rows.

# %% tags=["hide-cell"] mystnb={"figure": {"caption": "Cosines between the learned rows of the training seeds at the last step. Left, every pair of the first concept; right, a dot for each pair of each concept.", "name": "fig-seed-rows"}, "image": {"alt": "A matrix of the cosines between the rows of one concept\u2019s training seeds, and a row of dots for each concept: how near to one the cosines of its pairs of seeds lie.", "width": "100%"}}
ends = {(n, step): torch.stack([e.rows[0] for e in learned[n].at(step)]) for n in page.names for step in found.steps}
pairs, cosines = analysis.rows_apart(ends)
figures.learned_rows({name: cosines[name, found.last] for name in page.names}, seeds, page.labels)
plt.show()

# %% tags=["remove-cell"]
shares = {score: analysis.shares(parts)["seed"] for score, parts in sources.items()}
agreed = agreement(found.tables["scores"], {name: texts[0] for name, texts in prompts.items()})
how = dict(oracle=found.has_oracle, mark=SUBSTANTIAL, model=page.model_name)
page.say(
    **page.common("model_name", "n_concepts", "n_seeds", "n_pictures", "n_contexts", "learning_rate"),
    **told.told(shares, found.summary, apart, pairs, agreed, **how),
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **The poster’s claim: the training seed makes a substantial difference. Our verdict: {glue:text}`verdict`.** On {glue:text}`model_name`
# ({glue:text}`among`, {glue:text}`n_pictures` pictures a prompt, {glue:text}`n_contexts` contexts), {glue:text}`why`. The seed’s share of the other
# outcomes: {glue:text}`beside`. {glue:text}`agreement`
#
# What that means: from the worst training seed to the best, {glue:text}`asked` differs by {glue:text}`range` on average over concepts. This is
# {glue:text}`wider` the gain from step {glue:text}`half` to step {glue:text}`last`, {glue:text}`gain`.
#
# Another training seed changes the picture {glue:text}`against` than other noise does: a distance of {glue:text}`between` against {glue:text}`within` for the
# plain prompt, a ratio of {glue:text}`ratio`; in context, {glue:text}`ratio_context`. The learned rows of two seeds have a cosine of {glue:text}`cosine`;
# their distance is {glue:text}`relative` times that from the initializer.
#
# **What to do.** Train a word from more than one seed and keep the best by what it draws; they train side by side at little more than the cost of one.
#
# What it does not show:
#
# - The seed decides the order of pictures, noise, timesteps and prompts in training, all at once. Which of them matters is not taken apart here.
# - The range from worst to best grows with the number of seeds and holds the noise of a limited number of pictures; the shares of variance do neither.
# - With learning rate {glue:text}`learning_rate` and {glue:text}`last` steps. A smaller rate, or averaging over the last steps, may calm the seeds.
# - {glue:text}`n_seeds` seeds and {glue:text}`n_concepts` of the concepts are few for a variance: the intervals are wide, and still on the narrow side.
# - Distances come from one CLIP; the oracle was trained on the world it judges, and can err.
#
# ## Exercise
#
# **The best of five.** You train five words, let each draw a few pictures and keep the one with the highest score. In new pictures it does worse than that
# score. Why, and how would you choose?
#
# :::{dropdown} Solution
# The score of a few pictures holds the luck of their noise, and the best of five is likely to have had some. New pictures have new luck. Let all words draw
# from the same noises, so that this luck is shared, choose by those, and quote the score of other noises.
# :::
#
# ## Appendix: numbers and settings
#
# Every word at the last step: the oracle’s shares, the scores of CLIP, and where the row ended.

# %% tags=["hide-cell"]
analysis.at_the_end(found.summary, found.log, page.labels).style.format("{:.3f}", na_rep="–")

# %% tags=["remove-cell"]
for name, by_seed in tiles.items():  # beside the numbers, the pictures: a row for each training seed
    page.sheet(name, [own[prompts[name][0], n] for own in by_seed.values() for n in noises], len(noises))
claim = told.claim(page.numbers, told.asked_of(shares, oracle=found.has_oracle), noises=len(noises))
tables = dict(variance=variance, spread=apart.table, rows=pairs, agreement=agreed)
page.close(found.tables | tables, [Claim(**claim)], **settings)
step_slider(frames, seeds, name="seed", start=0)  # in Jupyter: the same frames under a widget
