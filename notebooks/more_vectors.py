# %% [markdown]
# # Is one vector enough?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A learned word is one {term}`vector`, one row of numbers, and the network, which never changes, must get everything about the concept from it.
# Is that too little to say it with? A word may also stand for several rows, which the text encoder reads one after another. So the same
# concepts are learned here with words of different length: all their rows start at the same {term}`initializer`, with the same steps, pictures and noise.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "leaf_robot", "merry_man", "plum_cat", "moss_style"]  # [names or folders] what to learn
vectors: list[int] = [1, 2, 4, 8]  # [rows] how many a word stands for; the shortest is what the others are compared with
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 500  # [updates] length of training
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn of each word for each prompt
contexts: int = 4  # [prompts] how many contexts editability is measured in
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
import pandas as pd
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import more_vectors as analysis
from study.analysis import more_vectors_figures as figures
from study.analysis.more_vectors_told import claims, told
from study.page import Claim, begin
from study.panels import PIXELS
from study.truth import agreement, known, seen_beside
from study.wording import counted
from textinv_core.evaluation.metrics import evaluate, image_only
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, load_images
from textinv_core.learning.tokens import save_embedding

page = begin("more_vectors", globals())
prompts, oracle, lengths = page.prompts(), open_oracle(model), sorted(vectors)
plain = {name: texts[0] for name, texts in prompts.items()}

# %% tags=["hide-input"]
tiles, scores, anchors, log = [], [], [], []
for c in page.concepts:
    arms = [Arm(c, seed=s, vectors=n, learning_rate=learning_rate) for s in seeds for n in lengths]
    words, texts = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size), prompts[c.name]
    pictures = page.draw(words.at(), texts)
    seen = sees(oracle, pictures, context_prompts(c.kind), c.name)
    scores.append(seen_beside(evaluate(pictures, c, page.judge), seen))
    anchors += [evaluate(end, c, page.judge) for end in (image_only(c, texts, page.side), page.draw_plain(c, texts))]
    log.append(words.log)
    first = dict(zip(words.ids, lengths, strict=False))  # the words of the first training seed are kept and shown
    shown = pictures[pictures["arm"].isin(list(first)) & (pictures["seed"] == 0)]
    tiles.append(shown.assign(concept=c.name, vectors=shown["arm"].map(first)))
    page.sheet(c.name, list(shown["image"]), len(texts))
    for word in words.at()[: len(lengths)]:
        save_embedding(word, page.folder / c.name / counted(len(word.rows), "vector").replace(" ", "_"))
tiles, scores, anchors, log = (pd.concat(parts, ignore_index=True) for parts in (tiles, scores, anchors, log))
anchors, summary = analysis.of_words(scores, anchors, log, plain, steps)

# %% [markdown]
# ## What do words of each length draw?
#
# The first training {term}`seed` and the first noise, none chosen. Left the plain prompt, right one with a context, named at its right.

# %% mystnb={"figure": {"caption": "A training picture, and what words of more and more vectors draw from the same noise: left for the plain prompt, right for a prompt with a context, named at the right.", "name": "fig-vectors-grid"}, "image": {"alt": "Two grids of small pictures, a row for each concept, a column for each number of vectors. Left, after a training picture, the plain prompt: look whether longer words come closer to the training picture. Right, a prompt with a context: look whether the context is still there when the word is long.", "width": "100%"}}
photos = {c.name: load_images(c.images[:1], PIXELS)[0] for c in page.concepts}
contexts_said = {c.name: context_prompts(c.kind).get(prompts[c.name][:2][-1], "") for c in page.concepts}
grid = figures.drawn(tiles, photos, prompts, page.labels, contexts_said)
grid.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## What is compared
#
# Named before looking at the numbers: **words of the most vectors minus words of the fewest**, of the same concept and training seed, on two
# outcomes ({term}`K, B and C`): the {term}`oracle` of the drawn world says in which share of the plain prompt’s pictures the concept is kept (**K**), and
# in which share of the others the context is there (**C**). A longer word is *better at likeness* if the first difference lies clearly above zero,
# and *costs obedience* if the second lies clearly below, both after {term}`Holm correction`. Less than {glue:text}`points` of the pictures
# is too little to matter ({term}`smallest effect of interest`); fewer than {glue:text}`fewest_concepts` concepts decide nothing. Beside them stand both in
# one picture (**B**) and CLIP’s {term}`reconstruction` and {term}`editability`, on the scale of the {term}`anchors <anchor>`; they decide where there is no
# oracle. {glue:text}`judged`
#
# ## Does a longer word show more, and hear less?

