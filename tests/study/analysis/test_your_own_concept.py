"""A word of one's own: the best is kept unless a step is asked for, and what cannot be is refused in one line."""

import pandas as pd
import pytest
from PIL import Image

from study.analysis import your_own_concept as analysis
from study.analysis import your_own_concept_figures as figures
from study.parameters import ParameterError


def test_what_cannot_be_is_refused():
    with pytest.raises(ParameterError, match="method: 'kll' is none of naive, kl"):
        analysis.check_words("kll", ["naive", "kl"], [])
    for text in ("a photo", "{} and {}"):
        with pytest.raises(ParameterError, match="once, where the concept stands"):
            analysis.check_words("kl", ["kl"], ["{} in the snow", text])
    with pytest.raises(ParameterError, match=r"keep_step: 30 is not one of the steps looked at \(0, 20, 40, 50\)"):
        analysis.distance_of_steps(50, 20, 30)


def test_steps_are_an_eighth_apart_unless_told():
    assert analysis.distance_of_steps(800, 0, 300) == 100 and analysis.distance_of_steps(5, 0, 0) == 1
    assert analysis.distance_of_steps(50, 20, 50) == 20


def scored():
    """Two words at three steps and two prompts; b is best at 20, a at 10; step 0 is an ordinary word's."""
    means = {("a", 0): 9.0, ("a", 10): 3.0, ("a", 20): 1.0, ("b", 0): 9.0, ("b", 10): 2.0, ("b", 20): 4.0}
    rows = [(arm, step, prompt, m + d) for (arm, step), m in means.items() for prompt, d in (("p", -0.5), ("q", 0.5))]
    table = pd.DataFrame(rows, columns=["arm", "step", "prompt", "score"])
    return table.assign(by="accord", **{"training seed": table["arm"]})


def test_the_best_score_is_kept_but_never_the_untrained_word():
    means = analysis.means_of(scored())
    assert len(means) == 4 and analysis.best_of(means) == ("b", 20)
    assert analysis.best_of(means, keep=10) == ("a", 10)


def test_tables_escape_what_somebody_wrote(tmp_path):
    looked = pd.DataFrame(dict(file=["<b>.png", "c.png"], width=[10, 20], height=[30, 40], twin=["", "<b>.png"]))
    shown = analysis.pictures_table(looked).to_html()
    assert "10 × 30" in shown and "&lt;b&gt;.png" in shown and "<b>" not in shown
    ranked = {"{} in the snow": pd.DataFrame(dict(by="accord", score=[0.9, 0.4, 0.5]))}
    table = analysis.scores_table(ranked, "<my-cat>")
    assert table.data.loc["<my-cat> in the snow"].tolist() == ["accord", 0.9, 0.5]
    assert "&lt;my-cat&gt;" in table.to_html()


def test_files_and_folders_are_weighed_together(tmp_path):
    (tmp_path / "word").write_bytes(b"0" * 1024)
    (tmp_path / "samples").mkdir()
    for name in "ab":
        (tmp_path / "samples" / name).write_bytes(b"0" * 512)
    table = analysis.files_of(tmp_path, dict(word="it", samples="pictures", nothing="that lacks"))
    assert table["KB"].to_dict() == dict(word=1, samples=1, nothing=0)


def test_the_sentences_say_what_was_kept_and_why(concept):
    known = dict(model="pocket", seed=3, step=20, pictures=1, choices=4, kb=0.4, near=[("cat", 0.51)])
    said = analysis.told(concept, asked=False, to_do=[], nulls=240, **known)
    assert said["verdict_short"].startswith("On the pocket model, 1 picture of “red tower” became the word <red-tower>")
    assert "a file of 1 KB" in said["verdict_short"] and said["advice"] == analysis.WELL
    assert said["kept_said"] == "seed 3 at step 20" and said["nearest"] == "cat (0.51)"
    asked = analysis.told(concept, asked=True, to_do=["Take more."], nulls=0, **known)
    assert asked["advice"].endswith("Take more.") and asked["kept_said"].endswith("as asked for")
    assert asked["verdict_short"].endswith("the one asked for.") and "no nulls" in asked["nulls_said"]


def square(grey):
    return Image.new("RGB", (8, 8), (grey,) * 3)


def test_figures_have_a_row_a_seed_and_a_column_a_prompt_or_place():
    rows = [(step, seed, text) for step in (0, 10) for seed in ("seed 1", "seed 2") for text in ("p", "q")]
    drawn = pd.DataFrame(rows, columns=["step", "training seed", "prompt"]).assign(image=[square(9)] * len(rows))
    first, last = figures.frames(drawn, dict(p="nothing else", q="in the snow"), 8)
    assert [label.get_text() for label in last.axes[0].get_xticklabels()] == ["nothing else", "in the snow"]
    assert [label.get_text() for label in first.axes[0].get_yticklabels()] == ["seed 1", "seed 2"]
    looked = pd.DataFrame(dict(image=[square(i) for i in range(figures.ACROSS + 2)]))
    assert [label.get_text() for label in figures.pictures(looked).axes[0].get_yticklabels()] == ["1", "9"]
    batch = pd.DataFrame(dict(prompt="p", image=[square(i) for i in range(3)]))
    shown = figures.gallery({"p": batch}, dict(p="plain")).axes[0]
    assert [label.get_text() for label in shown.get_xticklabels()] == ["1", "2", "3"]
    assert figures.scores(scored(), 20).axes[0].get_ylabel() == "score: accord"


def test_a_word_is_learned_as_asked_else_as_did_best_else_plainly():
    plain = dict(method="naive", learning_rate=0.01)
    assert analysis.way_of("", 0.0, 0.01, None) == analysis.way_of("", 0.0, 0.01, ("tea", 0.2)) == plain
    assert analysis.way_of("", 0.3, 0.01, ("vectors", 4)) == plain | dict(method="kl", kl_weight=0.3)
    assert analysis.way_of("dti", 0.0, 0.01, ("vectors", 4)) == dict(method="dti", learning_rate=0.01)
    assert analysis.way_of("", 0.0, 0.01, ("vectors", 4.0)) == dict(method="vectors", learning_rate=0.01, vectors=4)
    assert "found best" in analysis.way_said(dict(method="vectors"), asked=False)
    assert analysis.way_said(plain, asked=False) == "the denoising loss alone"
    assert analysis.way_said(dict(method="kl"), asked=True) == "KL exact, as asked"
