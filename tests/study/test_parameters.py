"""A wrong parameter is one line, before anything runs."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from study.parameters import ParameterError, check, check_notebook, declared
from study.run import typed

CELL = """
steps: int = 100  # [updates] length
learning_rate: float = 0.01  # [per update] step size
concept: str = ""  # [folder] what to learn
seeds: list[int] = [0, 1]  # [numbers] training seeds
flip: bool = True  # [yes or no] mirror pictures
"""
TYPES = declared(CELL)


def test_names_types_and_defaults():
    assert {"steps": int, "learning_rate": float, "concept": str, "seeds": list[int], "flip": bool} == TYPES
    check(dict(steps=100, learning_rate=0.01, concept="", seeds=[0, 1], flip=True), TYPES)


def test_a_whole_number_will_do_for_a_number():
    check({"learning_rate": 1}, TYPES)


@pytest.mark.parametrize(
    ("given_value", "said"),
    [
        ({"stepps": 5}, "unknown parameter `stepps`: did you mean `steps`?"),
        ({"zzz": 5}, "unknown parameter `zzz`: there are: steps, learning_rate, concept, seeds, flip"),
        ({"steps": "5"}, "`steps` must be a whole number, not '5' (on the command line: -p instead of -r)"),
        ({"steps": 5.0}, "`steps` must be a whole number, not 5.0"),
        ({"steps": True}, "`steps` must be a whole number, not True"),
        ({"learning_rate": math.nan}, "`learning_rate` must be a number, not nan"),
        ({"learning_rate": math.inf}, "`learning_rate` must be a number, not inf"),
        ({"concept": None}, "`concept` must be a text, not None (on the command line: -r instead of -p)"),
        ({"concept": 1}, "`concept` must be a text, not 1"),
        ({"seeds": 3}, "`seeds` must be a list, each item a whole number, not 3"),
        ({"seeds": [0, "1"]}, "`seeds` must be a list, each item a whole number, not [0, '1']"),
        ({"flip": 1}, "`flip` must be true or false, not 1"),
    ],
)
def test_wrong_parameters_are_one_line(given_value, said):
    with pytest.raises(ParameterError) as error:
        check(given_value, TYPES)
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("line", ["steps = 5", "steps: int", "steps: dict = {}", "print(1)", "a.b: int = 1"])
def test_a_parameters_cell_that_declares_no_type_is_refused(line):
    with pytest.raises(ParameterError):
        declared(line)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_as_json_is_read_as_that_number(number):
    assert typed(json.dumps([number])) == [number]  # YAML 1.1 takes 1e-05 for a word


def test_a_number_in_quotes_stays_a_text():
    assert typed("{a: 5e-3, b: '5e-3', c: 1e5x}") == dict(a=0.005, b="5e-3", c="1e5x")


NAMES = st.sampled_from(["steps", "learning_rate", "concept", "seeds", "flip", "other"])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_only_declared_values_pass(values):
    try:
        check(values, TYPES)
    except ParameterError as error:
        assert "\n" not in str(error)
    else:
        assert set(values) <= set(TYPES)


INJECTED = "# Parameters\nsteps = 7\nstepps = 9\n"


def test_a_notebook_checks_what_papermill_injected():
    values = {"steps": 7, "learning_rate": 0.1, "concept": "", "seeds": [0], "flip": True}
    check_notebook(["", CELL, "# Parameters\nsteps = 7\n", "check()"], values)
    with pytest.raises(ParameterError, match="did you mean `steps`"):
        check_notebook(["", CELL, INJECTED, "check()"], values | {"stepps": 9})
    with pytest.raises(ParameterError, match="`steps` must be a whole number"):
        check_notebook(["", CELL, "# Parameters\nsteps = '7'\n", "check()"], values | {"steps": "7"})


def test_a_notebook_run_by_hand_is_left_alone():
    check_notebook(["", "import os", "check()"], {"os": 1})
    check_notebook(["", "check()"], {})
    check_notebook(["", "%matplotlib inline", "check()"], {})


def test_the_error_has_no_traceback_in_a_notebook():
    assert ParameterError("one line")._render_traceback_() == ["ParameterError: one line"]