# %% mystnb={"figure": {"caption": "By the number of vectors, mean over concepts with its 95 % interval. Left, the oracle\u2019s shares of pictures: concept kept (K), context there (C), both in one (B). Right, CLIP\u2019s scores of the same pictures on the anchors\u2019 scale.", "name": "fig-vectors-curves"}, "image": {"alt": "Two plots against the number of vectors. Left, three shares of pictures: where K rises to the right, longer words draw the concept more faithfully; where C falls, they hear the sentence less. Right, reconstruction and editability, the same two questions as CLIP answers them.", "width": "100%"}}
curves = figures.by_length(summary, lengths)

# %% [markdown]
# Each length against the shortest, {glue:text}`n_shortest`: means, their paired difference and its 95 % interval. {glue:text}`agreement`

# %%
primary, found = analysis.judged_by(known(scores)), analysis.changes(summary, lengths)
contrasts = analysis.contrasts(summary, lengths, primary, found)
analysis.contrast_table(contrasts)

# %% [markdown]
# ## Where do the rows go?
#
# A longer word need not go as far, for its rows share the work. Means over a word’s rows, after training:

# %%
analysis.moved_table(summary)

# %% tags=["remove-cell"]
agreed = agreement(scores, plain)
size = f"{counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt"
said = told(page.model_name, summary, lengths, primary, found, contrasts, agreed, size)
page.say(**page.common("model_name", "n_concepts", "steps", "learning_rate"), **said)

# %% [markdown]
# ## What this shows, and what it does not
#
# On {glue:text}`model_name` ({glue:text}`sample`), with {glue:text}`longest` vectors instead of {glue:text}`shortest`, {glue:text}`told_likeness`;
# {glue:text}`told_obedience`. **A longer word is more like the concept: {glue:text}`verdict_likeness`. It hears the rest of the sentence less:
# {glue:text}`verdict_obedience`.**
#
# **What to do.** Begin with one vector. Take more if you do not find your concept in what it draws, and then look at the contexts again.
#
# What it does not show:
#
# - All words had {glue:text}`steps` steps at a learning rate of {glue:text}`learning_rate`. Every row moves at that rate, so a longer word covers more ground
#   in a step. It also takes more of the sentence’s places in the text encoder, and leaves fewer to what is said beside it.
# - Both primary outcomes are known of {glue:text}`n_judged` of {glue:text}`n_concepts` concepts. With these the {term}`sign-flip test` can give no p below
#   {glue:text}`smallest_p`, before the correction. Each word drew few pictures, and nobody was asked which they prefer.
#
# ## Exercise
#
# More rows, or more ground? A longer word moves more rows in each step. Give the short word the same chance: run this page again with four times the
# steps, and set the shortest word’s numbers beside the longest one’s above. Which explanation do they speak for?
#
# :::{dropdown} Solution
# ```bash
# papermill notebooks/more_vectors.ipynb out.ipynb -p steps 2000 -y 'vectors: [1, 2]'
# ```
#
# If K of the short word catches up, the longer word was only faster, and [patience](step_ablation.ipynb) buys its likeness. If K stays behind although the
# row has gone further (see the table above), one row does not hold what the concept needs. Look at C both times: the sentence may have paid for it.
# :::
#
# ## Appendix: numbers and settings
#
# Every length and outcome: both means, the difference with its 95 % interval, and the corrected p of the two primary ones.

# %% tags=["hide-cell"]
analysis.full_table(contrasts)

# %% tags=["remove-cell"]
tables = dict(scores=scores, anchors=anchors, summary=summary, contrasts=contrasts, agreement=agreed)
page.close(tables, [Claim(**claim) for claim in claims(said, primary)], vectors=lengths)
