"""Fields whose values are not what their column's type says: a moment kept as a number, flags as bytes, an address.

Between two such columns the database's own conversion would give other values, or none. So each has one of its own,
as Peewee reads the one field and writes the other: https://docs.peewee-orm.com/en/latest/peewee/models.html#fields
"""

from __future__ import annotations

import calendar
import ipaddress
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from datetime import time as clock
from typing import Any

from peewit.dataclass import dataclass
from peewit.operations import AlterColumn
from peewit.schema import Column

_BITS, _BYTES = "peewee.BitField", "peewee.BigBitField"
_MOMENT, _STAMP, _ZONED = "peewee.DateTimeField", "peewee.TimestampField", "playhouse.postgres_ext.DateTimeTZField"
_UUID, _UUID_BYTES = "peewee.UUIDField", "peewee.BinaryUUIDField"
_ADDRESS, _TEXTS = "peewee.IPField", ("peewee.CharField", "peewee.TextField")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """How the values of a field become those of another: ``name`` says which two, for a statement of SQLite.

    ``convert`` gives the new value or raises, ``back`` the old one again; ``plain`` is a value without the freedom of
    writing it. ``stamp`` is the TimestampField of the two; where both are, ``times`` as many parts of a second are
    counted, or only one ``by`` so many.
    """

    name: str
    convert: Callable[[Any], Any]
    back: Callable[[Any], Any]
    plain: Callable[[Any], Any] = lambda value: value
    stamp: Stamp | None = None
    times: int = 1
    by: int = 1

    @property
    def counts_anew(self) -> bool:
        """Whether both are a TimestampField, and only its numbers change."""
        return (self.times, self.by) != (1, 1)

    def fits(self, value: Any) -> bool:
        """Whether a value means the same afterwards."""
        try:
            return bool(self.plain(value) == self.plain(self.back(self.convert(value))))
        except (ValueError, TypeError, AttributeError, OverflowError, OSError):
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a TimestampField counts: parts of a second since 1970, in UTC or in the zone of whoever asks."""

    resolution: int
    utc: bool

    def moment(self, number: int) -> str:
        """A number as Peewee reads it, and as it writes that into a DateTimeField."""
        seconds, parts = divmod(_integer(number), self.resolution)
        moment = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None) if self.utc else _local(seconds)
        return moment.replace(microsecond=parts * (1_000_000 // self.resolution)).isoformat(" ")

    def number(self, text: str) -> int:
        """A moment as Peewee writes it into a TimestampField."""
        moment = _moment(text)
        seconds = calendar.timegm(moment.timetuple()) if self.utc else int(time.mktime(moment.timetuple()))
        return seconds * self.resolution + round(moment.microsecond * self.resolution / 1_000_000)


def meaning(before: Column | None, after: Column) -> Meaning | None:
    """How the values of a column are converted where its type does not tell; None where it does."""
    old, new = _kind(before), _kind(after)
    if before is None or not old or not new:
        return None
    if old == new:
        return _counted(before.resolution, after.resolution) if old == _STAMP else None
    if old == _STAMP and new in (_MOMENT, _ZONED):
        stamp = _stamp(before)
        return Meaning(name=_named("stamp_read", stamp), convert=stamp.moment, back=stamp.number, stamp=stamp)
    if new == _STAMP and old in (_MOMENT, _ZONED):
        stamp = _stamp(after)
        return Meaning(
            name=_named("stamp_written", stamp), convert=stamp.number, back=stamp.moment, plain=_moment, stamp=stamp
        )
    if (old, new) == (_BITS, _BYTES):
        return Meaning(name="bits_read", convert=_bytes_of, back=_bits_of)
    if (old, new) == (_BYTES, _BITS):
        return Meaning(name="bits_written", convert=_bits_of, back=_bytes_of, plain=_without_zeros)
    if old == _ADDRESS and new in _TEXTS:
        return Meaning(name="address_read", convert=_address, back=_address_number)
    if new == _ADDRESS and old in _TEXTS:
        return Meaning(name="address_written", convert=_address_number, back=_address, plain=str.strip)
    return None


Altered = Mapping[tuple[str, str], AlterColumn]
"""The columns that change together: by table and name, in lower case."""


def meaning_on_sqlite(operation: AlterColumn, altered: Altered) -> Meaning | None:
    """How the values are converted where the database has no type of its own for what they are, as a UUID.

    Those of a foreign key become what those become it refers to, where these are ``altered`` as well.
    """
    seen: list[AlterColumn] = []
    while operation not in seen and (key := operation.after.foreign_key) is not None:
        seen.append(operation)
        operation = altered.get((key.table.lower(), key.column.lower()), operation)
    before, after = operation.before, operation.after
    old, new = _kind(before), _kind(after)
    if (old == _UUID_BYTES and new in (*_TEXTS, _UUID)) or (old in _TEXTS and new == _UUID):
        return Meaning(name="uuid_written", convert=_uuid_digits, back=_uuid_bytes, plain=_uuid_digits)
    if old in (*_TEXTS, _UUID) and new == _UUID_BYTES:
        return Meaning(name="uuid_packed", convert=_uuid_bytes, back=_uuid_digits, plain=_uuid_digits)
    if new in _TIMES and old != new and old in (*_TEXTS, *_TIMES) and not reads_other_formats(after):
        name, read, write = _TIMES[new]
        return Meaning(name=name, convert=lambda text: write(read(text)), back=str, plain=read)
    return meaning(before, after)


def reads_other_formats(column: Column) -> bool:
    """Whether its field reads dates or times in ``formats`` of its own."""
    return column.spelling is not None and any(name == "formats" for name, _ in column.spelling.args)


def _counted(old: int, new: int) -> Meaning | None:
    """The same moment in other parts of a second, all of which are powers of ten."""
    if old == new:
        return None
    times, by = max(new // old, 1), max(old // new, 1)

    def convert(number: int) -> int:
        return _integer(number) * times // by

    def back(number: int) -> int:
        return _integer(number) * by // times

    return Meaning(name=f"stamp_counted_{old}_{new}", convert=convert, back=back, times=times, by=by)


def on_utc() -> bool:
    """Whether the local zone, by which Peewee reads and writes a TimestampField without ``utc``, is UTC here."""
    return not time.timezone and not time.daylight and datetime.fromtimestamp(0) == datetime(1970, 1, 1)


def _kind(column: Column | None) -> str:
    return "" if column is None or column.spelling is None or column.spelling.own_type else column.spelling.kind


def _stamp(column: Column) -> Stamp:
    said: dict[str, Any] = {} if column.spelling is None else dict(column.spelling.args)
    return Stamp(resolution=column.resolution, utc=said.get("utc", False))


def _named(way: str, stamp: Stamp) -> str:
    return f"{way}_{stamp.resolution}_{'utc' if stamp.utc else 'local'}"


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _local(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds)  # as Peewee does


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(value)


_TIMES: dict[str, tuple[str, Callable[[str], Any], Callable[[Any], str]]] = {
    _MOMENT: ("moment_written", _moment, lambda moment: str(moment.isoformat(" "))),
    "peewee.DateField": ("day_written", _moment, lambda moment: str(moment.date())),
    "peewee.TimeField": ("clock_written", clock.fromisoformat, str),
}
"""What SQLite keeps as a text: how it is read, and how Peewee writes it, so that it is found again by its value."""


def _bytes_of(bits: int) -> bytes:
    return _integer(bits).to_bytes(8, "little", signed=True).rstrip(b"\0")


def _without_zeros(flags: bytes) -> bytes:
    return bytes(flags).rstrip(b"\0")


def _bits_of(flags: bytes) -> int:
    return int.from_bytes(_without_zeros(flags).ljust(8, b"\0"), "little", signed=True)


def _uuid(value: str | bytes) -> uuid.UUID:
    return uuid.UUID(value) if isinstance(value, str) else uuid.UUID(bytes=bytes(value))


def _uuid_digits(value: str | bytes) -> str:
    return _uuid(value).hex


def _uuid_bytes(value: str | bytes) -> bytes:
    return _uuid(value).bytes


def _address(number: int) -> str:
    return str(ipaddress.IPv4Address(_integer(number)))


def _address_number(text: str) -> int:
    return int(ipaddress.IPv4Address(str(text).strip()))
