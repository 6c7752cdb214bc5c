# SPDX-License-Identifier: MIT
"""A chapter of the built site as one page, to be printed: chapter.py FOLDER CHAPTER. FOLDER has the
pages of one language, and CHAPTER.html among them; CHAPTER-PAGE.html follow in the order in which
it links them. What is made goes to standard output; its place is in FOLDER, too."""

import html
import os
import re
import sys


def pages_of(folder, chapter):
    """The names of the chapter's pages, without .html, in order."""
    with open(os.path.join(folder, chapter + ".html"), encoding="utf-8") as file:
        found = re.findall(r'href="(%s-[a-z-]+)\.html' % chapter, main_part(file.read()))
    return [chapter] + list(dict.fromkeys(found))


def main_part(text):
    return text[text.index("<main>") + len("<main>") : text.index("<footer>")]


def joined(name, text, names):
    """The main part of a page whose anchors are its own, and whose links lead into the chapter, to
    the network, or nowhere."""
    text = re.sub(r'\bid="([^"]*)"', r'id="%s--\1"' % name, text)
    text = re.sub(r'<a class="headerlink"[^>]*>.*?</a>', "", text)

    def link(found):
        target, words = html.unescape(found.group(2)), found.group(4)
        page, _, anchor = target.partition("#")
        page = page[: -len(".html")] if page else name
        if re.match(r"https?:", target):
            return found.group(0)
        if page not in names:
            return words
        inside = "#" + page + ("--" + anchor if anchor else "")
        return '<a%shref="%s"%s>%s</a>' % (found.group(1), inside, found.group(3), words)

    text = re.sub(r'<a([^>]*?)href="([^"]*)"([^>]*)>(.*?)</a>', link, text, flags=re.S)
    return '<div class="page" id="%s">%s</div>\n' % (name, text)


def main(folder, chapter):
    names = pages_of(folder, chapter)
    texts = []
    for name in names:
        with open(os.path.join(folder, name + ".html"), encoding="utf-8") as file:
            texts.append(file.read())
    head = texts[0][: texts[0].index("<body>")]
    body = "".join(joined(name, main_part(text), names) for name, text in zip(names, texts))
    print(head + "<body>\n<main>\n" + body + "</main>\n</body>\n</html>")


if __name__ == "__main__":
    main(*sys.argv[1:])
