"""The built wheel: what an installed program has to have with it."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.program import ROOT, environment, migration_names

PENDING = """
import json, synth_codeai.database as front
print(json.dumps([front.__file__, [str(name) for name in front.manager().status().pending]]))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel was unpacked, as an installer does."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        env=environment(),
        check=True,
        capture_output=True,
        timeout=120,
    )
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in `folder` with the installed wheel in front of everything else."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(PYTHONPATH=str(installed)),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def test_the_wheel_holds_the_application_and_nothing_else(installed: Path) -> None:
    """Tests, scripts and the library beside it are not part of the distribution."""
    assert {path.name.split("-")[0] for path in installed.iterdir()} == {"synth_codeai"}
    assert (installed / "synth_codeai" / "py.typed").exists()


def test_an_installed_program_finds_its_migrations(installed: Path, tmp_path: Path) -> None:
    """The migrations are in the wheel and are found from anywhere; looking for them creates nothing."""
    imported, pending = json.loads(run(installed, tmp_path, "-c", PENDING).stdout)
    assert Path(imported).is_relative_to(installed)
    assert pending == migration_names()
    assert list(tmp_path.iterdir()) == []


def test_an_installed_program_runs(installed: Path, tmp_path: Path) -> None:
    """The first start applies what the wheel carries."""
    done = run(installed, tmp_path, "-m", "synth_codeai", "fact", "list")
    assert done.stdout == "no facts\n"
    assert f"applied {len(migration_names())} migrations" in done.stderr
