"""The migrations folder of a project: a path, a package, or a folder inside a package."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from peewit.errors import UNCHANGED, ConfigError, NameTakenError, UnknownTargetError, suggestion, unreadable
from peewit.files.names import NAME, listing, next_name, order, snake_case

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from peewit.files.loader import Migration

ZERO = "zero"
"""The target of a rollback that means: before the first migration."""

PART = ".part"
"""How the name of a file ends as long as it is not whole."""

LONGEST = 150
"""Bytes a migration's name may have: files, and copies of databases named after it, have to be possible."""


def place_of(directory: str | os.PathLike[str]) -> tuple[str, Traversable | None]:
    """The path behind ``"package:folder"``, a package's dotted name, or a path.

    With it the folder itself, where its package lies in an archive: a zipped application, a wheel on the path.
    """
    text = os.fspath(directory)
    name, colon, folder = text.partition(":")
    is_path = os.sep in name or (colon and len(name) == 1)
    if is_path or not (colon or ("." in text and not os.path.exists(text) and _is_dotted(text))):
        return text, None
    package = _package(name)
    path = str(package / folder) if folder else str(package)
    if os.path.isdir(package):
        return path, None
    from importlib.resources import files

    return path, files(name).joinpath(folder) if folder else files(name)


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _package(name: str) -> Path:
    try:
        module = import_module(name)
    except ImportError as error:
        raise ConfigError(f'the migrations folder is in package "{name}", which cannot be imported: {error}') from error
    paths = list(getattr(module, "__path__", []))
    if not paths:
        raise ConfigError(f'"{name}" is a module, not a package: it has no folder for migrations')
    return Path(paths[0])


class Folder:
    """The migration files of a project. In an archive they can be read and applied, and none can be written."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory, self._packed = place_of(directory)
        self._left_out = ""

    @cached_property
    def path(self) -> Path:
        """Where the files are."""
        return Path(self._directory)

    def names(self) -> list[str]:
        """All migrations, in the order they run."""
        return sorted(self._listing(), key=order)

    def listed(self, applied: Sequence[str] = ()) -> frozenset[str]:
        """All migrations: one listing of the folder, and nothing else.

        ConfigError where not even the folder is there that something was ``applied`` from.
        """
        names = frozenset(self._listing())
        if applied and not names:
            self.refuse_absent(applied)
        return names

    def is_there(self) -> bool:
        """Whether there is a folder at all; ConfigError where something else has its name, or it may not be seen."""
        if os.path.isdir(self._directory) if self._packed is None else self._packed.is_dir():
            return True
        self._listing()
        return False

    def refuse_absent(self, applied: Sequence[str] = ()) -> None:
        """ConfigError where there is no such folder; ``applied`` is what the database has."""
        if self.is_there():
            return
        if applied:
            count = f"{len(applied)} migration{'' if len(applied) == 1 else 's'}"
            raise ConfigError(
                f"there is no folder {self._directory}, and the database has {count} applied",
                state=UNCHANGED,
                hint="name the folder that has their files: --directory, or directory in [tool.peewit]; in a package "
                "that is installed it has to be part of that",
            )
        raise ConfigError(
            f"there is no folder {self._directory}",
            state=UNCHANGED,
            hint="name the one that has the migrations: --directory, or directory in [tool.peewit], which peewit init "
            "writes\nthe first migration makes it: peewit create NAME",
        )

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """As if a migration had no file, for as long as it is looked at."""
        self._left_out = name
        try:
            yield
        finally:
            self._left_out = ""

    def _listing(self) -> list[str]:
        if self._packed is None:
            names = listing(self._directory)
        else:
            names = [file.name[:-3] for file in self._packed.iterdir() if NAME.match(file.name)]
        return [name for name in names if name != self._left_out]

    def file(self, name: str) -> Path:
        """The path of a migration's file."""
        return self.path / f"{name}.py"

    def has(self, name: str) -> bool:
        """Whether a migration has a file."""
        try:
            return name != self._left_out and self._file(name).is_file()
        except OSError as error:
            raise unreadable("migration", self.file(name), error) from error

    def read(self, name: str) -> bytes:
        """The text of a migration's file."""
        if self._packed is not None:
            return self._packed.joinpath(f"{name}.py").read_bytes()
        try:
            with open(f"{self._directory}{os.sep}{name}.py", "rb", buffering=0) as file:
                return file.read()
        except OSError as error:
            raise unreadable("migration", self.file(name), error) from error

    def _file(self, name: str) -> Path | Traversable:
        return self.file(name) if self._packed is None else self._packed.joinpath(f"{name}.py")

    def load(self, name: str) -> Migration:
        """A migration, compiled."""
        from peewit.files.loader import load

        return load(name, self.read(name), str(self.file(name)))

    def new_name(self, words: str) -> str:
        """The full name of a new migration; NameTakenError where the words make none. The number is given."""
        plain = re.sub(r"^\d+(_|$)", "", snake_case(words))
        if not plain:
            raise NameTakenError(f"{words!r} is no name for a migration: use words, as in add_plan_to_session_model")
        if (length := len(plain.encode())) > LONGEST:
            raise NameTakenError(
                f"the name of the migration is too long: {length} bytes, and at most {LONGEST} are possible",
                hint="say in a few words what changes; the file itself tells the rest",
            )
        return next_name(self.names(), plain)

    def write(self, name: str, text: str) -> Path:
        """Write a new migration's file, whole or not at all; never over another one but that which is left out.

        NameTakenError where somebody else has written one meanwhile, which this one knows nothing of.
        """
        path = self.file(name)
        if self._packed is not None:
            raise ConfigError(
                f"{path} cannot be written: it is inside an archive",
                state="no file was written",
                hint="create migrations where the sources are",
            )
        part = self.path / f".{name}.{os.getpid()}{PART}"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with _one_at_a_time(self.path):
                self._refuse_overtaken(name)
                _write_out(part, text)
                if name == self._left_out:
                    part.replace(path)
                else:
                    _put(part, path)
        except FileExistsError as error:
            raise NameTakenError(f"{path} exists already") from error
        except OSError as error:
            raise ConfigError(
                f"{path} cannot be written: {error.strerror}",
                state="no file was written",
                hint="does the disk have room, and may the folder be written?",
            ) from error
        finally:
            with suppress(OSError):
                part.unlink()
        return path

    def _refuse_overtaken(self, name: str) -> None:
        number = order(name)[0]
        for other in self.names():
            if other != name and order(other)[0] >= number:
                raise NameTakenError(
                    f"{self.file(other)} was written meanwhile, by somebody else",
                    state="no file was written",
                    hint="look at it, then type the same again: it may say already what this one would",
                )


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """One writer in a folder, and what one that was killed has left half written goes.

    The lock is on the folder itself, and ends with its holder. Where there is no such lock, there is none.
    """
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
            for part in folder.glob(f".[0-9]*{PART}"):
                part.unlink()
        yield
    finally:
        os.close(handle)


