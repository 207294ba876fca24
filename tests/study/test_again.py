"""The study once more: the same pages and words, all training seeds others."""

import json

import pytest
import yaml

from study import again
from study.parameters import check, declared, parameters_cell, read_notebook
from study.words import Words
from textinv_core.paths import NOTEBOOKS, ROOT

FULL = yaml.safe_load((ROOT / "config/full.yaml").read_text())


def test_the_pages_of_the_published_profile_are_repeated_with_seeds_never_seen_there():
    made = again.repeated(FULL)
    assert set(made["experiments"]) == set(FULL["experiments"]["summary"]["after"])
    for name, page in made["experiments"].items():
        given, before = page["parameters"], FULL["experiments"][name]["parameters"]
        for key in again.SEEDS:
            assert [s - again.SHIFT for s in given.get(key, [])] == before.get(key, [])
            assert not set(given.get(key, [])) & {*range(again.SHIFT)}
        assert {k: v for k, v in given.items() if k not in again.SEEDS} == {
            k: v for k, v in before.items() if k not in again.SEEDS
        }
        assert set(page["after"]) <= {*made["experiments"], *made["words"]}
        types = declared(parameters_cell(read_notebook(NOTEBOOKS / f"{name}.py")))
        check({k: v for k, v in made["parameters"].items() if k in types} | given, types)


def test_words_learned_beforehand_are_shifted_too_and_the_profile_itself_is_left_alone():
    before = json.dumps(FULL)
    made = again.repeated(FULL, shift=7)
    for name, words in made["words"].items():
        new, old = (Words(**one["parameters"], profile="p") for one in (words, FULL["words"][name]))
        for mine, theirs in zip(new.groups, old.groups, strict=True):
            assert mine.concepts == theirs.concepts and mine.settings == theirs.settings
            assert mine.seeds == tuple(seed + 7 for seed in theirs.seeds)
    assert json.dumps(FULL) == before


def test_a_page_without_seeds_is_one_line():
    page = dict(parameters=dict(concepts=["violet_cloud"]))
    profile = dict(profile="p", parameters={}, experiments=dict(harmony=page, summary=dict(after=["harmony"])))
    with pytest.raises(ValueError, match="'harmony' states no training seeds"):
        again.repeated(profile)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A repository with one profile, and nothing run."""
    (tmp_path / "config").mkdir()
    page = dict(parameters=dict(seeds=[0, 1]), after=["regime"])
    profile = dict(profile="small", parameters={}, experiments=dict(probes=page, summary=dict(after=["probes"])))
    (tmp_path / "config/small.yaml").write_text(yaml.safe_dump(profile))
    monkeypatch.setattr(again, "ROOT", tmp_path)
    monkeypatch.setattr(again, "record_dir", lambda profile, page: tmp_path / "results" / profile / page)
    return tmp_path


def test_the_first_studys_settings_are_taken_over(home):
    made = home / "build/again.json"
    (home / "results/small/regime").mkdir(parents=True)
    (home / "results/small/regime/numbers.json").write_text('{"chosen_steps": "450"}')
    assert again.main(["small", str(made)]) == 0
    assert yaml.safe_load(made.read_text())["experiments"]["probes"]["parameters"]["seeds"] == [100, 101]
    assert (home / "results/again/regime/numbers.json").read_text() == '{"chosen_steps": "450"}'


@pytest.mark.parametrize("profile", ["small", "nowhere"])  # no settings chosen; no such profile
def test_what_is_missing_is_one_line_and_nothing_is_written(home, capsys, profile):
    assert again.main([profile, str(home / "build/again.json")]) == 1
    assert capsys.readouterr().err.startswith("error: ") and not (home / "build/again.json").exists()
