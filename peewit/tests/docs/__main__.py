"""Write anew what the examples of the pages print, and the picture of it: ``make docs-examples``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ..servers import POSTGRES, lent, outside_pytest
from .blocks import DOCS
from .pages import EXAMPLES, URL, needs_server, url_of
from .picture import PICTURE, picture
from .running import Reader, UnlikeError, kernel


def main(pages: list[str]) -> int:
    """Run the examples of pages, and correct what they print; 1 where a page has to be corrected by hand."""
    failed = 0
    with kernel() as process, outside_pytest(), tempfile.TemporaryDirectory() as folder:
        for number, page in enumerate(pages or EXAMPLES):
            home = Path(folder) / f"page{number}"
            home.mkdir()
            servers = {URL: url_of(lent(POSTGRES).empty())} if needs_server(page) else {}
            path = DOCS / page
            text = path.read_text(encoding="utf-8")
            try:
                right = Reader(process, home, servers).read(text, correct=True)
            except UnlikeError as unlike:
                sys.stderr.write(f"{page}: {unlike}\n")
                failed = 1
                continue
            if right != text:
                path.write_text(right, encoding="utf-8")
                sys.stdout.write(f"corrected {page}\n")
    PICTURE.write_text(picture(), encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
