"""How values become text."""

import unicodedata
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_codeai.cli.output import cell, write_table


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (0.5, "0.5000"),
        (12, "12"),
        (datetime(2026, 11, 22, 15, 50, 4, 123), "2026-11-22 15:50:04"),
        ("one\n\ttwo  three", "one two three"),
        ("\x1b[31mred", "\N{REPLACEMENT CHARACTER}[31mred"),
        ("x" * 72, "x" * 72),
        ("x" * 73, "x" * 71 + "…"),
        ("日" * 40, "日" * 35 + "…"),
    ],
)
def test_a_cell_is_one_readable_line(value: object, expected: str) -> None:
    """Every kind of value has one spelling, short enough for a column."""
    assert cell(value) == expected


@given(st.text())
def test_a_cell_never_breaks_its_column(text: str) -> None:
    """Whatever the text, a cell is one line without control characters."""
    shown = cell(text)
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(character) == "Cc" for character in shown)


def test_wide_characters_take_two_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """The column after text in a wide script starts where it does after Latin text."""
    write_table(
        ["name", "next"], [["日本", "a"], ["abcd", "b"], ["e\N{COMBINING ACUTE ACCENT}", "c"]], empty=""
    )
    assert capsys.readouterr().out.splitlines() == [
        "name  next",
        "日本  a",
        "abcd  b",
        "e\N{COMBINING ACUTE ACCENT}     c",
    ]


def test_numbers_stand_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    """Figures of different length line up at their last digit, missing ones too."""
    write_table(["n"], [[1], [200], [None]], empty="")
    assert capsys.readouterr().out.splitlines() == ["  n", "  1", "200", "  -"]
