# %% [markdown]
# # Can a word be learned in forty lines?
#
# :::{div} answer
# {glue:text}`verdict_short`
# :::
#
# Nothing is folded here: these are all the lines there are. What `train` does in each step is on [the next page](plain_pytorch.ipynb).

# %% tags=["parameters"]
model: str = "pocket"  # [name] the text-to-image model: pocket, a folder, or a Hub id
judge: str = ""  # [name] the CLIP that scores: a folder or a Hub id; empty: the model's own
concept: str = "violet_cloud"  # [folder] your pictures; or a name of data/concepts
steps: int = 500  # [updates] length of training
learning_rate: float = 0.01  # [per update] Adam's step size
guidance: float = 4.0  # [factor] classifier-free guidance when drawing
profile: str = "own"  # [name] records go to results/<profile>/
out: str = ""  # [folder] where this page's records go instead

# %% tags=["remove-cell"]
from study.parameters import check_notebook

check_notebook(In, globals())

# %% mystnb={"figure": {"caption": "“A photo of” the word “in the snow”, one noise a column: above at step 0, where the word is still an ordinary one, below as learned.", "name": "fig-forty-lines"}, "image": {"alt": "Two rows of four small pictures in the snow: above ordinary things of the class, below the learned one.", "width": "100%"}}
# %matplotlib inline
from tempfile import mkdtemp

from study.analysis.forty_lines import told
from study.bare import bare_page
from study.figures import image_grid
from textinv_core import Arm, evaluate, generate, load_concept, load_judge, load_pipeline, train

pipe, thing = load_pipeline(model), load_concept(concept)
run = train(pipe, [Arm(thing, learning_rate=learning_rate)], steps=steps, out=mkdtemp())  # in a folder of yours it can be stopped
words, prompts = run.at(step=0) + run.at(step=steps), ["a photo of {} in the snow"]
images = generate(pipe, words, prompts, seeds=range(4), guidance_scale=guidance)
grid = image_grid(images, row="step", column="seed")

# %%
scorer = load_judge(judge or None, model=model)
table = evaluate(images, thing, scorer)  # one row a picture: its likeness, and how much of the prompt is there
table.groupby("step")[["reconstruction", "held_out", "text_context"]].mean()

# %% tags=["remove-cell"]
page = bare_page("forty_lines", globals(), pipe, scorer, thing)
page.say(**told(table, page.model_name))
page.close(dict(table=table))

# %% [markdown]
# ## What this shows, and what it does not
# That the loop is short. How good the word is, {glue:text}`n_drawn` pictures of one concept from one training seed cannot say. **What to do.** Copy
# these lines, with your own folder of pictures in the place of the concept and your own folder for the run.
