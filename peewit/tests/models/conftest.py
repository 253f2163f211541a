"""What the tests of models share: packages made of text that can be imported."""

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_numbers = itertools.count()

MakePackage = Callable[[dict[str, str]], str]


@pytest.fixture
def package(tmp_path: Path) -> Iterator[MakePackage]:
    """Make a package of texts by module name, under a name of its own; ``APP`` in a text is that name."""
    sys.path.insert(0, str(tmp_path))
    made: list[str] = []

    def make(modules: dict[str, str]) -> str:
        name = f"models_package_{next(_numbers)}"
        made.append(name)
        for module, text in {"__init__": "", **modules}.items():
            path = tmp_path / name / f"{module.replace('.', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("import peewee as pw\n" + text.replace("APP", name), encoding="utf-8")
        importlib.invalidate_caches()
        return name

    yield make
    sys.path.remove(str(tmp_path))
    for name in [n for n in sys.modules if n.split(".")[0] in made]:
        del sys.modules[name]
