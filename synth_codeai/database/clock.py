"""The one clock of the project memory."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current time in UTC without a zone: what every DateTimeField of the models holds."""
    return datetime.now(UTC).replace(tzinfo=None)
