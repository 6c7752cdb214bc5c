# SPDX-License-Identifier: MIT
"""The Korean pages beside the English ones (docs/manual/CONVENTIONS.md): korean.py TREE.

A Korean page has the blocks of its English page, where comments may be translated, as many formulas
that stand alone, and the figures, in the same order. Its links lead to Korean pages where there are
any. Prints what differs."""

import glob
import os
import re
import sys

from pages import blocks_of

COMMENT = {"c": r"/\*.*?\*/", "cpp": r"/\*.*?\*/", "calc": "#.*", "python": "#.*", "sh": "#.*"}
# The other language, as such.
ENGLISH = ("README.md", "docs/manual/index.md")


def bare(block):
    """A block without its comments."""
    text = re.sub(COMMENT.get(block.language, "(?!)"), "", block.text, flags=re.S * (
        block.language in ("c", "cpp")))
    return block.language, [line.rstrip() for line in text.splitlines()]


def read(path):
    with open(path, encoding="utf-8") as file:
        return re.sub(r"^```.*?^```", "", file.read(), flags=re.M | re.S)


def figures(text):
    return [re.sub(r"-ko$", "", name) for name in re.findall(r"figures/([\w-]+)\.svg", text)]


def pages(english, korean):
    """What differs between two pages."""
    theirs, ours = blocks_of(english), blocks_of(korean)
    if len(theirs) != len(ours):
        yield "%s has %d blocks, %s has %d" % (korean, len(ours), english, len(theirs))
    for a, b in zip(theirs, ours):
        if bare(a) != bare(b):
            yield "%s:%d: the block is not that of %s:%d" % (korean, b.line, english, a.line)
            break
    theirs, ours = read(english), read(korean)
    if theirs.count("$$") != ours.count("$$"):
        yield "%s has %d formulas, %s has %d" % (
            korean, ours.count("$$") // 2, english, theirs.count("$$") // 2)
    if figures(theirs) != figures(ours):
        yield "%s: the figures are not those of %s" % (korean, english)


def links(tree, page):
    """Links to English pages that are there in Korean."""
    for target in re.findall(r"\]\(([^)\s#]+\.md)", read(os.path.join(tree, page))):
        path = os.path.normpath(os.path.join(os.path.dirname(page), target))
        korean = re.sub(r"^docs/manual/(?!ko/)", "docs/manual/ko/", path)
        if path not in ENGLISH and korean != path and os.path.exists(os.path.join(tree, korean)):
            yield "%s: %s is there in Korean, too" % (page, target)


def main(tree):
    wrong = []
    for korean in sorted(glob.glob(os.path.join(tree, "docs/manual/ko/*.md"))):
        english = korean.replace("manual/ko/", "manual/")
        if os.path.exists(english):
            wrong += pages(english, korean)
        wrong += links(tree, os.path.relpath(korean, tree))
    wrong += links(tree, "README.ko.md")
    print("\n".join(wrong + [""]), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
