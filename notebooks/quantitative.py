# %% [markdown]
# # What does the word buy, and what does it cost?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# The poster’s Table 1 gives two numbers for plain Stable Diffusion and two for Textual Inversion: {term}`reconstruction` rises from “0.7622” to “0.8077”,
# {term}`editability` falls from “0.2639” to “0.1611”. It does not say over how many pictures, by which CLIP, or how the prompt was read. Here the table is
# made again for several concepts and training {term}`seeds <seed>`, with intervals, and with neighbours.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
clip: str = ""  # [name] the CLIP whose text half is the model's text encoder; empty: by rule
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["violet_cloud", "coral_cap", "sky_castle", "amber_hall", "plum_cat", "lime_pup", "blue_racer", "sun_bubble", "leaf_robot", "star_cupcake", "merry_man", "tea_girl", "moss_style", "glow_style", "known_tree", "known_building", "known_creature", "known_figurine"]  # [names or folders] what to learn
development: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake"]  # [names] concepts whose results were looked at to choose settings
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 500  # [updates] length of training of a word
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size for a word
batch_size: int = 4  # [pictures] per update
kl_weight: float = 0.0  # [lam] weight of the KL term; zero: the one that kl_tradeoff chose
dreambooth_steps: int = 300  # [updates] length of DreamBooth's fine-tuning; zero leaves it out
dreambooth_learning_rate: float = 0.0002  # [per update] AdamW's step size for the network
class_pictures: int = 48  # [pictures] of the class, drawn beforehand for DreamBooth
identifier: str = ""  # [token] DreamBooth's rare token; empty: by rule
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn for each prompt
contexts: int = 6  # [prompts] how many contexts editability is measured in
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
import numpy as np
import pandas as pd
from IPython.display import display
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import quantitative as analysis
from study.analysis import quantitative_figures as figures
from study.analysis import quantitative_readings as reading
from study.analysis import quantitative_told as told
from study.analysis import quantitative_traps as traps
from study.analysis.quantitative import COPY, DB, KL, SD, TI, TRUE
from study.analysis.quantitative_traps import EMPTY, SMEAR
from study.earlier_pages import chosen_kl_weight
from study.page import Claim, begin
from study.panels import PIXELS
from study.truth import agreement, agreement_said, known, seen_beside
from study.tuning import drawn_by_tuned, identifier_of
from textinv_core.evaluation.metrics import evaluate, image_only
from textinv_core.evaluation.probes import open_clip
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import class_phrase, context_prompts, load_images
from textinv_core.learning.tokens import save_embedding
from textinv_core.paths import DATA

page = begin("quantitative", globals())
prompts, phrases = page.prompts(), {c.name: context_prompts(c.kind) for c in page.concepts}
plain, oracle = {name: texts[0] for name, texts in prompts.items()}, open_oracle(model)
own_clip, about_clip = open_clip(page.pipe, model, clip)
named = [c.name for c in page.concepts if c.true_name]
reported = [name for name in page.names if name not in (*development, *named)] or page.names
kl_weight, weight_from = chosen_kl_weight(profile, kl_weight)
weights, token = {TI: 0.0, KL: kl_weight}, identifier_of(page)
published, poster, poster_ratio = reading.read_published(DATA / "published.yml", SD, TI)

# %% tags=["hide-input"]
drawn, words, parts, read = {}, {}, [], []
for c in page.concepts:
    texts, where = prompts[c.name], [(method, s) for method in weights for s in seeds]
    arms = [Arm(c, seed=s, learning_rate=learning_rate, kl_weight=weights[method]) for method, s in where]
    words[c.name] = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size).at()
    tables = [image_only(c, texts, page.side).assign(method=COPY), page.draw_plain(c, texts).assign(method=SD)]
    tables += traps.tempting(page.draw, load_images(c.images, page.side), texts)
    if c.true_name:
        tables.append(page.draw(None, texts, word=c.true_name).assign(method=TRUE, arm="true_name"))
    for word, (method, s) in zip(words[c.name], where, strict=True):
        tables.append(page.draw(word, texts).assign(method=method, train_seed=s))
    if dreambooth_steps:
        tables.append(drawn_by_tuned(page, c, texts).assign(method=DB, arm="dreambooth", train_seed=seeds[0]))
    own = drawn[c.name] = pd.concat(tables, ignore_index=True)
    seen = seen_beside(evaluate(own, c, page.judge), sees(oracle, own, phrases[c.name], c.name))
    parts.append(seen.assign(is_plain=seen["prompt"] == texts[0]))
    fills = {"plain": (class_phrase(c), [])} | {word.arm: (word.placeholder, [word]) for word in words[c.name]}
    read.append(reading.shown_the_token(own[own["method"].isin([SD, TI])], fills, page.judge, own_clip))
