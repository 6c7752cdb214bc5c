# SPDX-License-Identifier: MIT
"""Looks for the files and functions that pages name under "In the code": places.py PAGE...

Such a paragraph begins with "**In the code:**", in Korean with "**코드:**". A path in backquotes is
a file of the tree; `name()` is a function that the file named before it must have. Prints a line
per page, or what is missing.
"""

import re
import sys

PARAGRAPH = re.compile(r"^\*\*(?:In the code|코드):\*\*.*?(?=\n\n|\Z)", re.M | re.S)


def places(text):
    """(file, function) of each function, (file, None) of each file."""
    found = []
    for paragraph in PARAGRAPH.findall(text):
        file = None
        for name in re.findall(r"`([^`]+)`", paragraph):
            if "/" in name:
                file = name
                found.append((file, None))
            elif name.endswith("()"):
                found.append((file, name[:-2]))
    return found


def missing(file, function):
    """What is wrong with a place; "" if nothing."""
    if file is None:
        return "%s(): no file is named before it" % function
    try:
        with open(file, encoding="utf-8") as source:
            code = re.sub(r"/\*.*?\*/", "", source.read(), flags=re.S)
    except OSError:
        return "%s: there is no such file" % file
    # A definition stands in the first column: "static void run(", "FORMULA relu_y(",
    # "LAM_KERNEL(squared_error)(", "lam_status(lam_net_step)(".
    definition = r"^[A-Za-z][^;={}\n]*\b%s\)?\("
    if function and not re.search(definition % re.escape(function), code, re.M):
        return "%s: it has no function %s()" % (file, function)
    return ""


def main():
    wrong = False
    for page in sys.argv[1:]:
        with open(page, encoding="utf-8") as text:
            found = places(text.read())
        bad = [said for said in (missing(*place) for place in found) if said]
        for said in bad:
            print("%s: %s" % (page, said))
        if bad:
            print("FAIL  %s: %d of its %d places in the code" % (page, len(bad), len(found)))
            wrong = True
        elif found:
            print("ok    %s: its %d places in the code" % (page, len(found)))
    return wrong


sys.exit(main())
