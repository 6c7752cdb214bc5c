# SPDX-License-Identifier: MIT
"""The order of the pages, the languages, and what Sphinx does not know of our Markdown.

The links of index.md, heading by heading, are the site's table of contents."""

import os
import re

from pygments.lexer import RegexLexer
from pygments.lexers.special import TextLexer
from pygments.token import Comment, Name, Number, Operator, Text
from sphinx import addnodes

ROOT = "docs/manual/index"
KOREAN = "docs/manual/ko/"
MAINTAINERS = ["/README", "/CONTRIBUTING", "/SECURITY", "/CHANGELOG", "/examples/README"]


class CalcLexer(RegexLexer):
    """Pocket-calculator arithmetic: docs/manual/CONVENTIONS.md."""

    name = "calc"
    tokens = {
        "root": [
            (r"#.*", Comment.Single),
            (r"\d[\d.]*([eE][-+]?\d+)?", Number),
            (r"[^\W\d]\w*(?=\()", Name.Builtin),
            (r"[^\W\d]\w*", Name),
            (r"[-+*/^=]", Operator),
            (r".|\n", Text),
        ]
    }


def add_contents(app, docname, source):
    """Hidden tables of contents behind index.md and ko/index.md: a section's links are a table."""
    if docname not in (ROOT, KOREAN + "index"):
        return
    tables, caption = [], None
    for line in source[0].splitlines():
        if line.startswith("## "):
            caption = line[3:].strip()
        for page in re.findall(r"^- \[[^]]*\]\(([^)#]*\.md)\)", line):
            if not tables or tables[-1][0] != caption:
                tables.append((caption, []))
            tables[-1][1].append(page[: -len(".md")])
    if docname == ROOT:
        tables.append(("Reference", ["reference/index"]))
        own = sorted("/" + page for page in app.env.found_docs if re.match(r"docs/[^/]*$", page))
        tables.append(("For maintainers", own + MAINTAINERS))
        if os.path.exists(app.env.doc2path(KOREAN + "index")):
            tables.append(("한국어", ["ko/index", "/README.ko"]))
    for caption, pages in tables:
        head = "\n\n```{toctree}\n:hidden:\n:caption: %s\n\n" % caption
        source[0] += head + "\n".join(pages) + "\n```\n"


def korean_contents(app, pagename):
    """The tables of contents of the Korean index alone, as seen from a page."""
    shown = addnodes.compact_paragraph(toctree=True) # its titles are captions
    for table in app.env.get_doctree(KOREAN + "index").findall(addnodes.toctree):
        shown += app.env.resolve_toctree(
            pagename, app.builder, table, prune=True, maxdepth=2, titles_only=True, collapse=True,
            includehidden=True).children
    return app.builder.render_partial(shown)["fragment"]


def add_language(app, pagename, templatename, context, doctree):
    """The page in the other language, if there is one, and the words of the frame."""
    korean = pagename.startswith(KOREAN) or pagename == "README.ko"
    context["lang"] = "ko" if korean else "en"
    if pagename in ("README", "README.ko"):
        other = "README" if korean else "README.ko"
    elif korean:
        other = pagename.replace(KOREAN, "docs/manual/", 1)
    else:
        other = pagename.replace("docs/manual/", KOREAN, 1)
    context["korean_contents"] = lambda: korean_contents(app, pagename)
    context["other"] = other if other != pagename and other in app.env.found_docs else None


def setup(app):
    app.add_lexer("calc", CalcLexer)
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", add_contents)
    app.connect("html-page-context", add_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
