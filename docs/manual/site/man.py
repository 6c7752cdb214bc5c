# SPDX-License-Identifier: MIT
"""Man pages of section 3 from the comments of the public headers: man.py VERSION OUT HEADER...

A page for each entry, a link to it for each other function of the entry, and a page for each header
with the list of its entries."""

import os
import re
import sys

from comments import guarded, roff, roff_line, roff_text
from headers import read_headers, said_elsewhere
from reference import sentence


def plain_name(entry):
    return entry.title.replace("()", "")


def pages(entry):
    """The names with which an entry's page is found: its title's, and those of functions."""
    functions = [n for n in entry.names if re.search(r"\b%s\(" % n, "\n".join(entry.texts))]
    called = [re.search(r"(lam_\w+)\(", call).group(1) for call in entry.call or []]
    found = []
    for name in [plain_name(entry)] + called + functions:
        if name not in found:
            found.append(name)
    return found


def head(name, version, names, what):
    what = re.split(r"[:;]\s", what.replace("`", ""))[0].rstrip(".:")
    short = guarded(roff_text(what if len(what) < 80 else what[:75].rsplit(" ", 1)[0] + " …"))
    return [
        '.\\" SPDX-License-Identifier: MIT',
        '.TH "%s" "3" "" "lamina %s" "lamina"' % (name, version),
        ".nh",
        ".ad l",
        ".SH NAME",
        "%s \\- %s" % (", ".join(names).replace("-", "\\-"), short),
    ]


def members(made):
    lines = []
    for member in made.members:
        text, doc = member.text, member.doc
        if text == "LAM_LAYER_OPTIONS":
            text, doc = "const char *name", "the layer's name, instead of its number; copied"
        elif said_elsewhere(member):
            continue
        lines += [".TP", guarded("\\fB%s\\fR" % roff_text(text))]
        if doc:
            lines.append(roff(doc, ".IP").replace(".IP\n", "", 1))
        else:
            lines.append("\\ ")
    return lines


def synopsis(header, entry):
    include = header.name if "lamina" in header.name else "lamina.h"
    lines = [".SH SYNOPSIS", ".nf", "\\fB#include <%s>\\fR" % include, ""]
    texts = (entry.call or []) + [t.replace("LAM_MUST_CHECK ", "") for t in entry.texts]
    for text in texts:
        text = re.sub(r"\n\t+", "\n    ", text)
        if len(text) > 76 and "\n" not in text:
            text = re.sub(r"\(", "(\n    ", text, count=1)
        lines += [guarded(roff_text(line)) for line in text.split("\n")]
    return lines + [".fi"]


def entry_page(header, entry, version):
    names = pages(entry)
    lines = head(names[0], version, names, sentence(entry.doc) or names[0])
    lines += synopsis(header, entry)
    if entry.doc:
        lines += [".SH DESCRIPTION", roff(entry.doc)]
        lines += [roff(doc) for doc in entry.usage]
    for made in entry.types:
        text = members(made)
        if text:
            lines.append(".SH OPTIONS" if "options" in made.name else ".SH MEMBERS")
            lines += text
    others = [plain_name(e) for e in header.entries if not e.internal and e is not entry]
    lines += [".SH SEE ALSO", see(["lamina_" + header.page] + others[:12], ["lamina(7)"])]
    return lines


def see(names, last):
    return guarded(roff_line(", ".join([name + "(3)" for name in names] + last)))


def header_page(header, version):
    what = sentence(header.doc)
    lines = head("lamina_" + header.page, version, ["lamina_" + header.page], what)
    lines += [".SH DESCRIPTION", roff(header.doc), ".SH NAMES"]
    for entry in header.entries:
        if entry.internal:
            continue
        lines += [".TP", "\\fB%s\\fR(3)" % roff_text(plain_name(entry))]
        lines.append(guarded(roff_line(sentence(entry.doc))) or "\\ ")
    return lines + [".SH SEE ALSO", see([], ["lamina(1)", "lamina(7)"])]


def write(out, name, lines):
    with open(os.path.join(out, name + ".3"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main(version, out, *paths):
    os.makedirs(out, exist_ok=True)
    for old in os.listdir(out):
        os.remove(os.path.join(out, old))
    for header in read_headers(paths):
        if header.name == "lamina_each.hpp":
            continue
        write(out, "lamina_" + header.page, header_page(header, version))
        for entry in header.entries:
            if entry.internal:
                continue
            names = pages(entry)
            write(out, names[0], entry_page(header, entry, version))
            for name in names[1:]:
                write(out, name, [".so man3/%s.3" % names[0]])


if __name__ == "__main__":
    main(*sys.argv[1:])
