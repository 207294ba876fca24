# %% [markdown]
# # Does the first word matter?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A learned word starts as a copy of an ordinary one, its {term}`initializer`. The poster (its Fig. 3) starts the same building from `building` and from
# `tower` and finds that the choice matters. Here several concepts start from four words each: their own, the nearest other one, a word from far away, and a
# word drawn at random; a concept that the model knows by a name starts from that name’s neighbour too. Do they end in the same place? Do they draw the same
# pictures?

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

# %% tags=["hide-input"]
# %matplotlib inline
import matplotlib.pyplot as plt
from IPython.display import display
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import initializer_ablation as analysis
from study.analysis import initializer_ablation_figures as figures
from study.analysis import initializer_ablation_told as told
from study.analysis import initializer_apart as distance
from study.figures import step_slider
from study.levels import levels_between_anchors
from study.measuring import measure
from study.page import Claim, begin
from study.panels import PIXELS, slider
from study.scores import SCORES, some_of
from study.truth import KEPT, agreement
from study.vocabulary import nearest_ordinary
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images
from textinv_core.learning.tokens import initial_rows, nearest_words

page = begin("initializer_ablation", globals())
prompts, noises, oracle, first = page.prompts(), page.noises, open_oracle(model), page.concepts[0]
called = {c.name: context_prompts(c.kind) for c in page.concepts}
shown = {name: {t: called[name].get(t, "plain") for t in texts[:4]} for name, texts in prompts.items()}
starts, drawn = {}, dict(tokenizer=page.pipe.tokenizer, seed=word_seed)
for c in page.concepts:  # role -> word
    true = initial_rows(page.pipe, c.true_name)[0] if c.true_name else None
    beside = nearest_ordinary(page.pipe, true, but=c.true_name)[0] if c.true_name else None
    starts[c.name] = analysis.first_words(c, alternative, far_word, beside, **drawn)

# %% [markdown]
# All words of a concept that share a training {term}`seed` see the same pictures, noise and timesteps, and draw from the same noise: whatever differs between
# them comes from the first word. What an earlier run, or another page, already made is loaded.

# %% tags=["hide-input"]
settings = dict(batch_size=batch_size, checkpoint_every=min(checkpoint_every, steps))
plans = {name: analysis.planned(words, seeds, control_seeds) for name, words in starts.items()}
asked, how = {}, dict(learning_rate=learning_rate)
for c in page.concepts:
    asked[c.name] = [Arm(c, initializer=starts[c.name][role], seed=s, **how) for role, s in plans[c.name]]
learned = {name: page.store.learn(page.pipe, own, steps=steps, **settings) for name, own in asked.items()}
arms = analysis.arms_table(asked, plans)


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


found = measure(page, learned, look=look, see=lambda pictures, c: sees(oracle, pictures, called[c.name], c.name))
tiles, features, read = ({name: looks[i] for name, looks in found.looks.items()} for i in range(3))
summary, log = analysis.by_role(found.summary, found.log, arms, len(noises))
final = summary[summary["step"] == found.last]
rows = {name: {(s, e.arm): e.rows[0] for s in found.steps for e in words.at(s)} for name, words in learned.items()}
first_arm = {n: {role: distance.ids(arms, n, role)[0] for role in words} for n, words in starts.items()}

# %% [markdown]
# ## What the words draw
#
# Step by step the rows come to look alike, as far as they do. Below, the same for every concept, at a step of your choice.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The first concept from its first words, one training seed, the same noise throughout. Left, training pictures. Numbers: training steps, plain prompt; step 0 is the ordinary word. Right, prompts with a context at the last step.", "name": "fig-init-grid"}, "image": {"alt": "One row of pictures for each first word. At step 0 each row shows another ordinary thing; at the last step all should show the concept of the training pictures at the left. What still differs between rows is what the first word left.", "width": "100%"}}
name, photos = first.name, load_images(first.images, PIXELS)
grid = figures.from_each_word(tiles[name], first_arm[name], starts[name], photos, shown[name], some_of(found.steps, 6))
grid.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Every concept from its first words at one number of training steps: the plain prompt, and a context. Drag the slider, or use the arrow keys.", "name": "fig-init-slider"}}
frames = figures.frames(tiles, first_arm, starts, shown, page.labels, found.steps)
alt = "For each concept and each of its first words the plain prompt and one context, at training step"
slider(frames, found.steps, alt)

