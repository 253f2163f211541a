"""What the application can refuse, apart from what the database itself reports.

SynthCodeaiError
├── ConfigurationError   the settings name no usable database
├── NotFoundError        a row that was asked for does not exist
└── StateError           the row exists, but is past what was asked of it
"""


class SynthCodeaiError(Exception):
    """Base of the application's own errors; its text is complete and fits one line."""


class ConfigurationError(SynthCodeaiError):
    """The settings name no database that could be used."""


class NotFoundError(SynthCodeaiError):
    """A row that was asked for by its id does not exist."""

    def __init__(self, kind: str, number: int) -> None:
        """Name the kind of row and the id that was asked for."""
        super().__init__(f"there is no {kind} {number}")
        self.kind = kind
        self.number = number


class StateError(SynthCodeaiError):
    """The row is in a state in which the request means nothing."""
