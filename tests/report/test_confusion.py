from ser.report.confusion import errors


def test_errors_are_listed_by_their_share_of_the_true_class() -> None:
    counts = [[90, 10, 0], [3, 6, 1], [0, 0, 0]]
    found = errors(["angry", "happy", "sad"], counts)
    assert found == [("happy", "angry", 3, 0.3), ("angry", "happy", 10, 0.1), ("happy", "sad", 1, 0.1)]
