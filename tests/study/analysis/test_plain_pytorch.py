"""What the plain loop says of the row it learned."""

from study.analysis.plain_pytorch import told


def test_rows_that_went_another_way_are_not_called_the_same():
    same, other = (told(dict(cosine=c), "a model", 7)["verdict_short"] for c in (0.99996, 0.8))
    assert "the same row" in same and "1.0000" in same and "7 steps" in same
    assert "not quite" in other
