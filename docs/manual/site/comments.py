# SPDX-License-Identifier: MIT
"""Comments of headers as blocks of text, and these as Markdown or as a man page's roff."""

import re

CODE = re.compile(
    r"`([^`\n]+)`"
    r"|(\b(?:lam|LAM)_\w+(?:\(\))?)"
    r"|((?<![\w.`/])\.[a-z]\w*\b(?!\.\w))"
)


def blocks(text):
    """("text", string), ("list", strings) and ("lines", string) for text that is laid out."""
    found, lines, at = [], text.split("\n"), 0
    while at < len(lines):
        line = lines[at]
        bullet = re.match(r"( *)- ", line)
        if not line.strip():
            at += 1
        elif bullet:
            items = []
            while at < len(lines) and lines[at].strip():
                if re.match(r" *- ", lines[at]):
                    items.append(lines[at].strip()[2:])
                elif lines[at].startswith(bullet.group(1) + " "):
                    items[-1] += " " + lines[at].strip()
                else:
                    break
                at += 1
            if found and found[-1][0] == "list":
                found[-1][1].extend(items)
            else:
                found.append(("list", items))
        elif line.startswith("  "):
            begin = at
            while at < len(lines) and (not lines[at].strip() or lines[at].startswith("  ")):
                at += 1
            inside = "\n".join(lines[begin:at]).rstrip().split("\n")
            least = min(len(l) - len(l.lstrip()) for l in inside if l.strip())
            found.append(("lines", "\n".join(l[least:] for l in inside)))
        else:
            begin = at
            while at < len(lines) and lines[at].strip() and not re.match(r"  +\S| *- ", lines[at]):
                at += 1
            found.append(("text", " ".join(l.strip() for l in lines[begin:at])))
    return found


def inline(text, code, other):
    """A line of text: names and what stands in backquotes by `code`, the rest by `other`."""
    made, at = "", 0
    for match in CODE.finditer(text):
        made += other(text[at : match.start()])
        made += code(next(group for group in match.groups() if group))
        at = match.end()
    return made + other(text[at:])


def markdown_line(text):
    return inline(
        text,
        lambda code: "`" + code + "`",
        lambda rest: re.sub(r"([\\*_<>\[\]$|~#])", r"\\\1", rest),
    )


def markdown(text, indent=""):
    made = []
    for kind, part in blocks(text):
        if kind == "text":
            made.append(indent + markdown_line(part))
        elif kind == "list":
            made.append("\n".join(indent + "- " + markdown_line(item) for item in part))
        else:
            lines = ["```text"] + part.split("\n") + ["```"]
            made.append("\n".join(indent + line if line else "" for line in lines))
    return "\n\n".join(made)


def roff_text(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def roff_line(text):
    return roff_text(inline(text, lambda c: "\1" + c + "\2", lambda r: r)).replace(
        "\1", "\\fB"
    ).replace("\2", "\\fR")


def roff(text, paragraph=".PP"):
    made = []
    for kind, part in blocks(text):
        if kind == "text":
            made += [paragraph, guarded(roff_line(part))]
        elif kind == "list":
            for item in part:
                made += [".IP \\(bu 3", guarded(roff_line(item))]
        else:
            made += [".PP" if paragraph == ".PP" else ".IP", ".RS 2n", ".nf"]
            made += [guarded(roff_text(line)) for line in part.split("\n")]
            made += [".fi", ".RE"]
    return "\n".join(made)


def guarded(line):
    """No line of text may begin as a request."""
    return "\\&" + line if re.match(r"[.']|\\fB\.", line) else line
