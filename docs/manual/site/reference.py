# SPDX-License-Identifier: MIT
"""The reference: pages of Markdown for the site, from the comments of the public headers.

    reference.py OUT HEADER...           writes OUT/docs/manual/reference/ and OUT/names.json
    reference.py --check HEADER...       names what has no comment; exit status 1 if there is any
    reference.py --names HEADER...       every public name, a line each
"""

import json
import os
import re
import sys

from comments import markdown, markdown_line
from headers import read_headers, said_elsewhere, undocumented

AUTHORS = re.compile(r"For those who (write|bring)")


def sentence(text):
    """The first sentence."""
    text = re.split(r"\n\s*\n", text or "")[0].replace("\n", " ")
    return re.split(r"(?<=\.)\s", text)[0].strip()


def members(made):
    lines = []
    for member in made.members:
        text = member.text
        doc = member.doc
        if text == "LAM_LAYER_OPTIONS":
            text, doc = "const char *name", "the layer's name, instead of its number; copied"
        elif said_elsewhere(member):
            continue
        lines.append("- `%s`" % text)
        if doc:
            lines += ["", markdown(doc, "  "), ""]
    return "\n".join(lines)


def entry_text(entry):
    """The section of an entry."""
    parts = ["".join('<a class="name" id="%s"></a>' % name for name in entry.names)]
    parts.append("## " + entry.title.replace("_", "\\_"))
    shown = (entry.call or []) + [re.sub(r"LAM_MUST_CHECK ", "", t) for t in entry.texts]
    if shown:
        parts.append("```c\n" + "\n".join(shown) + "\n```")
    parts += [markdown(doc) for doc in [entry.doc] + entry.usage if doc]
    for made in entry.types:
        many = len(entry.types) > 1 or entry.call
        text = members(made)
        if text:
            parts.append(("Members of `%s`:" % made.name) if many and made.name else "")
            parts.append(text)
    return "\n\n".join(part for part in parts if part)


def page(header):
    include = header.path
    if os.path.basename(os.path.dirname(include)) == "images" or "lamina" in header.name:
        include = header.name
    parts = ["# " + header.name, "`#include <%s>`" % ("lamina.h" if "/" in include else include)]
    parts.append(markdown(header.doc))
    for entry in header.entries:
        if not entry.internal:
            parts.append(entry_text(entry))
    return "\n\n".join(parts) + "\n"


def index(headers):
    parts = [
        "# Reference",
        "Every public name, header by header. `#include <lamina.h>` includes all but those of the"
        " libraries beside it.",
    ]
    for title, ours in (
        ("For programs", False),
        ("For layers, losses and rules of your own", True),
    ):
        parts.append("## " + title)
        for header in headers:
            if bool(AUTHORS.match(header.doc)) != ours:
                continue
            titles = ["`%s`" % e.title for e in header.entries if not e.internal]
            said = markdown_line(sentence(header.doc))
            line = "- [%s](%s.md): %s" % (header.name, header.page, said)
            parts.append(line + ("\n  " + ", ".join(titles) if titles else ""))
    table = "```{toctree}\n:hidden:\n\n%s\n```"
    parts.append(table % "\n".join(h.page for h in headers))
    return "\n\n".join(parts) + "\n"


def write(out, headers):
    folder = os.path.join(out, "docs", "manual", "reference")
    os.makedirs(folder, exist_ok=True)
    names = {}
    for header in headers:
        with open(os.path.join(folder, header.page + ".md"), "w", encoding="utf-8") as file:
            file.write(page(header))
        for name, entry in header.names():
            if not entry.internal or name not in names:
                names[name] = None if entry.internal else header.page
    with open(os.path.join(folder, "index.md"), "w", encoding="utf-8") as file:
        file.write(index(headers))
    with open(os.path.join(out, "names.json"), "w", encoding="utf-8") as file:
        json.dump(names, file)


def main(arguments):
    headers = [h for h in read_headers(arguments[1:]) if h.name != "lamina_each.hpp"]
    if arguments[0] == "--names":
        print("\n".join(sorted({name for header in headers for name, _ in header.names()})))
    elif arguments[0] == "--check":
        missing = ["%s: %s has no comment" % (h.path, name) for h, name in undocumented(headers)]
        print("\n".join(missing + [""]), end="")
        return 1 if missing else 0
    else:
        write(arguments[0], headers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
