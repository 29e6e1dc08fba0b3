from __future__ import annotations

from ser.corpora.grammar import grammar


def test_case_and_blanks_in_the_pattern_carry_no_meaning() -> None:
    found = grammar(r"(?P<who> [ab]) _ (?P<number>\d\d)").fullmatch("A_07")
    assert found is not None
    assert found.groupdict() == {"who": "A", "number": "07"}


def test_only_ascii_counts() -> None:
    assert grammar(r"k\d").fullmatch("K1")
    assert not grammar(r"k\d").fullmatch("\N{KELVIN SIGN}1")
    assert not grammar(r"k\d").fullmatch("k\N{ARABIC-INDIC DIGIT ONE}")
