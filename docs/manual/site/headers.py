# SPDX-License-Identifier: MIT
"""What the public headers say: their names, and the comments of these.

A header is a list of entries. An entry is a comment and what stands below it without an empty line
between; a constructor's macro and its options struct belong to the entry of its function. A name
with a plain comment, /* … */, is one for maintainers and in no reference.
"""

import os
import re
import sys


class Member:
    """A member of a struct, or an enumerator; lines of members that share a comment are one."""

    def __init__(self, names, text, doc):
        self.names = names
        self.text = text  # its declaration
        self.doc = doc


class Type:
    """A struct or an enum whose members are public."""

    def __init__(self, name, members):
        self.name = name
        self.members = members


class Entry:
    """What one comment is about."""

    def __init__(self, doc):
        self.doc = doc
        self.internal = False
        self.texts = []  # declarations, without comments
        self.names = []
        self.types = []
        self.macros = []  # (name, parameters, body, doc)
        self.title = None
        self.call = None  # a constructor as one writes it
        self.usage = []  # comments of its macros
        self.shared = False  # the comment is that of several constructors


class Header:
    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)
        self.page = os.path.splitext(self.name)[0]
        if self.name.endswith(".hpp"):
            self.page += "-cpp"
        self.doc = ""
        self.entries = []

    def names(self):
        """(name, entry) of every public name of its own."""
        for entry in self.entries:
            for name in entry.names:
                yield name, entry


def plain(comment):
    """A comment's text, without its frame; the indentation behind the star is kept."""
    text = re.sub(r"^/\*\*?<? ?|\s*\*/$", "", comment)
    lines = [re.sub(r"^\s*\* ?", "", line) for line in text.split("\n")[1:]]
    first = text.split("\n")[0].replace("\\file", "").strip()
    return "\n".join([first] + lines).strip("\n")


def joined(comment):
    """As plain(), for a comment within a struct: lines that go on may lack the star."""
    return "\n".join(
        line if line.startswith("  ") and " * " in comment else line.strip()
        for line in plain(comment).split("\n")
    )


def tokens(text):
    """(kind, text, gap): comment, directive, statement; gap: an empty line stands before it."""
    at, gap = 0, True
    while at < len(text):
        if text[at].isspace():
            space = re.match(r"\s+", text[at:]).group()
            gap = gap or space.count("\n") > 1
            at += len(space)
            continue
        if text.startswith("/*", at):
            end = text.index("*/", at) + 2
            yield "comment", text[at:end], gap
        elif text[at] == "#":
            end = re.compile(r"(?:\\\n|[^\n])*").match(text, at).end()
            yield "directive", text[at:end], gap
        elif text.startswith('extern "C" {', at):
            at, gap = at + len('extern "C" {'), True
            continue
        elif text[at] == "}":
            at, gap = at + 1, True
            continue
        elif text.startswith("static inline", at):
            end = re.compile(r".*?\n}\n", re.S).match(text, at).end()
            yield "statement", text[at : text.index("{", at)].strip() + ";", gap
        else:
            end = statement_end(text, at)
            yield "statement", text[at:end], gap
        at, gap = end, False


def statement_end(text, at):
    """Behind the semicolon that ends a statement."""
    depth = 0
    while at < len(text):
        if text.startswith("//", at):
            break
        if text.startswith("/*", at):
            at = text.index("*/", at) + 2
            continue
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(text[at], 0)
        at += 1
        if depth == 0 and text[at - 1] == ";":
            return at
    raise ValueError("a declaration without an end, or a // comment")


