"""The door: the README's lines of Python learn a word and draw with it; what needs little loads little."""

import re
import subprocess
import sys

import pandas as pd
import pytest

import textinv_core
from textinv_core.paths import NOTEBOOKS, ROOT


def test_the_readmes_python_learns_a_word_and_draws_with_it(model_folder, judge, tmp_path, monkeypatch):
    (source,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    for asked, small in (
        ('"pocket"', repr(str(model_folder))),
        ("600", "4"),
        ("load_judge()", f"load_judge({judge.model.name_or_path!r})"),
    ):
        assert asked in source
        source = source.replace(asked, small)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(source, names)
    assert names["run"].steps == [0, 4] and (tmp_path / "words/run.json").is_file()
    assert isinstance(names["table"], pd.DataFrame) and len(names["table"]) == len(names["images"]) == 16
    assert names["table"]["reconstruction"].notna().all() and (tmp_path / "first.png").is_file()


def test_the_readmes_map_names_every_module():
    rooms = [*(ROOT / "textinv_core").rglob("*.py"), *(NOTEBOOKS / "study").glob("*.py")]
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [path.stem for path in rooms if path.name != "__init__.py" and f"`{path.stem}`" not in text]


def test_every_name_in_the_door_is_there_and_no_other():
    assert {"load_pipeline", "load_concept", "Arm", "train", "generate", "evaluate", "load_judge"} == set(
        textinv_core.__all__
    )
    for name in textinv_core.__all__:
        assert callable(getattr(textinv_core, name)) and name in dir(textinv_core)
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = textinv_core.trian


def test_the_paths_alone_need_no_torch():
    code = "import sys, textinv_core.paths; sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
