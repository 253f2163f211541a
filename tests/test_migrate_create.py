"""How the answers given to `make migrate-create` are taken apart."""

import pytest

from scripts.migrate_create import answers, arguments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  ", []),
        ("a.b=1", ["a.b=1"]),
        (" a.b=1  c.d=2 ", ["a.b=1", "c.d=2"]),
        ("a.b='x y' c.d=\"p q\"", ["a.b='x y'", 'c.d="p q"']),
        ("a.b=max(1, 2) c.d=[1, {2: 3}]", ["a.b=max(1, 2)", "c.d=[1, {2: 3}]"]),
        ("a.b=(1 if x else 2)", ["a.b=(1 if x else 2)"]),
        (r"a.b='it\'s ok' c.d=1", [r"a.b='it\'s ok'", "c.d=1"]),
        ("a.b='(' c.d=')'", ["a.b='('", "c.d=')'"]),
        ('a.b="it\'s" c.d=1', ['a.b="it\'s"', "c.d=1"]),
        ("a.b='$HOME $(ls) `x`'", ["a.b='$HOME $(ls) `x`'"]),
    ],
)
def test_answers_are_separated_by_spaces_outside_expressions(text: str, expected: list[str]) -> None:
    """A space inside quotes or brackets belongs to the expression."""
    assert answers(text) == expected


@pytest.mark.parametrize(("text", "left"), [("a.b='x", "a '"), ('a.b="x', 'a "'), ("a.b=(1", "a bracket")])
def test_an_answer_that_is_cut_short_is_refused(text: str, left: str) -> None:
    """What is still open at the end is named."""
    with pytest.raises(ValueError, match=left):
        answers(text)


def test_answers_become_options() -> None:
    """Each answer is an option of its own; the name comes last and is never taken for an option."""
    given = {
        "MIGRATION_NAME": " --Add plan ",
        "MIGRATION_RENAME": "a.b:c d:e",
        "MIGRATION_FILL": "a.b='x y' c.d=1",
    }
    options = ["--rename=a.b:c", "--rename=d:e", "--fill=a.b='x y'", "--fill=c.d=1"]
    assert arguments(given) == ["create", *options, "--", "--Add plan"]


def test_nothing_was_renamed() -> None:
    """`rename=none` answers for every pair that looks like a rename."""
    assert arguments({"MIGRATION_NAME": "x", "MIGRATION_RENAME": "none"}) == [
        "create",
        "--no-rename",
        "--",
        "x",
    ]
    both = arguments({"MIGRATION_NAME": "x", "MIGRATION_RENAME": "a.b:c none"})
    assert both == ["create", "--rename=a.b:c", "--no-rename", "--", "x"]
