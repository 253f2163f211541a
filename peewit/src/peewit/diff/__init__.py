"""Before, after and answers → operations."""

from peewit.diff.answers import Answers
from peewit.diff.given import drops_of, fills_of, lost_in, renames_of
from peewit.diff.managed import Managed, managed
from peewit.diff.schemas import diff

__all__ = ["Answers", "Managed", "diff", "drops_of", "fills_of", "lost_in", "managed", "renames_of"]
