#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes lamina.py: layers.py, with the headers' declarations for ctypes in it, and nets.py.

    cc -E -P lamina.h | generate.py layers.py nets.py >lamina.py

Of the headers it takes what C programs see: enumerations, structures, and prototypes. A pointer
whose target Python does not look into is a void pointer; a function pointer is one, too."""

import re
import sys

SCALARS = {
    "_Bool": "c_bool",
    "char": "c_char",
    "int": "c_int",
    "unsigned": "c_uint",
    "float": "c_float",
    "double": "c_double",
    "size_t": "c_size_t",
    "int32_t": "c_int32",
    "int64_t": "c_int64",
    "uint8_t": "c_uint8",
    "uint32_t": "c_uint32",
    "uint64_t": "c_uint64",
    "lam_real": "real",
}


def plain(text):
    """Without attributes, bodies of inline functions, and what only C++ or compilers want."""
    text = re.sub(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)", "", text)
    text = re.sub(r"^#.*$", "", text, flags=re.M)
    out, depth, at = [], 0, 0
    for found in re.finditer(r"static inline[^{;]*\{", text):
        if found.start() < at:
            continue
        out.append(text[at : found.start()])
        depth, at = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
    return "".join(out) + text[at:]


class Header:
    def __init__(self, text):
        self.text = plain(text)
        self.constants, self.enums, self.structures, self.functions = {}, set(), {}, {}
        self.read_enums()
        self.read_structures()
        self.read_functions()

    def number(self, words):
        words = re.sub(r"\b[A-Z_][A-Z_0-9]*\b", lambda m: str(self.constants[m.group(0)]), words)
        if not re.fullmatch(r"[-+*/() 0-9xXa-fA-F<]+", words):
            raise ValueError(words)
        return int(eval(words.replace("/", "//"), {"__builtins__": {}}))

    def read_enums(self):
        for found in re.finditer(r"(typedef )?enum\s*(\w*)\s*\{(.*?)\}\s*(\w*);", self.text, re.S):
            self.enums.update(name for name in (found.group(2), found.group(4)) if name)
            value = -1
            for entry in found.group(3).split(","):
                entry = " ".join(entry.split())
                if entry:
                    name, _, given = entry.partition("=")
                    value = self.number(given.strip()) if given else value + 1
                    self.constants[name.strip()] = value

    def type_of(self, words, stars):
        """The ctypes name of a C type; None for one that cannot stand here (void)."""
        words = [w for w in words.split() if w not in ("const", "struct", "enum", "extern")]
        base = words[-1] if words else "int"
        if stars:
            return "c_char_p" if base == "char" and stars == 1 else "c_void_p"
        if base in self.enums:
            return "c_int"
        if base in SCALARS:
            return SCALARS[base]
        return base if base in self.structures else None

    def read_structures(self):
        pattern = r"typedef struct (\w+) \{((?:[^{}]|\{[^{}]*\})*)\}\s*(\w+);"
        for found in re.finditer(pattern, self.text, re.S):
            fields = []
            for line in found.group(2).split(";"):
                line = " ".join(line.split())
                if not line:
                    continue
                pointer = re.match(r".*?\(\s*\*\s*(\w+)\s*\)\s*\(", line)
                if pointer:
                    fields.append((pointer.group(1), "c_void_p"))
                    continue
                head = re.match(r"((?:const |struct |enum |unsigned )*\w+)\s*(.*)", line)
                for one in head.group(2).split(","):
                    stars = one.count("*")
                    name = re.search(r"(\w+)\s*((?:\[[^]]*\]\s*)*)$", one)
                    kind = self.type_of(head.group(1), stars)
                    if kind is None:  # a function type's name, or something that is not seen here
                        kind = "c_void_p"
                    for size in reversed(re.findall(r"\[([^]]*)\]", name.group(2))):
                        kind = "%s * %d" % (kind, self.number(size))
                    fields.append((name.group(1), kind))
            self.structures[found.group(3)] = fields

    def read_functions(self):
        flat = re.sub(r"\{[^{}]*\}", "", self.text)
        for found in re.finditer(r"([\w\s*]+?)\b(lam_\w+)\(([^;{}]*)\)\s*;", flat):
            returned = " ".join(found.group(1).replace("*", " * ").split())
            if "typedef" in returned or not returned:
                continue
            returns = self.type_of(returned.replace("*", ""), returned.count("*"))
            if returned.split() != ["void"] and returns is None:
                continue
            arguments = []
            for one in re.sub(r"\([^()]*\)", "()", found.group(3)).split(","):
                one = " ".join(one.split())
                if one in ("void", ""):
                    continue
                stars = one.count("*") + one.count("[") + one.count("(")
                words = re.sub(r"[*\[\]()]", " ", one).split()
                arguments.append(self.type_of(" ".join(words[:-1] or words), stars) or "c_void_p")
            self.functions[found.group(2)] = (returns, arguments)


def declarations(header):
    out = ["", "# What the headers declare."]
    out += ["%s = %d" % pair for pair in sorted(header.constants.items()) if pair[0][:4] == "LAM_"]
    for name, fields in header.structures.items():
        out += ["", "", "class %s(Structure):" % name, "    _fields_ = ["]
        out += ['        ("%s", %s),' % field for field in fields]
        out += ["    ]"]
    out += ["", "", "# Numbers that are double in both libraries.", "_DOUBLES = {"]
    out += [
        '    ("%s", "%s"),' % (name, field)
        for name, fields in header.structures.items()
        for field, kind in fields
        if kind == "c_double" and re.search("_options$|^lam_augment$", name)
    ]
    out += ["}", "", "_PROTOTYPES = {"]
    for name, (returns, arguments) in sorted(header.functions.items()):
        out.append('    "%s": (%s, [%s]),' % (name, returns, ", ".join(arguments)))
    out += ["}"]
    layers = [
        name[4:-4]
        for name, (returns, arguments) in header.functions.items()
        if name.endswith("_new") and returns == "c_void_p" and len(arguments) == 1
        and name[:-3] + "options" in header.structures
    ]
    out += ["_LAYERS = (", *('    "%s",' % name for name in sorted(layers)), ")"]
    return "\n".join(out)


def main():
    with open(sys.argv[1], encoding="utf-8") as body:
        before, mark, after = body.read().partition("# DECLARATIONS\n")
    if not mark:
        sys.exit("%s: there is no line '# DECLARATIONS'" % sys.argv[1])
    sys.stdout.write(before + declarations(Header(sys.stdin.read())) + "\n" + after)
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as more:
            sys.stdout.write("\n\n" + more.read().partition("\n\n\n")[2])


main()
