from ser.evaluation.markdown import number, table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    text = table(["name", "n"], [["a long one", "1"], ["b", "12345"]], "lr")
    assert text.splitlines() == [
        "| name       |     n |",
        "| :--------- | ----: |",
        "| a long one |     1 |",
        "| b          | 12345 |",
    ]


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert "a\\|b" in table(["x"], [["a|b"]], "l")


def test_a_table_without_rows_has_a_header() -> None:
    assert table(["a", "b"], [], "ll").splitlines() == ["| a   | b   |", "| :-- | :-- |"]


def test_numbers_have_the_digits_asked_for() -> None:
    assert number(0.5, 1) == "0.5"
    assert number(None) == "-"
