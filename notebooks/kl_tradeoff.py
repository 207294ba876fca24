# %% [markdown]
# # Is KL the better leash?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# A learned word may go anywhere, and some wander off: they draw their concept and no longer listen to the sentence. The research note puts the word on a
# {term}`leash`, a {term}`KL term` that holds what the network predicts for it near what it predicts for the {term}`initializer`, and expects the word to keep
# the meaning and context around it. Any leash trades likeness for obedience, and so does stopping early. So does KL trade *better* than cheaper leashes, and
# does a word need one at all?

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = ""  # [folder] one concept of your own; empty: those of `concepts`
concepts: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake", "violet_cloud", "sky_castle", "plum_cat", "blue_racer", "leaf_robot", "star_cupcake", "merry_man", "elder_tree", "comet_cake", "wooden_figurine"]  # [names or folders] what to learn
development: list[str] = ["lemon_pine", "brick_tower", "mint_bunny", "rose_bus", "toy_king", "berry_cake"]  # [names] those of `concepts` that the weight is chosen on; the others are reported
strangers: list[str] = ["elder_tree", "comet_cake", "wooden_figurine"]  # [names] those of `concepts` that no name of the model comes near to; for the last section only
initializer: str = ""  # [word] where learning starts; empty: each concept's own
kl_weights: list[float] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]  # [lam] the KL curve; none (naive) is always there
kl_weight: float = 0.0  # [lam] the one weight that single comparisons use; zero: chosen on the development concepts
uniform_weights: list[float] = [0.05, 0.2, 1.0]  # [lam] the curve of KL with one weight for all timesteps
l2_weights: list[float] = [0.00001, 0.0001, 0.001, 0.01, 0.1]  # [factor] the L2 pull's curve
rate_shares: list[float] = [0.03, 0.1, 0.3]  # [share] lower learning rates, of `learning_rate`
shares: list[float] = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9]  # [share] interpolations: how much of the learned word
level: float = 0.5  # [share of the naive word's gain, and of its way] where leashes are compared
places: list[str] = ["one backdrop", "single picture", "more vectors", "high rate", "many steps", "stranger"]  # [names] where trouble is looked for
place_concepts: list[str] = ["violet_cloud", "sky_castle", "plum_cat", "merry_man"]  # [names] on whom, strangers aside
place_weights: list[float] = [0.03, 0.3, 3.0]  # [lam] KL weights tried there
place_l2: list[float] = [0.0001, 0.01]  # [factor] L2 pulls tried there
place_seeds: list[int] = [0, 1, 2]  # [numbers] training seeds there
place_factor: float = 10.0  # [times] the learning rate of one place, and the steps of another
place_vectors: int = 4  # [vectors] of the place with several
backdrop: str = "forest"  # [scene] of the place with one backdrop
steps: int = 500  # [updates] length of training
checkpoint_every: int = 0  # [updates] distance of the early stops; zero: a tenth of all
seeds: list[int] = [0, 1, 2]  # [numbers] training seeds
learning_rate: float = 0.01  # [per update] Adam's step size
batch_size: int = 4  # [pictures] per update and learned word
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 3  # [pictures] drawn with each setting for each prompt with a context
contexts: int = 4  # [prompts] how many contexts there are; the plain prompt is drawn as often as all of them
num_inference_steps: int = 20  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead
runs: str = ""  # [folder] where learned words are kept instead

# %% tags=["hide-input"]
# %matplotlib inline
from IPython.display import display
from pocket_world.oracle.witness import open_oracle, sees
from pocket_world.world.concepts import draw, members

from study.analysis import kl_tradeoff as analysis
from study.analysis import kl_tradeoff_claims as decide
from study.analysis import kl_tradeoff_figures as figures
from study.analysis import kl_tradeoff_places as hard
from study.analysis import kl_tradeoff_told as told
from study.analysis.kl_tradeoff import CHOSEN_ON_DEVELOPMENT, KL
from study.analysis.kl_tradeoff_compared import at_places, compare
from study.leashes import anchor_scores, learn_and_score, redrawn, score_taught
from study.page import Claim, begin
from study.panels import PIXELS
from study.vocabulary import ordinary_words
from textinv_core.learning.concepts import context_prompts, load_images

