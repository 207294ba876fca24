"""A result is named by what decides it: a changed formula is another name, a changed comment is not."""

import json
import shutil

import pytest

from textinv_core.paths import ROOT
from textinv_core.provenance import code_identity, identity, import_closure, provenance

LEARNING, DRAWING = "textinv_core.learning.training", "textinv_core.drawing.generation"


@pytest.fixture
def copy(tmp_path):
    """A copy of the core to change."""
    shutil.copytree(ROOT / "textinv_core", tmp_path / "textinv_core", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.fixture
def changed(copy):
    """The modules of `of` whose identity changes when `old` becomes `new` in a file of the core."""

    def change(file, old, new, of=(LEARNING, DRAWING)):
        code_identity.cache_clear()
        before = [code_identity(module, copy) for module in of]
        path = copy / "textinv_core" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        code_identity.cache_clear()
        return [module for module, was in zip(of, before, strict=True) if code_identity(module, copy) != was]

    yield change
    code_identity.cache_clear()


def test_provenance_names_what_decides_the_numbers():
    settings = dict(data={"a": "12"}, model="34")
    record = provenance({"steps": 3, "seeds": [0, 1]}, **settings, seconds=1.5)
    assert json.loads(json.dumps(record)) == record
    assert {"id", "parameters", "data", "model", "code", "commit", "versions", "machine", "time"} <= record.keys()
    assert record["versions"]["torch"] and record["machine"]["cores"] and "node" not in record["machine"]
    assert provenance({"seeds": [0, 1], "steps": 3}, **settings)["id"] == record["id"]
    assert provenance({"steps": 4, "seeds": [0, 1]}, **settings)["id"] != record["id"]
    assert provenance({"steps": 3, "seeds": [0, 1]}, data={"a": "13"}, model="34")["id"] != record["id"]


def test_identity_does_not_depend_on_order():
    assert identity({"a": 1, "b": 2}) == identity({"b": 2, "a": 1}) != identity({"a": 1, "b": 3})


def test_a_comment_a_docstring_and_a_line_break_change_nothing(changed):
    loss = "return (noise_pred.float() - target.float()).pow(2).flatten(1).mean(1)"
    assert changed("learning/losses.py", "import torch", "# the framework\nimport torch") == []
    assert changed("learning/losses.py", '"""Mean squared error', '"""The mean squared error') == []
    assert changed("learning/losses.py", '"""The losses', '"""All the losses') == []
    assert changed("learning/losses.py", loss, loss.replace(" - ", "\n        - ")) == []


def test_a_formula_changes_what_rests_on_it(changed):
    assert changed("learning/losses.py", ".flatten(1).mean(1)", ".flatten(1).sum(1)") == [LEARNING]
    assert changed("learning/tokens.py", "FIRST_LEARNED_ID = 2**20", "FIRST_LEARNED_ID = 2**21") == [LEARNING, DRAWING]
    assert changed("drawing/generation.py", "batch_size: int = 16", "batch_size: int = 8") == [DRAWING]


@pytest.mark.parametrize("file", ["evaluation/metrics.py", "evaluation/stats.py", "baselines/dreambooth.py"])
def test_measuring_and_what_is_shown_change_no_word_and_no_picture(changed, file):
    assert changed(file, "\n\n\n", "\n\nMORE = True\n\n\n") == []
    assert changed(file, "\n\n\n", "\n\nMORE = True\n\n\n", of=["textinv_core"]) == ["textinv_core"]


def test_a_word_rests_on_what_training_imports_and_on_no_figure():
    closure = set(import_closure(LEARNING))
    room = {path.stem for path in (ROOT / "textinv_core/learning").glob("*.py")} - {"__init__"}
    assert {f"textinv_core.learning.{module}" for module in room} <= closure
    assert not [name for name in closure if name.split(".")[1] in ("drawing", "baselines", "evaluation")]
    assert DRAWING not in closure and not [name for name in import_closure("textinv_core") if "figures" in name]


def test_what_is_no_module_is_named(tmp_path):
    with pytest.raises(ValueError, match="'textinv_core.nothing': not found"):
        code_identity("textinv_core.nothing")
