# %% [markdown]
# # What can one word not learn?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A learned word is one row in a table; the network that draws stays as it is. So it should be able to call up what the network can draw already, and nothing
# else. Here are two kinds of concepts: some that the drawing programs of the model’s world could have made, though it never saw them, and *strangers* that no
# program of that world makes. Beside the word stands {term}`DreamBooth` {cite:p}`ruiz2023`, which changes the network itself.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "sky_castle", "leaf_robot", "merry_man", "elder_tree", "nova_hall", "wooden_figurine", "jolly_man"]  # [names or folders] what to learn
strangers: list[str] = ["elder_tree", "nova_hall", "wooden_figurine", "ember_style", "jolly_man", "plum_beast", "bubble_car", "comet_cake"]  # [names] which of them nothing in the world draws
initializer: str = ""  # [word] where learning starts; empty: each concept's own
as_chosen: bool = False  # [yes or no] take learning rate, steps and guidance from the page on settings, where it was run
learning_rate: float = 0.01  # [per update] Adam's step size for a word
steps: int = 500  # [updates] length of training of a word
dreambooth_steps: int = 150  # [updates] length of DreamBooth's fine-tuning
dreambooth_learning_rate: float = 0.0002  # [per update] AdamW's step size for the network
class_pictures: int = 16  # [pictures] of the class, drawn beforehand for DreamBooth
identifier: str = ""  # [token] DreamBooth's rare token; empty: by rule
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
batch_size: int = 4  # [pictures] per update
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn for each prompt
contexts: int = 6  # [prompts] how many contexts are asked for
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
import matplotlib.pyplot as plt
import pandas as pd
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import near_and_far as analysis
from study.analysis import near_and_far_figures as figures
from study.analysis.near_and_far import DB, FAR, NEAR, SD, TI
from study.analysis.near_and_far_told import told
from study.contrasts import as_claims, contrast_table, decided
from study.page import Claim, begin
from study.tuning import drawn_by_tuned, identifier_of
from study.wording import counted
from textinv_core.evaluation.metrics import evaluate
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts

page = begin("near_and_far", globals())
prompts, oracle = page.prompts(), open_oracle(model)
tiles, parts = [], []
for c in page.concepts:
    texts, arms = prompts[c.name], [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds]
    words = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size)
    tables = [page.draw(word, texts).assign(method=TI, train_seed=s) for s, word in zip(seeds, words.at(), strict=True)]
    tables.append(drawn_by_tuned(page, c, texts).assign(method=DB, arm="dreambooth", train_seed=seeds[0]))
    tables.append(page.draw_plain(c, texts).assign(method=SD, train_seed=seeds[0]))
    pictures = pd.concat(tables, ignore_index=True)
    is_plain, group = pictures["prompt"] == texts[0], FAR if c.name in strangers else NEAR
    seen = sees(oracle, pictures, context_prompts(c.kind), c.name)
    parts.append(evaluate(pictures, c, page.judge).join(seen).assign(group=group, is_plain=is_plain))
    tiles += figures.tiles_of(c, group, pictures[is_plain & (pictures["train_seed"] == seeds[0])])
pictures = pd.concat(parts, ignore_index=True).rename(columns={"seed": "image", "train_seed": "seed"})
shares = analysis.shares_of(pictures, {name: texts[0] for name, texts in prompts.items()})

# %% [markdown]
# ## The pictures side by side

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One noise, one training seed. Above, concepts of the model’s world; below, strangers. Rows: a training picture, the plain model with the class word, the learned word and DreamBooth, all from the plain prompt.", "name": "fig-near-pictures"}, "image": {"alt": "Two grids of small pictures with a column for each concept. What the word could learn looks like the training picture above it; look for it in the upper grid and miss it in the lower one.", "width": "100%"}}
figures.side_by_side(tiles).savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## Concept by concept
#
# {glue:text}`n_near` concepts of the model’s world and {glue:text}`n_far` strangers; a word after {glue:text}`steps` steps with {glue:text}`seeds_said`,
# DreamBooth after {glue:text}`dreambooth_steps` steps from the first seed, called by “{glue:text}`token`” before the {term}`class word`. K, the
# concept is kept in plain pictures; C, the context is there; B, both in one picture ({term}`K, B and C`). {glue:text}`judged_by`

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Left, K of the learned word and of DreamBooth, a pair of dots a concept, in the world above and strangers below. Right, C against K: a dot a concept and method, open for strangers.", "name": "fig-near-rates"}, "image": {"alt": "Left, two dots for each concept joined by a line: the longer the line, the more one method keeps than the other. Right, a scatter plot of kept context against kept concept.", "width": "100%"}}
figures.rates(shares, page.labels)
plt.show()

# %% [markdown]
# ## Four questions, named beforehand
#
# Each has {glue:text}`smallest` as its {term}`smallest effect of interest`.
#
# - Does the word keep concepts of the world better than strangers? If DreamBooth shows a gap as wide, it is one of reading, not of learning.
# - Does DreamBooth keep strangers that the word does not?
# - Within the world, does the word do as well as DreamBooth?
# - Over all concepts, does the word keep more of the sentence (C)?

# %%
primary = decided(analysis.QUESTIONS, *analysis.contrasts(pictures, shares))
contrast_table(primary)

# %% tags=["remove-cell"]
numbers = analysis.by_group(shares)
by_clip = "This model has no oracle, so they stay open: only CLIP’s reading is there."
page.say(
    **page.common("seeds_said", "n_pictures", "n_contexts", "steps", "dreambooth_steps", "settings_from"),
    **told(numbers, primary, analysis.agreement(shares, (TI, DB)), page.model_name),
    token=identifier_of(page),
    judged_by="All three are read by the oracle." if oracle else by_clip,
)

# %% [markdown]
# ## What this shows, and what it does not
#
# The verdicts stand in the table above. Kept in plain pictures: {glue:text}`kept`.
#
# **What to do.** Ask first whether the model could draw the thing if only it had a name for it. If so, a word will do; if not, no length of training helps a
# word, and the network has to change.
#
# What it does not show: how wide the gap really is, since a stranger is read generously, by the member of the world that its own pictures resemble most; what
# a longer or better tuned DreamBooth would do (here {glue:text}`dreambooth_steps` steps, one training seed, settings looked for briefly; the word has
# {glue:text}`steps`, {glue:text}`settings_from`); or other concepts than these, with {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts`
# contexts.
#
# ## Exercise
#
# Would a stranger be learned if one only trained longer? Take one of each kind and give them four times the steps:
# `papermill notebooks/near_and_far.ipynb out.ipynb -y 'concepts: [elder_tree, violet_cloud]' -p steps 2000`
#
# :::{dropdown} Solution
# Compare the stranger’s dot with the one above. If it stays, the row has gone where it could, and what is missing is missing in the network. If it moves up,
# the length was the limit after all. The concept of the world beside it tells the two apart: it should have been done long before.
# :::
#
# ## Appendix: numbers and settings
#
# Means over concepts. Over concepts and the two methods, K and CLIP’s likeness have a rank correlation of {glue:text}`agreement`.

# %% tags=["hide-cell"]
analysis.group_table(numbers)

# %% tags=["remove-cell"]
n = f"{counted(len(seeds), 'training seed')}, {counted(images_per_prompt, 'picture')} a prompt"
claims = [Claim(**fields) for fields in as_claims(analysis.QUESTIONS, primary, n)]
tables = dict(scores=pictures, shares=shares, numbers=numbers.reset_index(), primary=primary.reset_index())
page.close(tables, claims, identifier=identifier_of(page))
