"""Files are whole or absent, and read back as they were."""

import os
import platform
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import draw
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from textinv_core import files
from textinv_core.paths import record_dir


def test_a_write_that_fails_leaves_the_file_that_was_there(tmp_path):
    path = tmp_path / "deep" / "a.json"
    files.write_json(path, {"a": 1})
    with pytest.raises(RuntimeError), files.atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert files.load_json(path) == {"a": 1} and os.listdir(path.parent) == ["a.json"]


def test_a_write_replaces_in_one_move(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"a": 1})
    with files.atomic(path) as temporary:
        temporary.write_text('{"a": 2}')
        assert files.load_json(path) == {"a": 1}
    assert files.load_json(path) == {"a": 2}


def test_what_a_killed_writer_left_is_swept_out(tmp_path):
    (tmp_path / ".state.safetensors.123.tmp").write_bytes(b"half")
    with files.lock(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]
        with pytest.raises(ValueError, match="another process"), files.lock(tmp_path):
            pass


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_tables_keep_float32_values_and_arm_names(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("table") / "t.csv"
    table = pd.DataFrame({"arm": ["0012345678"] * len(values), "x": values})
    back = files.load_table(files.write_table(path, table), columns=("arm", "x"))
    assert back["arm"].tolist() == table["arm"].tolist()
    assert np.array_equal(back["x"].astype(np.float32), np.array(values, dtype=np.float32))


def test_bad_records_are_named_in_one_line(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "empty.csv").write_text("")
    for call, named in (
        (lambda: files.load_table(tmp_path / "a.csv", ("arm", "x", "y")), "a.csv.*arm, y"),
        (lambda: files.load_table(tmp_path / "empty.csv"), "empty.csv"),
        (lambda: files.load_table(tmp_path / "absent.csv"), "absent.csv"),
        (lambda: files.load_json(tmp_path / "a.json"), "a.json"),
        (lambda: record_dir("quick", "../elsewhere"), "record name"),
    ):
        with pytest.raises(ValueError, match=named) as error:
            call()
        assert "\n" not in str(error.value)


def test_the_same_picture_gives_the_same_bytes(tmp_path):
    one, two = (files.write_image(tmp_path / f"{i}.png", draw(3)).read_bytes() for i in range(2))
    with Image.open(tmp_path / "0.png") as image:
        assert one == two and image.mode == "RGB"


def test_a_torn_file_goes_when_it_is_written_again_and_one_being_written_stays(tmp_path):
    (killed := subprocess.Popen([sys.executable, "-c", ""])).wait()
    torn, writing, other = (
        tmp_path / f".{name}.{platform.node()}.{pid}.tmp"
        for name, pid in (("a.png", killed.pid), ("a.png", os.getppid()), ("b.png", killed.pid))
    )
    for path in (torn, writing, other):
        path.write_bytes(b"half")
    files.write_image(tmp_path / "a.png", Image.new("RGB", (4, 4)))
    assert not torn.exists() and writing.exists() and other.exists()
