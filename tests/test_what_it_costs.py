"""The page of costs runs on any model; what it times is not tested, machines differ."""

import json

import pandas as pd
import pytest
import yaml
from test_notebooks import RUNNER, read, run

SMALL = dict(
    concepts=["violet_cloud", "sky_castle"], arms=[1, 2], calls=1, repeats=2, steps=3, seeds=[3, 4],
    images_per_prompt=1, contexts=2, num_inference_steps=2, sampler_steps=[1, 2], updates=8, sd15_rate=5.0,
)  # fmt: skip


@pytest.mark.slow
def test_the_page_runs_and_records(model_folder, judge, tmp_path):
    where = dict(model=str(model_folder), judge=judge.model.name_or_path, out="records", runs="words")
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(SMALL | where))
    done = run([*RUNNER, "what_it_costs", "out.ipynb", "-f", "settings.yaml"], tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not [o for c in read(tmp_path / "out.ipynb").cells for o in c.get("outputs", []) if o.output_type == "error"]
    records = tmp_path / "records"
    rates, quality = (pd.read_csv(records / f"{name}.csv") for name in ("rates", "quality"))
    assert sorted(rates.query("loop == 'ours'")["words"].unique()) == SMALL["arms"]
    assert (rates[["rate", "speedup", "network"]] > 0).all(axis=None)
    assert rates.query("loop != 'published'")["both"].gt(0).all()
    assert set(rates["loop"]) == {"published", "ours"} and pd.read_csv(records / "compiling.csv").empty
    assert len(quality) == 2 * len(SMALL["concepts"]) * len(SMALL["seeds"])
    assert quality["cosine_of_rows"].min() > 0.99  # the same draws, a few steps
    assert json.loads((records / "numbers.json").read_text())["basis"] == "a measured rate"
