# %% [markdown]
# # What does a learned word look like?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP of the record: a folder or a Hub id; empty: the model's own
concept: str = "violet_cloud"  # [folder] your pictures; or a name of data/concepts
initializer: str = ""  # [word] where learning starts; empty: the concept's own
few: int = 5  # [pictures] how many of the concept's pictures the word is learned from
sentences: list[str] = ["a photo of {}", "a photo of {} in the snow", "a photo of {} on the moon", "a photo of {} at night", "a photo of {} by the lake", "a photo of {} in the style of fantasy"]  # [prompts] with {} for the word, the plain one first
as_chosen: bool = True  # [yes or no] steps, learning rate and guidance as the page on settings chose them in this profile
steps: int = 500  # [updates] length of training
learning_rate: float = 0.01  # [per update] Adam's step size
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
images_per_prompt: int = 4  # [pictures] drawn of each sentence at the end
num_inference_steps: int = 25  # [steps] of the sampler
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Above, the pictures that a word is learned from; below, what the frozen model draws for sentences with the word in them. Drag the slider, or use the arrow keys: at step 0 the word is still an ordinary one.", "name": "fig-first-word"}}
# %matplotlib inline
from myst_nb import glue
from pocket_world.oracle.witness import open_oracle, sees

from study.analysis import first_word as analysis
from study.analysis.first_word_figures import word_frames
from study.page import begin
from study.panels import slider
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import context_prompts, load_images

page = begin("first_word", globals())
thing = page.concepts[0].model_copy(update=dict(images=page.concepts[0].images[:few]))
says, plain = context_prompts(thing.kind), sentences[0]
arm, marks = Arm(thing, learning_rate=learning_rate), analysis.looked_at(steps)
words = page.store.learn(page.pipe, [arm], steps=steps, checkpoint_every=marks)
last = page.draw(words.at(), sentences)
seen = last.join(sees(open_oracle(model), last, says, thing.name))
noise, called = analysis.noise_of(seen, plain), analysis.sayings(sentences, says, thing.placeholder)
drawn = {n: {called[text]: page.draw(words.at(n), [text], [noise[text]])["image"][0] for text in sentences} for n in words.steps}
frames = word_frames(load_images(thing.images, page.side), drawn, thing.placeholder)
shown = slider(frames, words.steps, f"{few} pictures of one {thing.class_word}; below, what its word draws for {len(sentences)} sentences, at training step")
shown

# %% [markdown]
# ## What this shows, and what it does not
# One word of one concept from one training seed, at a learning rate of {glue:text}`learning_rate`, {glue:text}`settings_from`: the example that the
# book begins with, and no result. {glue:text}`judged` Of {glue:text}`n_noises` noises the slider shows, for each sentence, the first that ends in such
# a picture; the share above is of all {glue:text}`n_drawn` pictures. Whether other words do as well is asked [of many concepts and
# seeds](quantitative.ipynb). **What to do.** Say `-r concept path/to/photos` and see your own; then read [what to choose](../advice.md).

# %% tags=["remove-cell"]
told = analysis.told(seen, plain, model=page.model_name, word=thing.placeholder, steps=steps, images=len(thing.images))
page.say(**told, **page.common("learning_rate", "settings_from"))
glue("word_slider", shown, display=False)
frames[-1].savefig(page.folder / "overview.png", dpi=150)
page.close(dict(seen=seen.drop(columns="image")), [])