# %% [markdown]
# Does it also change how much the pictures vary? Variability is what one sees along a row here: one word, one prompt, different noise.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Pictures of the first concept at the last step, the plain prompt from different noise. A row for each of the two nearest words, the same training seed.", "name": "fig-init-noises"}, "image": {"alt": "Two rows of pictures of one concept, one for each of two first words, a column for each noise: compare the variety along the one row with that along the other.", "width": "100%"}}
two = [(role, pair) for role in ("own", "other") for pair in zip(seeds, distance.ids(arms, name, role, 1), strict=False)]
pictured = {f"{starts[name][role]}\nseed {s}": arm for role, (s, arm) in two}
figures.by_noise(tiles[name], pictured, found.last, prompts[name][0], noises[:8])
plt.show()

# %% [markdown]
# ## What is compared
#
# This was fixed before any result was seen, but for the smallest difference in the first: that was added when three concepts had left it open.
#
# - **Does the first word matter?** Two words that start from the own and the other word with the same training seed draw from the same noise. How far apart
#   are their pictures (one minus the cosine of the judge’s features)? It matters if further than those of two training seeds; by less than half: hardly.
# - **Does it change how much the pictures vary?** The poster’s pair is compared on the first concept, seed by seed. The {term}`smallest effect of interest`
#   is {glue:text}`negligible` of the own word’s variability.
# - **Is one word better?** Each rival minus the own word at the last step: the share of pictures that keep the concept and of those with concept and context
#   (K and B of {term}`K, B and C`), by the {term}`oracle` of the drawn world; without one, {term}`reconstruction` and {term}`editability`.
#   {glue:text}`judged`
#
# A verdict needs an interval clear of the mark and at least {glue:text}`fewest` pairs of words; with fewer, all of them can fall on one side by luck. The
# first question is about concepts in general and also needs {glue:text}`fewest_concepts` of them; the second is the poster’s, of one concept.
#
# ## Does the first word set the pictures apart?

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Left, how far apart pictures from the same noise are: when only the first word differs (upper lines) and when only the training seed does (lowest line). Right, the same for the learned rows, as cosines. Mean over concepts and seeds; filled, at the last step, with 95 % interval; open, before training.", "name": "fig-init-apart"}, "image": {"alt": "Two panels of points, one line for each rival of the own word and one for another training seed. Training brings the pictures of two first words from the open points to the filled ones; a filled point right of the lowest line\u2019s says that the word still sets them apart more than a seed does.", "width": "100%"}}
apart = distance.pairs_apart(arms, features, rows, found.steps)
distances = distance.distances(apart, found.steps)
figures.apart(distances)
plt.show()

# %% [markdown]
# ## Is one word better?
#
# Each dot is a learned word between the two {term}`anchors <anchor>` of its concept.

# %% tags=["hide-cell"] mystnb={"figure": {"caption": "Every learned word at the last step, one group a concept, one colour a first word: share of pictures with the concept (left), and with concept and context (right); without an oracle, reconstruction and editability.", "name": "fig-init-levels"}, "image": {"alt": "Groups of dots for each concept between a line for the training pictures and one for the class word, a colour for each first word: colours that lie apart are words that do better or worse.", "width": "100%"}}
values = KEPT if found.has_oracle else SCORES
named, order = final.assign(start=final["role"].map(distance.CALLED)), list(distance.CALLED.values())
levels_between_anchors(named, found.anchors, page.labels, by="start", order=order, values=values)
plt.show()

# %% [markdown]
# Word against word, the differences are these; right of zero, the rival has more.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Each rival minus the own word at the last step, paired by concept and training seed: mean with 95 % interval (black), and each concept\u2019s own mean (coloured).", "name": "fig-init-contrasts"}, "image": {"alt": "A panel for each outcome and one for variability, a line for each rival word: intervals of the difference from the own word, to be held against zero.", "width": "100%"}}
contrasts = analysis.contrasts(final, found.has_oracle)
parts = {value: analysis.by_concept(final, value) for value in (*values, "variability")}
figures.contrasts(contrasts, parts, page.labels)
plt.show()

