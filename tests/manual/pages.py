# SPDX-License-Identifier: MIT
"""The fenced blocks of a page of the manual (docs/manual/CONVENTIONS.md)."""

import os
import re
import sys


class Block:
    """A fenced block: language, text, the line of its fence, the comments before it."""

    def __init__(self, language, line, comments):
        self.language = language
        self.line = line
        self.comments = comments
        self.text = ""
        self.shown = None  # the text block right after it

    def told(self, word):
        """What a comment says after `word:`; "" if it has no more words; None without one."""
        for comment in self.comments:
            if comment == word:
                return ""
            if comment.startswith(word + ":"):
                return comment[len(word) + 1 :].strip()
        return None


def blocks_of(path):
    """All fenced blocks of a page, in order. A text block right after another is its .shown."""
    blocks, comments, block, between = [], [], None, ""
    with open(path, encoding="utf-8") as page:
        for number, line in enumerate(page, 1):
            if block:
                if line.startswith("```"):
                    if block.language == "text" and blocks and not block.comments:
                        owner = blocks[-1]
                        if owner.language in ("c", "cpp", "sh", "python") and not owner.shown:
                            owner.shown = block
                    blocks.append(block)
                    block, comments = None, []
                else:
                    block.text += line
            elif line.startswith("```"):
                block = Block(line[3:].strip(), number, comments)
            else:
                found = re.fullmatch(r"<!-- (.*) -->\n?", line)
                if found:
                    comments.append(found.group(1).strip())
                elif line.strip():
                    comments = []
    if block:
        sys.exit("%s:%d: this block has no end" % (path, block.line))
    return blocks


def pages_of(folder):
    """README, the pages of the manual and its translations, by their paths in the tree."""
    top = ("README.md", "README.ko.md")
    found = [name for name in top if os.path.exists(os.path.join(folder, name))]
    for where in ("docs/manual", "docs/manual/ko"):
        full = os.path.join(folder, where)
        if os.path.isdir(full):
            found += [
                where + "/" + name
                for name in sorted(os.listdir(full))
                if name.endswith(".md") and name != "CONVENTIONS.md"
            ]
    return found


if __name__ == "__main__":
    print("\n".join(pages_of(sys.argv[1])))