scores = pd.concat(parts, ignore_index=True).rename(columns={"seed": "image", "train_seed": "seed"})
found = analysis.compare(scores, plain, seeds, reported, named)
trapped = analysis.numbers_of(found.summary, [SD, TI, EMPTY, SMEAR], reported)
agreed = agreement(scores[scores["method"].isin(found.methods[:-1])], plain)
both = scores[scores["method"].isin([SD, TI])].reset_index(drop=True).join(pd.concat(read, ignore_index=True))
readings = reading.ratios(both, SD, TI, seeds, poster_ratio)
first = {name: t[(t["seed"] == 0) & t["train_seed"].isin([seeds[0], np.nan])] for name, t in drawn.items()}
shown = {name: t[t["method"].isin(found.methods[:-1])] for name, t in first.items()}

# %% [markdown]
# ## The pictures behind the numbers
#
# *SD*: the plain model with the {term}`class word`. *SD + TI*: a learned word. *SD + TI + KL*: one learned with the {term}`KL term`, at a weight of
# {glue:text}`kl_weight` ({glue:text}`weight_from`). {term}`DreamBooth` {cite:p}`ruiz2023`: the network fine-tuned for {glue:text}`dreambooth_steps` steps and
# called by a rare token, here “{glue:text}`token`”. *True name*: the word by which the model has always known some concepts.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "A few concepts, one noise, one training seed; for each the plain prompt and a prompt with a context. Rows: a training picture, then each method.", "name": "fig-quant-pictures"}, "image": {"alt": "A grid of small pictures with two columns for each concept, its plain prompt and a prompt with a context; below a row of training pictures a row for the plain model, the learned word, the word with KL and DreamBooth. A method that works shows the training picture\u2019s thing in both columns, and the context in the second.", "width": "100%"}}
some = {c.name: c for c in figures.one_of_each(page.concepts)}
photos = {name: load_images(c.images[:1], PIXELS)[0] for name, c in some.items()}
heads = {n: {t: f"{page.labels[n]}\n{phrases[n].get(t, 'plain')}" for t in prompts[n][:2]} for n in some}
figures.pictures(shown, photos, heads).savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## Does likeness rise, and does obedience fall?
#
# The {term}`oracle` of the drawn world says of each picture whether the concept is kept, the context there, and both ({term}`K, B and C`). DreamBooth’s
# learning rate and the KL weight were looked for on the development concepts ({glue:text}`development`), so whatever concerns them uses other concepts only.
# Named before looking, four **primary contrasts**. The poster claims two scores of CLIP, so these judge it (placeholder deleted, as in the paper); the note
# claims what the oracle can see:
#
# - SD + TI minus SD: does reconstruction rise, does editability fall? ({term}`Smallest effect of interest <smallest effect of interest>`
#   {glue:text}`smallest_cosine`.)
# - SD + TI + KL minus SD + TI: do B and C rise? (Smallest effect {glue:text}`smallest_share` of the pictures; without an oracle, editability and
#   reconstruction.) {glue:text}`judged`
#
# Each has a 95 % interval and a one-sided {term}`sign-flip test` over concepts. It is *supported* when the interval lies on its side of zero and p, after the
# {term}`Holm correction` over the four, is at most {glue:text}`level`; *not supported* when the whole interval falls short of the smallest effect; else, and
# under {glue:text}`fewest_concepts` concepts, *undecided*. A handful of concepts cannot reach such a p, whatever their intervals.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The four primary contrasts: each concept\u2019s paired difference (dots; open, a development concept) and the mean with its 95 % interval (bar).", "name": "fig-quant-contrasts"}, "image": {"alt": "Four rows around a line at zero: reconstruction and editability of the learned word minus the plain model\u2019s, then what the KL term adds. Dots are concepts, bars the intervals: a bar clear of the line is a change.", "width": "100%"}}
figure = figures.contrasts(found.primary, found.by_concept, development, share=known(scores))

# %% [markdown]
# ## The table, made again
#
# Means over the concepts not used to choose anything; the true name’s over those that have one. *Image-only* are the training pictures as if they had been
# drawn, the ceiling of likeness; SD, the ceiling of obedience ({term}`anchor`). {glue:text}`agreement`

# %%
told.short_table(found.numbers)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Reconstruction against editability (placeholder deleted). Left, this run: small dots are concepts, large ones the means with 95 % intervals. Right, the published numbers, on their own axes: another CLIP, other prompts, photographs. Arrows lead from the plain model to Textual Inversion.", "name": "fig-quant-plane"}, "image": {"alt": "Two scatter plots of editability against reconstruction, this run\u2019s and the published one. In each an arrow leads from the plain model to Textual Inversion: to the right where likeness is bought, downward where obedience is paid.", "width": "100%"}}
figure = figures.plane(found.numbers, analysis.points(found.summary, page.names), published, poster)

# %% [markdown]
# ## Can a bad picture score well?
#
# With the {term}`placeholder` deleted from the text, a picture that leaves the subject out fits it all the better; and a blurred mean of the training
# pictures resembles them all. {glue:text}`traps_said` So neither score decides alone here.

# %% tags=["hide-cell"] mystnb={"figure": {"caption": "The first concept, one noise: the plain prompt at the left, then prompts with a context. *No subject*: the plain model, the subject left out of the prompt. *Smear*: the mean of the training pictures, blurred, offered for every prompt.", "name": "fig-quant-traps"}, "image": {"alt": "Three rows of small pictures: what the learned word draws; scenes with nothing in them; one and the same smear for every prompt. Nobody would call the last two rows pictures of the concept, yet each has a score that likes it.", "width": "70%"}}
name = page.names[0]
figure = figures.traps(first[name], {text: phrases[name].get(text, "plain") for text in prompts[name][:4]})

