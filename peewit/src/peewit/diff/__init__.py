"""Before, after and answers → operations."""

from peewit.diff.answers import Answers
from peewit.diff.schemas import diff

__all__ = ["Answers", "diff"]
