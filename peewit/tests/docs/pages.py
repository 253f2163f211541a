"""Which pages have examples, and which of them need a server."""

from __future__ import annotations

from urllib.parse import quote

import peewee

from .blocks import DOCS

EXAMPLES = [
    str(path.relative_to(DOCS))
    for pattern in ("tutorial.md", "how-to/*.md", "commands/*.md", "reference/*.md")
    for path in sorted(DOCS.glob(pattern))
]
"""The pages whose examples are run."""

URL = "postgresql://ann@localhost/library"
"""The database of the pages that are about a server."""


def needs_server(page: str) -> bool:
    """Whether a page's examples are run on PostgreSQL."""
    return URL in (DOCS / page).read_text(encoding="utf-8")


def url_of(database: peewee.Database) -> str:
    """The URL of a PostgreSQL database, which may be behind a socket."""
    options = database.connect_params
    return f"postgresql://{options['user']}@/{database.database}?host={quote(options['host'], safe='')}"
