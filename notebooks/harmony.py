# %% [markdown]
# # Which picture of the batch is best?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A good picture of a learned word shows the thing *and* does what the rest of the sentence says. Two cosines measure the two, but what is their sum worth?
# {term}`Harmony <harmony>` reads each beside a {term}`null` first: the share of pictures that cannot be right and yet score less ({ref}`how <measures>`).
# This page asks whether that ranks pictures better, where the right order is known.

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
other_judge: str = ""  # [name] a second CLIP, to see what hangs on the judge; empty: the pocket model's text CLIP, or none
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake", "violet_cloud", "sky_castle", "plum_cat", "blue_racer", "leaf_robot", "star_cupcake", "merry_man", "moss_style"]  # [names or folders] what to rank
development: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake"]  # [names] those of `concepts` that settings were chosen on; the others are reported
initializer: str = ""  # [word] where learning starts; empty: each concept's own
steps: int = 500  # [updates] length of training
seeds: list[int] = [0]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
contexts: int = 4  # [prompts] how many contexts pictures are ranked in, two or more
constructed: int = 8  # [pictures] constructed for each case of known order and each prompt
through_vae: bool = True  # [yes or no] pass constructed pictures through the model's autoencoder, as its own are
null_pictures: int = 240  # [pictures] of other prompts in each null, 200 or more
batch: int = 32  # [pictures] drawn of each learned word for each prompt, to choose the best of
fewest_accepted: int = 30  # [pictures] that the oracle must accept before picks are compared
own_prompt: str = ""  # [prompt] with {} for the concept: what the last figure ranks; empty: the first context
own_pictures: int = 16  # [pictures] that the last figure ranks
num_inference_steps: int = 20  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
from functools import partial

import pandas as pd
from pocket_world.oracle.constructed import known_order
from pocket_world.oracle.witness import open_oracle, sees
from pocket_world.training.vae import there_and_back

from study.analysis import harmony as analysis
from study.analysis import harmony_figures as figures
from study.analysis import harmony_told as told
from study.analysis.harmony_asked import asked, known_cases
from study.analysis.harmony_pictures import best_first, best_pictures, one_of_each
from study.page import POCKET, Claim, begin
from study.scorer import open_scorer
from textinv_core.evaluation.judges import load_judge
from textinv_core.evaluation.nulls import OWN_SEED
from textinv_core.files import write_image
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts
from textinv_core.paths import MODELS

page, oracle = begin("harmony", globals()), open_oracle(model)
plan = asked({c.name: context_prompts(c.kind) for c in page.concepts}, development, contexts, own_prompt, null_pictures)
second = other_judge or (str(MODELS / "pocket_clip") if model == POCKET and (MODELS / "pocket_clip").is_dir() else "")
judges = {"the judge": page.judge} | ({"another CLIP": load_judge(second)} if second else {})

# %% tags=["hide-input"]
scorers, learned, drawn, shown = {}, {}, [], []
for c in page.concepts:
    for called, clip in judges.items():
        scorers[called, c.name] = open_scorer(page, c, clip, called, plan.known[c.name], plan.own_phrase, null_pictures)
    arms = [Arm(c, seed=s, learning_rate=learning_rate) for s in seeds]
    learned[c.name] = page.store.learn(page.pipe, arms, steps=steps, batch_size=batch_size)
    for s, word in zip(seeds, learned[c.name].at(), strict=True):
        pictures = page.draw(word, plan.tested[c.name], range(batch))
        rows = scorers["the judge", c.name](pictures).rename(columns={"seed": "noise"})
        rows = rows.join(sees(oracle, pictures, plan.known[c.name], c.name))
        drawn.append(rows.assign(concept=c.name, kind=c.kind, seed=s, accepted=rows["both_seen"]))
        if c.name in plan.reported and s == seeds[0]:
            shown.append(drawn[-1].assign(image=pictures["image"])[rows["prompt"] == plan.tested[c.name][0]])
drawn = pd.concat(drawn, ignore_index=True)
judged_on = drawn[drawn["concept"].isin(plan.reported)]

