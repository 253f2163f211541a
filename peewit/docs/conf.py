"""How the documentation is built: ``make docs`` at the root of the repository."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "peewit"
author = "The peewit authors"
extensions = ["myst_parser", "peewit_docs", "sphinx.ext.autodoc"]
exclude_patterns = ["_ext", "benchmarks.md"]
html_theme = "furo"
html_title = "peewit"
html_copy_source = False
html_show_sphinx = False
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
nitpicky = False
