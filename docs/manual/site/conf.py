# SPDX-License-Identifier: MIT
# Sphinx's configuration of the site; docs/manual/site/make.sh calls it. Settings that differ from
# machine to machine are in the environment: KATEX, NODE, VERSION.

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

project = "lamina"
author = "the authors of lamina"
copyright = "the authors of lamina, MIT licence"
version = release = os.environ["VERSION"]

extensions = ["myst_parser", "site_formulas", "site_names", "site_pages"]
root_doc = "docs/manual/index"
include_patterns = [
    "docs/*.md",
    "docs/manual/**.md",
    "examples/README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "README.ko.md",
    "SECURITY.md",
]
exclude_patterns = ["docs/manual/CONVENTIONS.md"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
myst_dmath_allow_labels = False
myst_dmath_double_inline = False

html_theme_path = [os.path.dirname(os.path.abspath(__file__))]
html_theme = "theme"
html_static_path = []
html_copy_source = False
html_show_sphinx = False
html_title = "lamina " + version
html_use_index = False
html_permalinks_icon = "#"
smartquotes = False
highlight_language = "c"
# Python's highlighter knows no "…" in C.
suppress_warnings = ["misc.highlighting_failure"]
