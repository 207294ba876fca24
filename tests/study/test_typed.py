"""Concepts by type: which of them are compared, and how a figure writes them."""

from types import SimpleNamespace

from study.typed import SHOWN, Typed, measure_types


def test_concepts_without_held_out_pictures_are_left_out(concept):
    page = SimpleNamespace(parameters=dict(seeds=[3], learning_rate=0.01, steps=1, batch_size=1, contexts=1))
    none = measure_types(page, [concept.model_copy(update=dict(held_out=()))], see=None)
    assert none.concepts == () and none.scores == [] and none.tiles.empty and none.heads == {}
    assert list(none.tiles) == ["concept", "column", "image"]


def test_a_concept_is_written_with_its_type(concept):
    table = Typed((concept,), [], tiles=None)
    assert table.heads == {"red_tower": "building\nred tower"} and table.plain == {"red_tower": "a photo of {}"}
    assert len(set(SHOWN)) == 3
