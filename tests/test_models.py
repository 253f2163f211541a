"""What the models promise beyond their columns."""

from datetime import datetime

import pytest

from synth_codeai.database import HumanInput, KeyFact, KeySnippet, ResearchNote, Session, Trajectory

pytestmark = pytest.mark.usefixtures("memory")

LONG_AGO = datetime(2001, 2, 3)


def new_session() -> Session:
    """Return a saved session with nothing special about it."""
    return Session.create(command_line="assistant", program_version="1", machine_info="{}")


def test_save_keeps_updated_at_current() -> None:
    """A saved row says when it was saved; when it was made does not change."""
    session = new_session()
    session.created_at = session.updated_at = LONG_AGO
    session.save()
    again = Session.get_by_id(session.id)
    assert again.created_at == LONG_AGO
    assert again.updated_at > LONG_AGO


def test_saving_some_fields_keeps_updated_at_current() -> None:
    """`save(only=...)` writes what was asked for and the time."""
    session = new_session()
    Session.update(updated_at=LONG_AGO).execute()
    session.plan = "written"
    session.display_name = "not written"
    session.save(only=[Session.plan])
    again = Session.get_by_id(session.id)
    assert (again.plan, again.display_name) == ("written", None)
    assert again.updated_at > LONG_AGO


def test_a_session_is_pending_until_it_is_said_to_run() -> None:
    """The default status is that of a session that was only planned."""
    assert new_session().status == "pending"


def test_what_was_learned_outlives_its_session_and_its_input() -> None:
    """Deleting a session takes its trajectory along; facts, snippets, notes and inputs stay, unlinked."""
    session = new_session()
    said = HumanInput.create(content="a", source="cli", session=session)
    KeyFact.create(content="a", session=session, human_input=said)
    KeySnippet.create(filepath="a.py", line_number=1, snippet="a", session=session, human_input=said)
    ResearchNote.create(content="a", session=session, human_input=said)
    Trajectory.create(record_type="step", session=session, human_input=said)
    session.delete_instance()
    assert HumanInput.get().session is None
    said.delete_instance()
    for model in (KeyFact, KeySnippet, ResearchNote):
        assert (model.get().session, model.get().human_input) == (None, None)
    assert Trajectory.select().count() == 0