# %% tags=["hide-cell"]
told.short_table(trapped)

# %% [markdown]
# ## Which reading of “editability” gives a fall like the poster’s?
#
# The poster’s editability falls to {glue:text}`poster_ratio` of the plain model’s. Here is the same ratio under each reading: three texts, two averagings,
# with and without the plain prompt among the contexts; and three that a hurried measurement can slip into. *Raw token*: the placeholder is left in the
# judge’s text. *Own CLIP*: the word is read by the CLIP it was trained in, at the end of the text; *trap*: at the highest token id, which is the placeholder,
# so that {ref}`the context is never seen <method>`. The outcome: {glue:text}`readings_said`. Without those three, it lies at {glue:text}`honest_span`.

# %% tags=["hide-cell"] mystnb={"figure": {"caption": "Editability of SD + TI as a share of SD\u2019s under each reading, with 95 % intervals over all concepts and training seeds. Orange, readings that are shown the token itself. Dashed, the poster\u2019s share; shaded, what we call near it; dotted, no fall.", "name": "fig-quant-readings"}, "image": {"alt": "A row for each reading of editability with a dot and an interval for the ratio of Textual Inversion to the plain model: how far it falls depends on how the text is read. A dashed line marks the poster\u2019s ratio.", "width": "100%"}}
figure = figures.readings(readings, poster_ratio)

# %% tags=["remove-cell"]
page.say(
    **page.common("model_name", "n_concepts", "seeds_said", "n_pictures", "n_contexts", "steps", "dreambooth_steps"),
    **told.told(found, page.parameters, reported=reported, named=named, poster=poster),
    verdict_short=f"On {page.model_name}, {told.answer(found.verdicts, found.numbers)}",
    agreement=agreement_said(agreed),
    traps_said=traps.traps_said(trapped, TI),
    poster_ratio=f"{poster_ratio:.2f}",
    readings_said=reading.readings_said(readings, poster_ratio),
    honest_span=reading.honest_span(readings),
    **dict(about_clip=about_clip, token=token, kl_weight=f"{kl_weight:g}", weight_from=weight_from),
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **The poster’s Table 1, reconstruction rises with Textual Inversion: {glue:text}`verdict_reconstruction`.** On {glue:text}`model_name` it
# {glue:text}`said_reconstruction`.
#
# **The poster’s Table 1, editability falls with it: {glue:text}`verdict_editability`.** Here it {glue:text}`said_editability`.
#
# **The KL term keeps the word usable in sentences: {glue:text}`verdict_kl`.** Against the word without it: {glue:text}`said_kl`. Beside it,
# {glue:text}`said_kl_beside`.
#
# **What to do.** Judge a word by whether its concept and the context are in one picture, and look at the pictures: a single score can be had without either.
#
# What it does not show:
#
# - One setting each: {glue:text}`steps` steps, one KL weight. Two points are no trade-off curve; a word stopped earlier may do as well as a leashed one.
# - DreamBooth is shown for orientation: its settings were looked for briefly, and it changes every weight of the network.
# - Cosines of one CLIP and an oracle trained on the world it judges, {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts.
# - A reading that comes near the poster’s share could have produced it; that is no evidence that it did.
# - {glue:text}`n_concepts` concepts, {glue:text}`n_reported` of them not used to choose anything, and {glue:text}`seeds_said` are a small sample.
#
# ## Exercise
#
# It is tempting to make one number of two: multiply reconstruction by editability. Do so for both rows of the poster’s table. Which comes out ahead, and what
# is wrong with that?
#
# :::{dropdown} Solution
# {glue:text}`poster_products`: the model that has never seen the concept wins, because the product follows whichever score varies more. That is why [the page
# on one score](harmony.ipynb) first turns each cosine into a rank against pictures of other things.
# :::
#
# ## Appendix: numbers
#
# All scores with 95 % intervals over concepts and training seeds (*mean*, of the pictures’ cosines; *of mean*, the cosine of the mean picture feature); the
# four contrasts; what others published, of which only the directions compare. {glue:text}`true_name_said`. {glue:text}`beside`. The own CLIP:
# {glue:text}`about_clip`.

# %% tags=["hide-cell"]
display(told.number_table(found.numbers), told.contrast_table(found.primary), told.published_table(published))

# %% tags=["remove-cell"]
for name, table in shown.items():  # beside the numbers: the pictures, and the word for any diffusers pipeline
    page.sheet(name, list(table["image"]), len(prompts[name]))
    save_embedding(words[name][0], page.folder / name)
claims = [Claim(**row, primary=True) for row in told.claim_rows(found, page.numbers["sizes"])]
tables = dict(scores=scores, summary=found.summary, primary=found.primary.reset_index(), numbers=found.numbers)
tables |= dict(readings=readings, agreement=agreed, traps=trapped)
page.close(tables, claims, kl_weight=kl_weight, identifier=token)
