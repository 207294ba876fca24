"""The pictures and texts that the probes are held against."""

import pandas as pd
from conftest import draw

from study.analysis.probes import fitting, picture_differences, rung_images
from textinv_core.learning.tokens import tokenize


def test_rungs_come_from_their_folders_or_are_made(concept):
    rungs = rung_images(concept, 32, {"backpack": [draw(3)] * 9, "other_person": []}, count=4)
    assert {rung: len(images) for rung, (images, _) in rungs.items()} == {"own": 4, "look_alike": 1, "backpack": 4}
    assert rungs["own"][1] == "2 held out, 2 from training" and rungs["look_alike"][1] == "probe pictures"
    assert all(image.size == (32, 32) for image in rungs["own"][0])


def test_a_description_is_cut_where_the_encoder_ends(tokenizer):
    text = "a photo of a man with a red tower and a dog on the beach in the forest with the lake by night"
    short = fitting(tokenizer, text)
    assert text.startswith(short) and short != text and short.split()[-1] not in ("a", "the", "with", "in", "and")
    tokenize(tokenizer, [short])
    assert fitting(tokenizer, "a photo of a man with a") == "a photo of a man with a"


def test_pictures_differ_from_the_plain_one_of_the_same_noise(judge):
    rows = [("plain", 0), ("plain", 1), ("other", 0), ("other", 1)]
    pictures = pd.DataFrame(
        [dict(arm="a", step=0, prompt=p, seed=s, image=draw(5 * s if p == "plain" else 5)) for p, s in rows],
        index=[9, 8, 7, 6],
    )
    differs = picture_differences(pictures, "plain", judge)
    assert differs[[9, 8]].isna().all() and differs[7] > 1e-4 and abs(differs[6]) < 1e-6