# %% [markdown]
# {glue:text}`agreement` The {term}`sign-flip test` is over concepts, with {term}`Holm correction`. With {glue:text}`n_concepts` concepts it can give no
# p-value below {glue:text}`smallest_p`, so the intervals carry the weight here.
#
# ## How far it goes, and what is left of the first word
#
# Does the picture still read as the word it came from? The judge compares it with that word in a plain sentence, and does the same for the pictures of the
# concept’s other words. The difference is what the first word has left behind: zero when the picture reads no more like it than the others do.

# %% tags=["hide-cell"] mystnb={"figure": {"caption": "At the last step, by first word: the way from its row, relative to the length of a median vocabulary row; the cosine to it; and how much more the pictures read as their first word than those of the concept\u2019s other words do (open, before training). Mean over concepts with 95 % interval.", "name": "fig-init-travel"}, "image": {"alt": "Three panels of points with intervals, a line for each first word: how far its row went, its cosine to where it began, and how much its pictures still read as the first word, which should come down from the open points to zero.", "width": "100%"}}
left = distance.left_over(arms, features, read)
figures.what_is_left(log, left)
plt.show()

# %% tags=["remove-cell"]
agreed = agreement(found.tables["scores"], {name: texts[0] for name, texts in prompts.items()})
poster = dict(first=first.name, called=page.labels[first.name], words=starts[first.name])
page.say(
    **page.common("model_name", "n_concepts", "n_seeds", "n_pictures", "n_contexts", "learning_rate"),
    **told.told(apart, final, contrasts, log, left, agreed, oracle=found.has_oracle, model=page.model_name, **poster),
    n_control=f"{len(seeds[:control_seeds])}",
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
# {glue:text}`clear_contrasts`
#
# The rows travel: by step {glue:text}`last`, {glue:text}`way_own` times the length of a median vocabulary row from the own word and {glue:text}`way_far`
# times from the far one. {glue:text}`met`. How much more a picture reads as its first word than the concept’s other pictures do: for the own word
# {glue:text}`left_own`; for the far word {glue:text}`left_far`.
#
# **What to do.** Start from the plain class word; when a better one comes to mind, try both for a few hundred steps and compare what they draw.
#
# What it does not show:
#
# - “Other” and “far” are our choice of words, one of each a concept. With other words the differences may be larger or smaller.
# - Own and other word were trained with {glue:text}`n_seeds` seeds, the far and the random word with {glue:text}`n_control`. Bootstrap intervals from so few
#   seeds and concepts are on the narrow side.
# - At step {glue:text}`last`, learning rate {glue:text}`learning_rate`. Longer training may bring the rows together, or not.
# - Distances and scores come from one CLIP, {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts. A difference that it does not see
#   is not in these numbers.
#
# ## Exercise
#
# **A yardstick.** Why are two first words held against two training seeds of one word, and not against zero?
#
# :::{dropdown} Solution
# Because two trainings never end in the same place, whatever they start from: their pictures are some way apart even when nothing was exchanged on purpose.
# Against zero every first word would “matter”. The question is whether it matters more than the luck that comes with any training.
# :::
#
# ## Appendix: numbers and settings
#
# All differences from the own word, and the ordinary words to which the learned rows are closest at the last step (first training seed, cosine in brackets).

# %% tags=["hide-cell"]
ends = {(name, role): rows[name][found.last, arm] for name, of_role in first_arm.items() for role, arm in of_role.items()}
near = {key: nearest_words(page.pipe, row[None], k=3)[0] for key, row in ends.items()}
display(told.contrast_table(contrasts), told.nearest_table(near, starts, page.labels))

# %% tags=["remove-cell"]
for name, of_role in first_arm.items():  # beside the numbers, the pictures: a row for each first word
    own = [tiles[name][arm, step, prompts[name][0], 0] for arm in of_role.values() for step in found.steps]
    page.sheet(name, own, len(found.steps))
excess = distance.word_against_seed(apart, "other", found.last)["excess"]
varies = analysis.of_pair(final[final["concept"] == first.name])["variability"]
claims = [Claim(**claim) for claim in told.claims(page.numbers, excess, varies, noises=len(noises))]
tables = dict(agreement=agreed, distances=distances, contrasts=contrasts, left_over=left, arms=arms.reset_index())
page.close(found.tables | tables, claims, **settings, words=starts)
step_slider(frames, found.steps)  # in Jupyter: the same frames under a widget
