"""The picture of the terminal in the READMEs: what the tutorial shows, drawn by rich.

``make docs-examples`` draws it anew.
"""

from __future__ import annotations

import io
import re

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from .blocks import DOCS, blocks, session

PICTURE = DOCS / "terminal.svg"

_SHOWN = (
    "peewit create shelves",
    "peewit migrate",
    "python list_books.py",
    "peewit rollback",
)
"""What of the tutorial is drawn, from its second migration on."""

_WIDTH = 112
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""Without the fonts that would be fetched from elsewhere."""


def picture() -> str:
    """The picture, as the tutorial is now."""
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    page = page[page.index("## 5.") :]
    wanted = list(_SHOWN)
    for block in blocks(page):
        for typed in session(block.text) if block.language == "console" else ():
            if wanted and typed.command.rstrip() == wanted[0]:
                wanted.pop(0)
                console.print(Text.assemble(("$ ", "bold green"), (typed.command.rstrip(), "bold")))
                console.print(_coloured(typed.printed))
    if wanted:
        raise LookupError(f"the tutorial does not show {wanted[0]!r}")
    return console.export_svg(title="peewit", theme=MONOKAI, code_format=_FORMAT, unique_id="peewit")


def _coloured(printed: str) -> Text:
    """What was printed, with the word ``error`` as it is on a terminal."""
    text = Text(printed)
    text.highlight_regex(r"^error:", "bold red")
    return text