def _write_out(path: Path, text: str) -> None:
    """Write a file as far as the disk itself."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _put(part: Path, path: Path) -> None:
    """Give a file its name; FileExistsError where there is one of that name."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        if path.exists():
            raise FileExistsError(path) from None
        part.rename(path)


def resolve(target: str, names: Iterable[str]) -> str:
    """The migration a target means: its full name, or a unique beginning of it or of what follows its number."""
    known = list(names)
    found = meant(target, known)
    if found is not None:
        return found
    raise UnknownTargetError(f'no migration is called "{target}"', hint=_suggest(target, known))


def meant(target: str, known: Sequence[str]) -> str | None:
    """The same; None where it is none of them."""
    if not isinstance(target, str):
        raise ConfigError(f"a migration is meant by its name, not by {target!r}", hint='for example "007"')
    if target in known:
        return target
    # A number is that number before it is the beginning of another: 1 is not 100_last.
    found = [name for name in known if target.isdecimal() and order(name)[0] == int(target)]
    found = found or [name for name in known if name.startswith(target) or name.partition("_")[2] == target]
    if len(found) > 1:
        raise UnknownTargetError(f'"{target}" may mean {", ".join(found)}', hint="give more of the name")
    return found[0] if found else None


def up_to(target: str | None, pending: list[str], names: list[str]) -> list[str]:
    """What of the pending migrations is to be applied: all, so many (``"+2"``), or those up to and including one."""
    if target is None:
        return pending
    if str(target).startswith("+") and target[1:].isdigit():
        return pending[: int(target[1:])]
    if target == ZERO and ZERO not in names:
        raise UnknownTargetError(f'no migration is called "{ZERO}"', hint="to undo all of them: peewit rollback zero")
    full = resolve(target, names)
    return pending[: pending.index(full) + 1] if full in pending else []


def back_to(target: str | None, count: int, applied: list[str], names: Iterable[str] = ()) -> list[str]:
    """What of the applied migrations is to be undone, newest first: so many, or those after a target.

    ``names`` are those of all files: one that is pending may be meant as well.
    """
    if not applied:
        raise nothing_to_undo()
    if target == ZERO:
        return applied[::-1]
    if target is not None:
        full = resolve(target, dict.fromkeys([*applied, *names]))
        if full not in applied:
            raise UnknownTargetError(
                f"migration {full} is pending: nothing of it was applied, so there is no way back to it",
                hint="what is applied: peewit status",
            )
        return applied[applied.index(full) + 1 :][::-1]
    if count < 1:
        raise ConfigError(f"a rollback of {count} migrations is not possible")
    return applied[-count:][::-1]


def nothing_to_undo() -> UnknownTargetError:
    """Of a rollback where no migration is applied."""
    return UnknownTargetError("there is nothing to roll back: no migration is applied")


def _suggest(target: str, known: list[str]) -> str:
    words = [name.partition("_")[2] for name in known]
    told = suggestion(target, [*known, *words])
    return told if told.startswith("did") else suggestion(target, known)
