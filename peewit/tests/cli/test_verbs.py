"""What people who come from other tools type."""

import pytest

from .app import App

VERBS = {
    "undo": "rollback", "down": "rollback", "downgrade": "rollback", "up": "migrate", "upgrade": "migrate",
    "list": "status", "makemigrations": "create", "revision": "create", "stamp": "migrate --fake",
    "help": "--help", "version": "--version",
}  # fmt: skip


@pytest.mark.parametrize(("verb", "command"), VERBS.items())
def test_what_other_tools_call_it(app: App, verb: str, command: str) -> None:
    """It is said what it is here; nothing is run."""
    code, out, error = app(verb)
    assert (code, out) == (2, "")
    assert error.splitlines()[-1] == f'Error: No such command "{verb}": it is "{command}" here.'


def test_what_is_nearly_right_is_suggested(app: App) -> None:
    """A slip of the pen, and what nothing is like."""
    assert 'Did you mean "migrate"' in app("migrte")[2].replace("'", '"').replace("one of", "")
    assert "here" not in app("xyzzy")[2]
