"""A page that loads everything itself leaves the same record as any other."""

from study.bare import bare_page
from textinv_core.files import load_json
from textinv_core.learning.concepts import data_hash


def test_a_bare_page_records_its_parameters_and_what_it_loaded(pipe, judge, concept, tmp_path):
    given = dict(model="a model", steps=3, profile="own", out=str(tmp_path / "records"))
    cells = given | {"__annotations__": dict.fromkeys(given, str), "something_else": 1}
    page = bare_page("forty_lines", cells, pipe, judge, concept)
    page.close({})
    record = load_json(tmp_path / "records/provenance.json")
    assert record["parameters"] == dict(model="a model", steps=3, judge=judge.name, concepts=[concept.name])
    assert record["data"] == {concept.name: data_hash(concept)} and record["page"] == "forty_lines"
    assert record["seconds"] > 0
