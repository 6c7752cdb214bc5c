# SPDX-License-Identifier: MIT
"""The pages of the layers against the public headers: options.py HEADER...

Each layer that a header of layers/ declares is in the title of a page docs/manual/layer-*.md, and
each of its options is a row of the table there, as in the Korean page. The page has a figure.
Prints what is missing, or what no header has."""

import glob
import os
import re
import sys

sys.path.insert(0, "docs/manual/site")
from headers import read_headers

# What a call takes by its place, or sets by itself.
BY_PLACE = {"body", "count", "layers", "second"}


def layers_of(headers):
    """Layer to the names of its options."""
    types = {t.name: t for h in headers for e in h.entries for t in e.types}
    found = {}
    for header in headers:
        if not header.path.startswith("layers/"):
            continue
        for function in re.findall(
            r"lam_layer \*lam_(\w+)_new\(const lam_\w+_options", "\n".join(
                text for entry in header.entries for text in entry.texts)
        ):
            made = types.get("lam_%s_options" % function)
            names = [n for m in made.members for n in m.names] if made else []
            found[function] = {
                n for n in names if n.islower() and n != "size" and not n.endswith("_given")
            }
    return found


def rows(text):
    """The options that the table of a page names."""
    found = set()
    for row in re.findall(r"^\| (`\..*?) \|", text, re.M):
        found.update(re.findall(r"\.(\w+)", row))
    return found


def check(layers, path):
    """What is wrong with a page. Takes its layers out of the list."""
    with open(path, encoding="utf-8") as page:
        text = page.read()
    ours = re.findall(r"`lam_(\w+)\(\)`", re.search(r"^# .*", text, re.M).group())
    if "](figures/layer-" not in text:
        yield "%s has no figure" % path
    declared = set().union(*(layers.pop(name, set()) for name in ours))
    named = rows(text)
    for option in sorted(declared - named - BY_PLACE):
        yield "%s: the option .%s is in no row of the table" % (path, option)
    if declared:
        for option in sorted(named - declared):
            yield "%s: no header has the option .%s" % (path, option)
    korean = path.replace("manual/", "manual/ko/")
    if not os.path.exists(korean):
        yield "%s is not there: the layers are in Korean, too" % korean
    else:
        with open(korean, encoding="utf-8") as page:
            for option in sorted(named ^ rows(page.read())):
                yield "%s: the option .%s is in the table of one language alone" % (korean, option)


def main(paths):
    layers = layers_of(read_headers(paths))
    wrong = [] if layers else ["no layer was found"]
    for path in sorted(glob.glob("docs/manual/layer-*.md")):
        wrong += check(layers, path)
    wrong += ["lam_%s() is in the title of no page docs/manual/layer-*.md" % n for n in layers]
    print("\n".join(wrong + [""]), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
