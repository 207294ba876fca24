"""Processor seconds by part: what is spent in a part is counted there, once, and all parts make the whole."""

import time

import pytest
from PIL import Image

from study.timing import PARTS, TimedJudge, TimedStore, all_parts, cpu_seconds, timed
from textinv_core.drawing.store import Store


def busy(seconds):
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass


def test_a_part_has_what_was_spent_in_it_and_no_waiting():
    spent = {}
    for _ in range(2):
        with timed(spent, "learn"):
            busy(0.1)
            time.sleep(0.1)
    assert 0.15 < spent["learn"] < 0.3
    with pytest.raises(ValueError), timed(spent, "draw"):
        busy(0.05)
        raise ValueError
    assert spent["draw"] > 0


def test_all_parts_make_the_whole():
    found = all_parts(dict(start=0.25, learn=0.5))
    assert tuple(found) == PARTS and found["start"] == 0.25 and found["score"] == 0
    assert sum(found.values()) == pytest.approx(cpu_seconds(), abs=0.5)


def test_store_and_judge_are_those_they_time(monkeypatch, judge, tmp_path):
    spent = {}
    monkeypatch.setattr(Store, "draw", lambda self, *given, **how: busy(0.2) or (self.runs, given, how))
    monkeypatch.setattr(Store, "learn", lambda self, *given, **how: busy(0.2) or "words")
    store = TimedStore(tmp_path / "runs", tmp_path / "pictures", spent=spent)
    assert store.draw("pipe", word="cat") == (tmp_path / "runs", ("pipe",), dict(word="cat"))
    assert store.learn("pipe") == "words"
    scorer, pictures = TimedJudge(**vars(judge), spent=spent), [Image.new("RGB", (32, 32), "red")]
    assert (scorer.image_features(pictures) == judge.image_features(pictures)).all()
    assert (scorer.text_features(["a cat"]) == judge.text_features(["a cat"])).all()
    assert set(spent) == {"draw", "learn", "score"} and min(spent["draw"], spent["learn"]) > 0.1
