from __future__ import annotations

import pytest

from ser.config import load
from ser.errors import ConfigError
from ser.features.engine import Processes
from ser.features.source import feature_source


def test_workers_are_those_of_the_job() -> None:
    assert load(["workers=3"]).engine == Processes(workers=3)
    assert load([]).engine == Processes(workers=None)
    assert load(["workers=3", "engine.workers=2"]).engine == Processes(workers=2)


def test_no_worker_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"engine\.workers: expected at least one worker"):
        Processes(workers=0)


def test_nobody_to_ask_means_one_a_core() -> None:
    assert list(Processes(workers=None).run(lambda _: pytest.fail("there is nothing to do"), [])) == []


def test_the_engine_is_no_part_of_what_features_are() -> None:
    names = {
        feature_source(settings.work_dir, settings.features, settings.augment).clean_space.folder
        for settings in (load(["engine=processes"]), load(["engine=spark"]))
    }
    assert len(names) == 1
