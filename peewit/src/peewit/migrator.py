"""What a migration file is given, under the name files know it by: for editors and type checkers.

A file says ``if TYPE_CHECKING: from peewit import Migrator``. peewee-migrate never gets there, and still runs it.
"""

from peewit.files.migrator import Recorder as Migrator

__all__ = ["Migrator"]