page, oracle = begin("kl_tradeoff", globals()), open_oracle(model)
reading = analysis.BY_ORACLE if oracle else analysis.BY_CLIP
prompts, by_name = page.prompts(), {c.name: c for c in page.concepts}
phrases = {c.name: {prompts[c.name][0]: "plain"} | context_prompts(c.kind) for c in page.concepts}
plain, many = {name: texts[0] for name, texts in prompts.items()}, range(images_per_prompt * max(1, contexts))
ordinary = [c for c in page.concepts if c.name not in strangers or concept] or list(page.concepts)
reported = [c.name for c in ordinary if c.name not in (*development, *strangers) or concept]
weights, every = analysis.grid(kl_weights, kl_weight), checkpoint_every or max(1, steps // 10)

# %% tags=["hide-input"]
def look(c, pictures):
    """What the oracle sees; a plain prompt has no context to be seen."""
    return sees(oracle, pictures, phrases[c.name], c.name)


plan = analysis.trained_settings(weights, uniform_weights, l2_weights, rate_shares, learning_rate)
few = dict(few=[c.name for c in ordinary if c.name not in reported], methods=(*CHOSEN_ON_DEVELOPMENT, "initializer"))
training = dict(steps=steps, every=every, shares=shares)
words, scores, tiles = learn_and_score(page, ordinary, plan, many, look, **few, **training)
anchors = anchor_scores(page)
results = analysis.read(scores, anchors, plain).merge(words, on=analysis.SETTING)
results = analysis.of_the_naive(results, reading.kept)
ours = results[results["concept"].isin(reported or list(by_name))]
choice = analysis.choose_weight(results[~results["concept"].isin(reported)], reading, weights)
weight = kl_weight or choice.weight
safe = bool(reported) and (bool(kl_weight) or (choice.found and not choice.at_edge))
found = compare(ours, scores, phrases, reading, weight, level, safe=safe)

# %% [markdown]
# ## What does the leash do?
#
# One concept, one training {term}`seed`, the same noise in every row. At the top the word has no leash; downward it gets shorter and shorter; at the bottom
# is the ordinary word, from which nothing has moved. {glue:text}`contexts_told`

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The plain prompt and prompts with a context, from a word without a leash through tighter and tighter KL terms to the initializer itself. Left, the training pictures.", "name": "fig-kl-grid"}, "image": {"alt": "Rows of small pictures. At the top the learned concept; row by row, as the KL weight grows, it gives way to an ordinary picture of its class word, which the last row shows. Columns: a training picture, the plain prompt, prompts with a context.", "width": "80%"}}
shown = by_name[ours["concept"].iloc[0]]
called = {text: phrases[shown.name][text] for text in prompts[shown.name]}
photos = load_images(shown.images, PIXELS)
grid = figures.loose_to_tight(tiles[shown.name], photos, called, weights, weight, seeds[0])
grid.savefig(page.folder / "overview.png", dpi=150, bbox_inches="tight")

# %% [markdown]
# ## Does KL trade better than other leashes?
#
# *KL exact* weights the term over {term}`timesteps <timestep>` as the formula has it, *KL uniform* weights all alike, as DPOK’s code does. *L2 pull* punishes
# the row’s squared distance from its start {cite:p}`gal2023`; *lower rate* takes smaller steps; *early stopping* keeps an earlier checkpoint; *interpolation*
# mixes the learned row with the initializer’s afterwards; *norm lock* and *rescaled* hold the row’s length alone. Let go, every leash gives the *naive* word,
# and held tight the initializer. {glue:text}`read_by` ({term}`K, B and C` say what.)
#
# Up and to the right is better. A leash that trades no better than another lies on its curve, wherever its settings fall along it. {glue:text}`agree_told`

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Each leash over its settings, between the initializer and the naive word. Left and middle, what judges here; right, CLIP\u2019s two scores on the scale that the anchors span. Thin, single concepts and training seeds of KL exact; thick, means; black, the leashes of one setting.", "name": "fig-kl-curves"}, "image": {"alt": "Curves of context against concept, one colour for each leash, all between the same two ends: where they lie on each other, no leash trades better. Thin grey lines around them show how much single concepts and seeds differ.", "width": "100%"}}
figure = figures.trade(ours, reading, by_clip_too=bool(oracle))

# %% [markdown]
# ## And on equal terms?
#
# Said before the results were seen: the **primary contrasts** are KL exact minus another, paired over concepts and seeds, with {glue:text}`smallest` as the
# {term}`smallest effect of interest`.
#
# - *At the weight chosen on the development concepts*, minus naive: {glue:text}`both`. The control is an early stop that keeps the concept as often.
# - *At equal likeness*, minus each of four rivals ({glue:text}`rivals`): {glue:text}`context`, where each has {glue:text}`level` of the naive word’s gain.
# - *At an equal pull*, minus the same four: {glue:text}`both`, where each has gone {glue:text}`level` of the naive word’s way.
#
# A verdict needs {glue:text}`fewest` concepts, an interval on its side, and the {term}`Holm correction` over all of these by a {term}`sign-flip test`; with
# {glue:text}`n_reported` concepts no p is below {glue:text}`smallest_p`. It stays open where the chosen weight is the largest tried or the mean hides a
# context that goes the other way. A front with more settings looks better by chance, so each is cut down to {glue:text}`size` of them.

# %% tags=["remove-input"] mystnb={"figure": {"caption": "KL exact minus each rival at equal likeness (left) and at an equal pull (right), with 95 % intervals: right of the line KL is better. Dotted, the smallest effect of interest.", "name": "fig-kl-terms"}, "image": {"alt": "A dot with an interval for each of four rivals, at equal likeness and at an equal pull. Dots right of the line at zero favour KL; an interval that crosses the line decides nothing.", "width": "100%"}}
figure = figures.equal_terms(found.primary, reading)

# %% [markdown]
# ## Is it more stable, and does it stay among the words?
#
# *More stable*: trained again from another seed, the word ends nearer to the same place. *Among the words*: near to an ordinary one, which is as much of a
# {term}`semantic manifold` as can be measured. Any leash does both by moving less, so the control is again the early stop.

# %% tags=["hide-cell"] mystnb={"figure": {"caption": "By KL weight, zero being the naive word: spread of the outcomes over training seeds, cosine to the nearest ordinary word, and length of the row. Mean over concepts with 95 % band. Shaded, where 95 % of ordinary words lie.", "name": "fig-kl-stability"}, "image": {"alt": "Three curves against the KL weight: how far apart training seeds end, how near the row is to an ordinary word, how long it is. Grey bands show where ordinary words lie.", "width": "100%"}}
figure = figures.stability(decide.by_weight(ours, found.spread), decide.usual(ordinary_words(page.pipe)), weights)

# %% [markdown]
# (where-a-word-needs-a-leash)=
# ## Where does a word need a leash?
#
# With several varied pictures and a moderate training there may be nothing to keep. So trouble is looked for where it is likely: {glue:text}`places_asked`.
# In each place each concept gets the KL weight, the L2 pull and the early stop that did best on the *other* concepts there. The contrast is
# {glue:text}`both`, KL minus naive; the control is the early stop.

# %% tags=["hide-input"] mystnb={"figure": {"caption": "One concept in each place, one training seed and noise, in its first context: the naive word above, the word with the middle KL weight tried there below.", "name": "fig-kl-places"}, "image": {"alt": "Pairs of small pictures, one pair for each place of trouble: above, what the word without a leash draws when a context is asked for; below, what the word with a KL term draws.", "width": "100%"}}
def in_one_scene(c):
    """The concept, taught from pictures with one backdrop; None where the world would have to draw it and cannot."""
    return redrawn(page, c, lambda rng: draw(c.name, rng, scene=backdrop)[0]) if c.name in members() else None


among = [c for c in page.concepts if c.name in (*place_concepts, *strangers) or concept]
how = dict(steps=steps, rate=learning_rate, factor=place_factor, vectors=place_vectors)
cases = hard.cases(places, among, strangers, in_one_scene, weights=place_weights, l2=place_l2, **how)
pictures, drawn = score_taught(page, cases, place_seeds, look)
results_there = at_places(pictures, anchors, plain)
texts = {name: own[min(1, contexts)] for name, own in prompts.items()}
figure = figures.places(drawn, texts, place_weights[len(place_weights) // 2], place_seeds[0])

# %%
needed = hard.where_needed(results_there, reading)
hard.place_table(needed, reading)

# %% tags=["remove-cell"]
given = dict(given=page.parameters, model=page.model_name, weight=weight, safe=safe)
said = told.told(found, choice, needed, ours, reading, **given)
page.say(**page.common("model_name", "seeds_said", "n_pictures", "n_contexts", "steps", "learning_rate"), **said)

# %% [markdown]
# The naive word loses context clearly in: {glue:text}`losing`. {glue:text}`needed_told` {glue:text}`left_out`
#
# ## What this shows, and what it does not
#
# On {glue:text}`model_name`, {glue:text}`n_reported` concepts with {glue:text}`seeds_said`, {glue:text}`steps` steps at learning rate
# {glue:text}`learning_rate`, $\lambda=$ {glue:text}`kl_weight` ($\beta=$ {glue:text}`kl_beta`):
#
# - **KL keeps meaning and context: {glue:text}`keeps`.** KL minus naive, {glue:text}`both`: {glue:text}`chosen_told`; the early stop’s,
#   {glue:text}`control_told`.
# - **KL is better than simpler leashes: {glue:text}`better`.** The figure above has the rivals one by one.
# - **KL is more stable: {glue:text}`steady`.** The spread over seeds changes by {glue:text}`spread_told`.
# - **KL stays on the semantic manifold: {glue:text}`stays`.** The cosine to the nearest word changes by {glue:text}`nearest_told`.
#
# **What to do.** Where nothing is lost, train without a leash and stop when the pictures are good. Where something is, try the cheapest leash of equal
# standing first.
#
# What it does not show:
#
# - The KL tried here is teacher-forced: $x_t$ comes from noised training pictures. One along the model’s own chain is another method.
# - Equal terms are read off straight lines between neighbouring settings. L2 pulls were made weaker after a first run, in which all of them undid the word.
# - Each point rests on {glue:text}`n_pictures` pictures a prompt and {glue:text}`n_contexts` contexts; the places of trouble on fewer concepts.
#
# ## Exercise
#
# The KL term changes the noise that the word is trained to predict ({ref}`method <method>`). Toward which noise does $\lambda=1$ train it? What is left for
# the word to learn as $\lambda$ grows without end, and where in the first figure do you see it?
#
# :::{dropdown} Solution
# Toward the mean of the true noise and what the initializer predicts. As $\lambda$ grows, the target becomes the initializer’s own prediction, and the word
# that predicts it best is the initializer: row by row the pictures come closer to the last one’s.
# :::
#
# ## Appendix: numbers
#
# The weight in use here is the best in {glue:text}`both` on the development concepts, each averaged with its neighbours; other pages take the settings page’s.
# {glue:text}`choice_told` {glue:text}`reach_told` A concept that gains less than {glue:text}`gain` has no share.

# %% tags=["hide-cell"] mystnb={"figure": {"caption": "The development concepts by KL weight, zero being the naive word: what is kept, the context, and both in one picture; mean over concepts and training seeds. The line marks the weight in use.", "name": "fig-kl-choice"}, "image": {"alt": "Three curves against the KL weight: how often the concept is kept, how often the context is there, and both; a dotted line at the weight in use.", "width": "75%"}}
figure = figures.choice(choice, reading, weights, weight)

# %% tags=["hide-cell"]
display(decide.contrast_table(found.primary, found.others), decide.context_table(found.contexts))
hard.place_details(needed, reading)

# %% tags=["remove-cell"]
for c in ordinary[:4]:  # beside the numbers: the pictures, naive above, on the leash below
    own = [tiles[c.name][*key, seeds[0], text] for key in (("naive", 0.0), (KL, weight)) for text in prompts[c.name]]
    page.sheet(c.name, own, len(prompts[c.name]))
tables = dict(scores=scores, anchors=anchors, results=results, primary=found.primary, contexts=found.contexts)
tables |= dict(agreement=found.agreement, spread=found.spread, places=results_there, needed=hard.flat(needed))
page.close(tables, [Claim(**claim) for claim in told.claims(page.numbers)], kl_weight=weight)
