"""How the file names of a corpus are read."""

from __future__ import annotations

import re


def grammar(pattern: str) -> re.Pattern[str]:
    r"""Compile the grammar of a corpus's file names.

    The case of letters carries no meaning, since mirrors change it. Only ASCII counts: without that, digits of other
    scripts and letters such as the Kelvin sign would pass for those they look like.

    Args:
        pattern: a regular expression; blanks in it carry no meaning.

    Example:
        >>> bool(grammar(r"k (?P<text> \d)").fullmatch("K1"))
        True
        >>> grammar(r"k\d").fullmatch("\N{KELVIN SIGN}1") is None
        True
    """
    return re.compile(pattern, re.IGNORECASE | re.ASCII | re.VERBOSE)
