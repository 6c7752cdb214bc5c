# SPDX-License-Identifier: MIT
"""Formulas: KaTeX renders them while the site is built, so that a reader needs no script."""

import json
import os
import shutil
import subprocess

from docutils import nodes
from sphinx.errors import SphinxError
from sphinx.util import logging

logger = logging.getLogger(__name__)
KATEX = os.environ["KATEX"]


class Renderer:
    """One process of katex.js, which answers formula after formula."""

    process = None

    def render(self, tex, display):
        if not self.process:
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "katex.js")
            self.process = subprocess.Popen(
                [os.environ["NODE"], script, KATEX],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        self.process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SphinxError("katex.js has ended; KATEX=%s" % KATEX)
        return json.loads(line)


renderer = Renderer()


def formula(translator, node, display):
    answer = renderer.render(node.astext().strip(), display)
    if "error" in answer:
        logger.warning("formula: %s", answer["error"], location=node)
    translator.body.append(answer.get("html", ""))
    raise nodes.SkipNode


def inline(translator, node):
    formula(translator, node, False)


def block(translator, node):
    translator.body.append('<div class="formula">')
    try:
        formula(translator, node, True)
    finally:
        translator.body.append("</div>")


def copy_styles(app, _):
    """KaTeX's style sheet, and of its fonts the format that every browser reads."""
    out = os.path.join(app.outdir, "_static", "katex")
    os.makedirs(os.path.join(out, "fonts"), exist_ok=True)
    shutil.copy(os.path.join(KATEX, "katex.min.css"), out)
    fonts = os.path.join(KATEX, "fonts")
    for name in os.listdir(fonts):
        if name.endswith(".woff2"):
            shutil.copy(os.path.join(fonts, name), os.path.join(out, "fonts"))


def setup(app):
    app.add_html_math_renderer("katex", (inline, None), (block, None))
    app.config.html_math_renderer = "katex"
    app.add_css_file("katex/katex.min.css")
    app.connect("build-finished", lambda app, e: e or copy_styles(app, e))
    return {"parallel_read_safe": True, "parallel_write_safe": False}
