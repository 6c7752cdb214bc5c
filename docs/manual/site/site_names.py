# SPDX-License-Identifier: MIT
"""Public names in backquotes become links into the reference; unknown ones are warnings.

names.json, which docs/manual/site/reference.py writes, gives the page of each name; null: none."""

import json
import os
import re

from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)
NAME = re.compile(r"\b(?:lam_[a-z0-9_]+|LAM_[A-Z0-9_]+)\b")
# What begins as one of lamina's names and is none: of the environment, of the build, of examples.
OTHERS = re.compile(r"LAM_(HAVE_\w+|DOUBLE)")


def load(app):
    with open(os.path.join(app.srcdir, "names.json"), encoding="utf-8") as file:
        app.env.lamina_names = json.load(file)


def link(app, doctree, docname):
    names = app.env.lamina_names
    inside = docname.startswith("docs/manual/")
    for literal in list(doctree.findall(nodes.literal)):
        text = literal.astext()
        whole = re.match(r"(lam_\w+|LAM_\w+)(\(.*\))?$", text, re.S)
        if whole and names.get(whole.group(1)):
            parent = literal.parent
            if isinstance(parent, nodes.reference) or isinstance(parent.parent, nodes.reference):
                continue
            target = names[whole.group(1)]
            page = app.builder.get_relative_uri(docname, "docs/manual/reference/" + target)
            uri = page.split("#")[0] + "#" + whole.group(1)
            reference = nodes.reference("", "", internal=True, refuri=uri)
            literal.replace_self(reference)
            reference += literal
    if not inside or docname.startswith("docs/manual/reference/"):
        return
    for node in doctree.findall(lambda n: isinstance(n, (nodes.literal, nodes.literal_block))):
        if isinstance(node, nodes.literal_block) and node.get("language") not in ("c", "cpp"):
            continue
        for name in NAME.findall(node.astext()):
            if name not in names and not OTHERS.fullmatch(name) and not name.endswith("_"):
                logger.warning("no public header has the name %s", name, location=node)


def setup(app):
    app.connect("builder-inited", load)
    app.connect("doctree-resolved", link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
