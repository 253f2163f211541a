"""The versions that are promised are those that are tried."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]


def pins(name: str) -> dict[str, Version]:
    """The versions a file of constraints names, by package."""
    found = re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / name).read_text(), flags=re.MULTILINE)
    return {package.lower(): Version(version) for package, version in found}


def promised() -> list[Requirement]:
    """What peewit needs to run, with its drivers."""
    project = tomllib.loads((ROOT / "peewit/pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    return [Requirement(text) for text in (*project["dependencies"], *extras["postgres"], *extras["mysql"])]


@pytest.mark.parametrize("needed", promised(), ids=lambda needed: needed.name)
def test_the_oldest_version_is_one_that_is_tried(needed: Requirement) -> None:
    """Each lower bound is what `make oldest` installs, and each upper bound lets in what `make test` does."""
    (lowest,) = [each.version for each in needed.specifier if each.operator == ">="]
    assert pins("constraints-oldest.txt")[needed.name] == Version(lowest)
    assert pins("constraints.txt")[needed.name] in needed.specifier
    assert [each for each in needed.specifier if each.operator == "<"]
