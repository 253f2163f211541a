"""The command line's project, here as well."""

from ..cli.conftest import app

__all__ = ["app"]
