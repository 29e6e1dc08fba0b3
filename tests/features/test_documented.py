"""The page of recipes is in step with `conf/features`."""

from __future__ import annotations

import re
from pathlib import Path

from ser import paths
from ser.config import load

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
GIVES = {"vector": "one row", "sequence": "frames"}


def test_every_recipe_is_listed_with_what_it_gives() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| (.*?\| .*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    expected = {}
    for name in paths.choices("features"):
        recipe = load([f"features={name}"]).features
        width = "the encoder's" if name.startswith("ssl") else recipe.width
        expected[name] = f"{GIVES[recipe.kind]} | {width}"
    assert listed == expected