# %% [markdown]
# ## One batch, ranked
#
# {glue:text}`own_prompt`: one word, one prompt, many noises. What the judge likes best comes first, and is kept beside this page’s records as `best.png`.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "A batch, ranked: best first, row by row. Above each picture its rank and score; a tick where the oracle accepts it.", "name": "fig-harmony-own"}, "image": {"alt": "Rows of small pictures in the order of their rank, each with its rank and score. A good ranking has the ticks, and the pictures with both thing and place, in front.", "width": "100%"}}
first = page.concepts[0]
by = "accord" if len(first.images) > 2 else "mean_z"  # one or two pictures do not say how alike its pictures are
yours = page.draw(learned[first.name].at()[:1], [plan.own], range(OWN_SEED, OWN_SEED + own_pictures))
scores = scorers["the judge", first.name](yours).join(sees(oracle, yours, plan.known[first.name], first.name))
ranked = best_first(scores.assign(image=yours["image"]), by)
write_image(page.folder / "best.png", ranked["image"].iloc[0])
figures.batch(ranked, by).savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## What is a cosine worth?
#
# The plain model, which has never seen the concept, draws its {term}`class word`: {glue:text}`null_pictures` pictures or more for each concept, over all contexts. None of
# them can show the concept, so their likeness to its pictures is what *the wrong identity* scores. Those drawn for other prompts cannot show this
# prompt’s context, so their cosine to it is what *the wrong context* scores. **Harmony** takes the share of such a null that scores less, and
# **{term}`accord`** the probability that the cosine comes from the real thing and not from the null; both are the geometric mean of subject and
# text ({ref}`formulas <measures>`). Beside them stand the *minimum* of the two shares, the *mean z*-score, and what people do without nulls: the
# *raw* sum, product and harmonic mean of the cosines, and either cosine alone (*subject*, CLIP-I; *text*, CLIP-T).
#
# ## What is compared
#
# Named before looking at the numbers, on the reported concepts: harmony minus each of its rivals; the same of accord is a second family.
#
# - **Known order.** Over constructed pictures, the share of (right, wrong) pairs that a score puts in order ({term}`AUC`): minus {glue:text}`raw_rivals`.
# - **Best of N.** Of the largest N pictures drawn for one prompt the best-scored is kept; the share of these that the {term}`oracle` accepts: minus
#   {glue:text}`pick_rivals`, which is the control. Fewer than {glue:text}`fewest_accepted` accepted pictures in all are not judged: that would hang on single ones.
#
# The {term}`smallest effect of interest` is {glue:text}`smallest_auc` of the first and {glue:text}`smallest_best` of the second. A verdict needs an interval over
# {glue:text}`fewest` concepts or more on its side, and the p of {term}`Holm correction` over the family.
#
# ## Pictures whose order is known, and the traps
#
# The pocket world can draw what no model can be asked for: the concept in the right context, the concept elsewhere, something else in the right context,
# something else elsewhere; something else is of the same class, or another concept, or nearly the concept. Three *traps* stand beside them. A picture
# that *drops the subject* is the best picture of its context there is. A *smear*, the blurred mean of the concept’s pictures, has its colours and
# nothing else. And a *training picture* handed back has all the likeness one can have. {glue:text}`vae_said`

# %% tags=["remove-input"] mystnb={"figure": {"caption": "One row a concept: what was asked for, the subject only, the context only, neither; then the traps: the subject dropped, a smear, a training picture as it is.", "name": "fig-harmony-sets"}, "image": {"alt": "A grid of small pictures, one row for each concept. From left to right less of what was asked for is there: both, subject only, context only, neither; then the three traps: an empty context, a smear, a training picture.", "width": "100%"}}
through = partial(there_and_back, page.pipe.vae) if through_vae else None
cases = known_cases(page.concepts, plan, partial(known_order, count=constructed, side=page.side), page.side, through)
grid = figures.cases(one_of_each(cases[cases["concept"].isin(page.pictured)]), page.labels)

# %% [markdown]
# ## Who puts them in order?
#
# A coin gives half. Left, right pictures against wrong ones; then against each trap, where a score below the line prefers the trap.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The share of pairs that each score puts in order on the reported concepts, mean with 95 % interval over concepts and prompts: right against wrong pictures, and right pictures against each trap.", "name": "fig-harmony-auc"}, "image": {"alt": "Four dot plots with intervals, a row for each score, harmony and accord in blue: known order, subject dropped, smear, training picture. A dot at the right edge orders every pair rightly; one left of the line at one half prefers the wrong picture.", "width": "100%"}}
parts = [scorers[called, name](rows) for called in judges for name, rows in cases.groupby("concept", sort=False)]
order = analysis.orders(pd.concat([cases.drop(columns="image").assign(judge="")[:0], *parts], ignore_index=True))
of_judge = order[(order["judge"] == "the judge") & order["concept"].isin(plan.reported)]
shares = {value: analysis.in_order(of_judge, value) for value in ("auc", *analysis.TRAPS)}
dots = figures.in_order(shares)

# %% [markdown]
# ## The best of N, by an eye that no score shares
#
# Now the model’s own pictures. A word is learned for each concept, each prompt is drawn {glue:text}`batch` times, and each score picks one. The oracle says
# whether the pick shows what was asked for. {glue:text}`accepted_told`

# %% tags=["remove-input"] mystnb={"figure": {"caption": "What three scores pick from the same batch: the reported concepts, each in its first context; below each other the best-scored pictures. Two ticks: the oracle sees subject and context; one: only one of them.", "name": "fig-harmony-picks"}, "image": {"alt": "A grid of small pictures: a column for each concept, a row for each score, the picture that it picks. The text alone may pick the place without the thing, the subject alone the thing without the place; harmony should pick pictures with two ticks.", "width": "100%"}}
heads = {name: f"{page.labels[name]}\n{plan.known[name][plan.tested[name][0]]}" for name in plan.reported}
picks = figures.picks(best_pictures(pd.concat(shown)), heads)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Left: the share of picks that the oracle accepts when each score picks the best of N; dotted, a random pick. Right: harmony and accord minus what each must beat, for picks at the largest N and, hollow, for pictures of known order.", "name": "fig-harmony-best"}, "image": {"alt": "Left, curves of the accepted share against N, one for each score: the higher a curve rises above the dotted random pick, the more looking at many pictures is worth. Right, differences with intervals: what lies right of zero is beaten.", "width": "100%"}}
there, picked = analysis.enough(judged_on, fewest_accepted), analysis.picks(judged_on)
contrasts, found = analysis.contrasts(of_judge, picked, there.enough)
curves = figures.best_of_n(picked, contrasts, there)

