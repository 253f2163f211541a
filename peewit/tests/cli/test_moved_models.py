"""A model that has moved to a module nobody has named: its table, with its rows, is not taken for one that has gone."""

import pytest

from .app import MODELS, App

PET = """

class Pet(pw.Model):
    class Meta:
        database = database
"""


@pytest.fixture
def moved(app: App) -> App:
    """Two tables; the class of one was moved out of the models' module."""
    app.models(text=MODELS + PET)
    assert app("create", "first")[0] == app("migrate")[0] == 0
    app.models()
    (app.folder / app.name / "pets.py").write_text(f"import peewee as pw\n\nfrom .models import database\n{PET}")
    return app


def test_it_is_refused_with_the_module(moved: App) -> None:
    """What is said to be written into the settings is written, and there is nothing to do."""
    code, _, error = moved("create", "second")
    line = f'models = ["{moved.name}.models", "{moved.name}.pets"]'
    assert code == 2
    assert f'table "pet" would be dropped, but {moved.name}.pets, which is not in models, has Pet' in error
    assert f"name that module as well: {line}" in error
    settings = moved.folder / "pyproject.toml"
    settings.write_text(settings.read_text().replace(f'models = "{moved.name}.models"', line))
    assert moved("create", "second")[1].startswith("no changes")


def test_a_table_that_has_gone_is_dropped(moved: App) -> None:
    """Also where another class has its name, that is no table."""
    (moved.folder / moved.name / "pets.py").write_text("class Pet:\n    pass\n")
    assert 'drop table "pet"' in moved("create", "second")[1]
