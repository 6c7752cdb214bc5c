# SPDX-License-Identifier: MIT
"""Links: links.py pages TREE, those of the pages in the tree; links.py site FOLDER, those of the
built site, where every link has to lead to a file, and nothing may come from a network."""

import os
import re
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

from pages import pages_of


def slug(heading):
    """The anchor of a heading, as web views of repositories and MyST make it."""
    text = re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def headings(path):
    with open(path, encoding="utf-8") as page:
        text = re.sub(r"^```.*?^```", "", page.read(), flags=re.M | re.S)
    return {slug(line) for line in re.findall(r"^#+ (.*)", text, re.M)}


def check_pages(tree):
    """Relative links of Markdown: files and headings that are there."""
    for page in pages_of(tree):
        path = os.path.join(tree, page)
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"^```.*?^```|`[^`\n]*`", "", file.read(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"https?:", target):
                continue
            name, _, anchor = target.partition("#")
            full = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not os.path.exists(full):
                yield "%s: %s is not there" % (page, target)
            elif anchor and anchor not in headings(full):
                yield "%s: %s: no such heading" % (page, target)


class Page(HTMLParser):
    """What a built page defines and refers to."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads = set(), [], []
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("id", "name") and tag != "input":
                self.ids.add(value)
            if name == "href" and tag == "a":
                self.links.append(value)
            if name == "src" or (name == "href" and tag == "link"):
                self.loads.append(value)


def check_site(folder):
    pages = {}
    for root, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".html"):
                path = os.path.join(root, name)
                pages[path] = Page(path)
    if not pages:
        yield "no page in " + folder
    for path, page in sorted(pages.items()):
        shown = os.path.relpath(path, folder)
        for target in page.links + page.loads:
            if re.match(r"(https?|mailto):", target):
                if target in page.loads:
                    yield "%s: %s comes from a network" % (shown, target)
                continue
            name, _, anchor = unquote(target).partition("#")
            full = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not os.path.isfile(full):
                yield "%s: %s is not there" % (shown, target)
            elif anchor and full in pages and anchor not in pages[full].ids:
                yield "%s: %s: no such place" % (shown, target)


if __name__ == "__main__":
    wrong = list({"pages": check_pages, "site": check_site}[sys.argv[1]](sys.argv[2]))
    print("\n".join(wrong + [""]), end="")
    sys.exit(1 if wrong else 0)
