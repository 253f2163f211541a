"""Before, after and answers → operations."""

from peewit.diff.answers import Answers
from peewit.diff.managed import Managed, managed
from peewit.diff.schemas import diff

__all__ = ["Answers", "Managed", "diff", "managed"]
