import copy

from matplotlib.colors import to_hex

from ser.evaluation.figures import ORANGE
from ser.evaluation.group_figure import group_figure
from ser.evaluation.results import RunResult


def test_every_group_has_a_dot_and_the_worst_is_orange(result: RunResult) -> None:
    groups = result.summary["groups"]
    figure = group_figure(groups, result.summary["uar"], "A title")
    assert len(figure.axes) == len(groups["groupings"])
    for axes, (name, grouping) in zip(figure.axes, groups["groupings"].items(), strict=True):
        assert axes.get_title(loc="left").startswith(name)
        rows = grouping["rows"]
        (dots,) = axes.collections
        assert [x for x, _ in dots.get_offsets()] == [row["uar"] for row in rows]
        orange = [to_hex(colour) == ORANGE for colour in dots.get_facecolors()]
        assert orange == [row["group"] == grouping["worst"] for row in rows]
        # The line of all utterances, and one for each interval.
        assert len(axes.lines) == 1 + sum(row["uar_interval"] is not None for row in rows)
        assert [label.get_text() for label in axes.get_yticklabels()] == [f"{r['group']}  ({r['n']})" for r in rows]


def test_many_groups_share_a_line(result: RunResult) -> None:
    groups = copy.deepcopy(dict(result.summary["groups"]))
    speakers = groups["groupings"]["speaker"]["rows"]
    groups["groupings"]["speaker"]["rows"] = speakers * 3
    axes = group_figure(groups, 0.5, "A title").axes[1]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["18 groups"]
    assert len(axes.collections[0].get_offsets()) == 18


def test_nothing_to_compare_is_said(result: RunResult) -> None:
    figure = group_figure({**result.summary["groups"], "groupings": {}}, 0.5, "A title")
    assert [text.get_text() for text in figure.axes[0].texts] == ["no two groups to compare"]