# %% [markdown]
# ## Do the scores agree with the truth?
#
# Within a batch, how often does a score rank a picture that the oracle accepts above one that it does not? And is a probability what it says: of the
# pictures given so much, in which share does the oracle see the subject, or the context?

# %% tags=["hide-cell"] mystnb={"figure": {"caption": "Left: within batches of drawn pictures, the share of pairs of an accepted and another picture that each score puts in order, mean with 95 % interval over concepts. Right: accord\u2019s two probabilities against the share in which the oracle sees it, in tenths that hold enough pictures; on the diagonal they would be what they say.", "name": "fig-harmony-agreement"}, "image": {"alt": "Left, a dot plot of agreement with the oracle by score, around a line at one half, which is chance. Right, two curves of what CLIP\u2019s probabilities are worth: below the diagonal CLIP promises too much, above it too little.", "width": "90%"}}
agreeing, probable = analysis.agreement(judged_on), analysis.calibration(judged_on)
truth = analysis.in_order(agreeing)
agreement = figures.agreement(truth, probable)

# %% tags=["remove-cell"]
each, many = analysis.verdicts(contrasts, found), max(map(len, plan.tested.values()))
said = told.numbers(page.model_name, shares, of_judge, truth, each, there, len(cases), many)
page.say(
    **page.common("model_name", "seeds_said", "steps", "batch", "fewest_accepted", "null_pictures"),
    **told.named_before(),
    **said,
    vae_said="All went through the model’s autoencoder." if through_vae else "They are shown as drawn.",
    own_prompt=plan.own.replace("{}", first.placeholder),
)

# %% [markdown]
# ## What this shows, and what it does not
#
# **Does harmony rank better than the raw combinations? {glue:text}`verdict`.** Over {glue:text}`n_concepts` reported concepts, {glue:text}`n_tested` prompts each and {glue:text}`n_cases`
# constructed pictures in all, harmony’s AUC is {glue:text}`auc_harmony`, the raw sum’s {glue:text}`auc_raw_sum`. Harmony is better than: {glue:text}`harmony_beats`. **Accord**
# reaches {glue:text}`auc_accord`; better than all raw combinations: **{glue:text}`verdict_accord`**. It is better than: {glue:text}`accord_beats`.
#
# **Is harmony’s pick of the best of N more often right? {glue:text}`verdict_best`.** Within batches, accepted pictures rank above others in this share of pairs: {glue:text}`truth_told`.
#
# **Traps.** A picture with both ranks above one without the subject in this share of pairs: {glue:text}`empty_told`. No score decides alone where these are low.
#
# **What to do.** Draw several, rank them with the score that leads here ({glue:text}`leader`, over pictures of known order), and look at the first few. Use no
# nulls of fewer than {glue:text}`smallest_null` pictures, and rank neither across prompts nor across concepts: every null is of one concept and one context.
#
# What it does not show:
#
# - Constructed pictures are cleaner than drawn ones, and their mistakes are whole: no half-right subjects, no merged contexts.
# - Where the model cannot draw the context with the class word either, accord’s idea of a hit is wrong. Its form was picked among many in an earlier
#   edition of this study, on other concepts of another model.
# - {glue:text}`batch` pictures a batch, {glue:text}`seeds_said` of a word; the oracle errs too, and nobody was asked which pictures they prefer.
#
# ## Exercise
#
# How many pictures must one look at to find one to keep? Rank a larger batch of a prompt of your own, and count the ticks.
#
# :::{dropdown} Solution
# `papermill notebooks/harmony.ipynb out.ipynb -r own_prompt "a photo of {} on the moon" -p own_pictures 64`. In no order, the first tick comes after about one
# over their share of the batch; ranked, it should come sooner. The left panel of {numref}`fig-harmony-best` is this count, over all prompts.
# :::
#
# ## Appendix: numbers and settings
#
# All contrasts; then AUC with its two halves (the subject told from its stand-ins, the context from a wrong one), for each judge and kind of concept.

# %% tags=["hide-cell"]
told.contrast_table(contrasts)

# %% tags=["hide-cell"]
analysis.by_kind(order, plan.reported).style.format("{:.3f}", na_rep="–")

# %% tags=["remove-cell"]
claims = [Claim(**claim) for claim in told.claims(found, each, there, said["sizes"])]
tables = dict(order=order, drawn=drawn, best_of=picked, agreement=agreeing, calibration=probable, contrasts=contrasts)
page.close(tables, claims, own_prompt=plan.own, judges=[clip.name for clip in judges.values()])