def without_comments(text):
    text = re.sub(r"\s*/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"\n\s*\n", "\n", re.sub(r"\n?#if.*?#endif", "", text, flags=re.S))


def declared_names(text):
    """The names that a member's declaration gives: "double a, b[2]" has two."""
    if "(*" in text:
        return re.findall(r"\(\*(\w+)\)", text)[:1]
    text = re.sub(r"\s*=.*", "", text, flags=re.S)
    return [re.findall(r"\w+", re.sub(r"\[[^]]*\]", "", part))[-1] for part in text.split(",")]


def members_of(body, enum):
    """The members between a struct's or an enum's braces."""
    members, doc, hidden, at = [], None, False, 0
    end = r"[^,/]*(?:,|$)" if enum else r"[^;/]*(?:;|$)"
    while at < len(body):
        if body[at].isspace():
            at += 1
        elif body.startswith("/*", at):
            stop = body.index("*/", at) + 2
            comment = body[at:stop]
            if comment.startswith("/**<"):
                if members:
                    members[-1].doc = joined(comment)
            elif comment.startswith("/**"):
                doc = joined(comment)
            else:
                hidden = True
            at = stop
        else:
            found = re.compile(end).match(body, at)
            # A comment may stand before the comma.
            text = found.group().rstrip(";,").strip() if found else ""
            stop = found.end() if found else len(body)
            if not found:
                slash = body.index("/", at)
                if not body.startswith("/*", slash):
                    raise ValueError("a // comment in a struct or an enum")
                text, stop = body[at:slash].strip().rstrip("=").strip(), slash
            at = stop
            text = re.sub(r"\s+", " ", text)
            if "{" in text:
                raise ValueError("a struct in a struct: give it a name of its own")
            if text and not hidden:
                names = [text.split()[0]] if enum else declared_names(text)
                after = re.match(r"[ \t]*\n?[ \t]*/\*(?![*])", body[at:])
                if not (after and "\n" not in after.group()):
                    members.append(Member(names, text, doc))
            doc, hidden = None, False
    return members


def constructor(entry_of, macro):
    """The entry of the function that a macro calls with an options struct or a list."""
    name, _, body, _ = macro
    for called in [name + "_new"] + re.findall(r"\blam_\w+(?=\()", body):
        stem = re.sub(r"_(new|with|of|to|list)$", "", called)
        if called in entry_of and (stem == name or name + "_" in called):
            return entry_of[called]
    return None


def positional(options, body):
    """The members that a constructor takes without a name: from the macro's to LAM_NAMED."""
    first = re.search(r"\.(\w+) = __VA_ARGS__", body)
    if not first:
        return []
    taken, begun = [], False
    for member in options.members:
        if member.names == ["LAM_NAMED"]:
            return taken
        begun = begun or first.group(1) in member.names
        if begun:
            taken.append(member.text)
    return taken


def call_of(entry, macro, types):
    """`lam_net *lam_net_create(lam_layer *model, lam_shape shape, …)`."""
    name, _, body, _ = macro
    function = next((t for t in entry.texts if re.search(r"\b%s_\w+\(" % name, t)), entry.texts[-1])
    returned = re.match(r"(?:LAM_MUST_CHECK )?(.*?)\b%s" % name, function, re.S)
    struct = re.search(r"\((lam_\w+)\)\{", body)
    given = []
    if struct and struct.group(1) in types:
        given = positional(types[struct.group(1)], body) + ["..."]
    return "%s%s(%s);" % (returned.group(1) if returned else "", name, ", ".join(given) or "...")


class Reader:
    """Reads one header."""

    def __init__(self, path):
        self.header = Header(path)
        self.entry = None
        self.last = ""  # what was read

    def begin(self, doc, internal):
        self.entry = Entry(doc)
        self.entry.internal = internal
        self.header.entries.append(self.entry)

    def statement(self, text):
        entry = self.entry
        found = re.match(r"(?:typedef )?(struct|enum)\s*(\w*)\s*\{(.*)\}\s*(\w*);$", text, re.S)
        if found:
            kind, tag, body, name = found.groups()
            made = Type(name or tag, members_of(body, kind == "enum"))
            entry.types.append(made)
            if made.name:
                entry.names.append(made.name)
                entry.texts.append("typedef %s %s %s;" % (kind, made.name, made.name))
            if kind == "enum":
                entry.names += [n for m in made.members for n in m.names]
            return
        text = without_comments(text).strip()
        typedef = re.match(r"typedef .*?(\w+);$|struct (\w+);$", text, re.S)
        function = re.search(r"\(\*(lam_\w+)\)|\b(lam_\w+)\(", text)
        named = function if "(" in text else typedef
        if not named:
            raise ValueError("no function, and no type")
        name = named.group(1) or named.group(2)
        entry.texts.append(text)
        entry.names.append(name)

    def macro(self, text, doc):
        found = re.match(r"#define (\w+)(\([^)]*\))?\s*(.*)", text, re.S)
        name, parameters, body = found.groups()
        self.entry.macros.append((name, parameters or "", re.sub(r"\\\n\s*", "", body), doc))

    def read(self):
        """Ends the program with a sentence where the header has what no public one has yet."""
        with open(self.header.path, encoding="utf-8") as file:
            text = file.read()
        try:
            return self.read_text(text)
        except ValueError as error:
            last = self.last.strip().split("\n")[0]
            sys.exit("%s: %s, at or behind: %s" % (self.header.path, error, last))

    def read_text(self, text):
        doc, blank = None, False
        for kind, text, gap in tokens(text):
            self.last = text
            gap, blank = gap or blank, False
            if kind == "comment":
                if "\\file" in text:
                    self.header.doc = plain(text)
                    if self.header.name.endswith(".hpp"):
                        return self.header  # the same names again, in C++
                elif "clang-format" not in text and "SPDX" not in text:
                    doc = plain(text) if text.startswith("/**") else None
                    self.begin(doc, doc is None)
                continue
            if kind == "directive":
                guard = re.match(r"#define LAM_\w+_H$|#define LAMINA_\w+$", text)
                if text.startswith("#define") and not guard:
                    if gap or not self.entry:
                        self.begin(None, False)
                    self.macro(text, self.entry.doc)
                else:
                    blank = gap  # an empty line before #ifndef is one before what follows
                continue
            if kind == "statement":
                if gap or not self.entry:
                    self.begin(None, False)
                self.statement(text)
        return self.header


def split(header):
    """Gives each constructor of several below one comment an entry of its own."""
    macros = {m[0] for e in header.entries for m in e.macros}
    for entry in list(header.entries):
        made = [n for n in entry.names if re.sub(r"_(new|with)$", "", n) in macros - {n}]
        if len(made) < 2 or len(made) < len(entry.names):
            continue
        at = header.entries.index(entry)
        parts = []
        for name, text in zip(entry.names, entry.texts):
            part = Entry(entry.doc)
            part.names, part.texts, part.shared = [name], [text], True
            parts.append(part)
        parts[0].macros = entry.macros
        header.entries[at : at + 1] = parts


def join(header, macro, entry_of, owner_of, types):
    """Gives a constructor's macro, and its options, to the entry of its function."""
    target = constructor(entry_of, macro)
    if not target:
        return False
    target.names.insert(0, macro[0])
    target.title = target.title or macro[0] + "()"
    target.call = (target.call or []) + [call_of(target, macro, types)]
    if macro[3] and macro[3] != target.doc:
        target.usage.append(macro[3])
    struct = re.search(r"\((lam_\w+)\)\{", macro[2])
    owner = owner_of.get(struct.group(1)) if struct else None
    if owner and owner is not target:
        target.types += owner.types
        target.names += [struct.group(1)] if owner in header.entries else []
        if owner.doc and not re.match(r"Options of \w+\(\)\.$", owner.doc):
            parts = [owner.doc, target.doc]
            target.doc = "\n\n".join(parts if target.shared else reversed(parts))
        if owner in header.entries:
            header.entries.remove(owner)
    return True


def arrange(header):
    """Joins macros with their functions, options with their constructors, and gives titles."""
    split(header)
    entry_of = {n: e for e in header.entries for n in e.names}
    types = {t.name: t for e in header.entries for t in e.types}
    owner_of = {t.name: e for e in header.entries for t in e.types if len(e.names) == 1}
    for entry in list(header.entries):
        for macro in entry.macros:
            if macro[0] in entry_of:
                continue  # a function's twin, which chooses by type
            if entry.internal or not join(header, macro, entry_of, owner_of, types):
                entry.names.append(macro[0])
                entry.texts.append("#define " + macro[0] + macro[1])
    defined = {n for e in header.entries if e.types for n in e.names}
    header.entries = [
        e
        for e in header.entries
        if e.names and (e.doc or e.types or not set(e.names) <= defined)
    ]
    for entry in header.entries:
        first = entry.names[0]
        is_function = any(re.search(r"\b%s\(" % first, t) for t in entry.texts)
        entry.title = entry.title or first + ("()" if is_function else "")
    return header


def read_headers(paths):
    return [arrange(Reader(path).read()) for path in paths]


def said_elsewhere(member):
    """Members of many structs, which no comment and no list in the reference repeats: the bytes of
    a struct, as the macro that makes it sets them, and what separates options with names."""
    return member.names in (["size"], ["report_size"], ["LAM_NAMED"], ["LAM_LAYER_OPTIONS"])


def undocumented(headers):
    """What has no comment: (header, name)."""
    for header in headers:
        if not header.doc:
            yield header, "the header itself"
        for entry in header.entries:
            enumerators = {n for t in entry.types for m in t.members for n in m.names}
            alone = set(entry.names) <= enumerators  # enum { LAM_X = 1 };
            if not entry.internal and not entry.doc and not alone:
                yield header, entry.names[0]
            for made in entry.types:
                for member in made.members:
                    if not member.doc and not said_elsewhere(member):
                        if not alone or not entry.doc:
                            yield header, "%s in %s" % (member.names[0], made.name or entry.title)
