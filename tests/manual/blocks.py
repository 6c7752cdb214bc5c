# SPDX-License-Identifier: MIT
"""Compiles and runs the code blocks of pages as docs/manual/CONVENTIONS.md says: blocks.py PAGE...

In the environment: CC, CXX (empty: none), PYTHON (one with numpy; empty: none), LAMINA_CFLAGS,
LAMINA_LIBS (what a program is compiled with), AROUND (around.c). Prints a line per block.
"""

import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from pages import blocks_of

WARNINGS = "-Wall -Wextra -Werror -g0 -O1".split()
AROUND_WARNINGS = "-Wno-unused -Wno-uninitialized -Wno-maybe-uninitialized".split()
SECONDS = 120


def matches(shown, printed):
    """Whether the output is the text block; its "…" stand for anything."""
    pattern = ""
    for line in shown.splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += "[^\n]*".join(re.escape(part) for part in line.rstrip().split("…")) + " *\n"
    if printed and not printed.endswith("\n"):
        printed += "\n"
    return re.fullmatch(pattern, printed) is not None


class Failure(Exception):
    pass


class Skip(Exception):
    pass


class Page:
    """One page's blocks in a folder of its own."""

    def __init__(self, path, folder):
        self.path = path
        self.folder = folder
        self.programs = 0

    def run(self, command):
        """Runs a command in the page's folder; gives its standard output."""
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise Failure("it took more than %d seconds" % SECONDS)
        out = done.stdout.decode(errors="replace")
        if done.returncode:
            said = out + done.stderr.decode(errors="replace")
            raise Failure("exit status %d\n%s" % (done.returncode, said))
        return out

    def save(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def surrounded(self, block):
        """The statements of a block in their function, and whether they are to be run."""
        with open(os.environ["AROUND"], encoding="utf-8") as file:
            around = file.read()
        declared = block.told("in") or ""
        run = block.shown is not None or block.told("run") is not None
        text = around.replace("/* here */", "%s\n#line 1\n%s" % (declared, block.text))
        if run:
            text = text.replace("int fragment(void);\n\nint fragment(void)", "int main(void)")
        return text, run

    def compiled(self, block):
        """Compiles a block of C or C++; a program to run, or None."""
        flags = shlex.split(os.environ["LAMINA_CFLAGS"]) + WARNINGS
        cpp = block.language == "cpp"
        compiler = shlex.split(os.environ["CXX" if cpp else "CC"])
        if not compiler or not shutil.which(compiler[0]):
            raise Skip("no %s here" % (compiler[0] if compiler else "C++ compiler"))
        text, run = block.text, "int main(" in block.text
        if block.told("at file level") is not None:
            text = "#include <lamina.h>\n#line 1\n" + text
        elif not run and not cpp:
            text, run = self.surrounded(block)
            flags += AROUND_WARNINGS
        self.programs += 1
        source = self.save("block-%d.%s" % (block.line, "cc" if cpp else "c"), text)
        if not run or block.told("not run") is not None:
            self.run(compiler + flags + ["-fsyntax-only", source])
            return None
        program = os.path.join(self.folder, "block-%d" % block.line)
        libraries = shlex.split(os.environ["LAMINA_LIBS"])
        self.run(compiler + flags + ["-o", program, source] + libraries + ["-lm"])
        return [program]

    def command(self, block):
        """The command that runs a block; None if there is nothing to run."""
        if block.language in ("c", "cpp"):
            return self.compiled(block)
        read_only = block.told("not run") is not None
        if block.language == "sh":
            script = self.save("block-%d.sh" % block.line, block.text)
            return ["sh", "-n" if read_only else "-e", script]
        if not os.environ["PYTHON"]:
            raise Skip("no Python with numpy here")
        script = self.save("block-%d.py" % block.line, block.text)
        return [os.environ["PYTHON"]] + (["-m", "py_compile"] if read_only else []) + [script]

    def know_options(self, block):
        """Fails if a command that is not run has an option that its help does not name."""
        for line in block.text.replace("\\\n", " ").splitlines():
            words = line.split()
            if "lamina" not in words[:-1]:
                continue
            name, *rest = words[words.index("lamina") + 1 :]
            options = [word.split("=")[0] for word in rest if word.startswith("--")]
            said = self.run(["lamina", name, "--help"]) if options else ""
            for option in options:
                if option not in re.findall("--[a-z0-9-]+", said):
                    raise Failure("lamina %s has no option %s" % (name, option))

    def needs(self, what):
        """Skips unless a command, a Python module or the data is there."""
        if not what or shutil.which(what):
            return
        if what == "lamina-image" and "-llamina-image" in os.environ["LAMINA_LIBS"]:
            return
        if what == "fashion-mnist":
            folder = os.environ.get("LAMINA_DATA") or "/usr/share/datasets/fashion-mnist"
            if glob.glob(folder + "/train-images*"):
                return
        elif os.environ["PYTHON"]:
            python = [os.environ["PYTHON"], "-c", "import " + what]
            if subprocess.run(python, stderr=subprocess.DEVNULL).returncode == 0:
                return
        raise Skip("no %s here" % what)

    def check(self, block):
        """Does what a block asks for."""
        name = block.told("file")
        if name:
            self.save(name, block.text)
        if block.language not in ("c", "cpp", "sh", "python") or name:
            return
        if block.told("not compiled") is not None:
            raise Skip("not compiled: " + block.told("not compiled"))
        self.needs(block.told("needs"))
        if block.language == "sh" and block.told("not run") is not None:
            self.know_options(block)
        command = self.command(block)
        if not command:
            return
        printed = self.run(command)
        if block.told("not run") is None and block.shown and not matches(block.shown.text, printed):
            raise Failure("it prints\n%sand the page shows\n%s" % (printed, block.shown.text))


def check_page(path):
    """All blocks of a page. Prints a line for each that fails or is skipped, and one for all."""
    folder = tempfile.mkdtemp(prefix="manual-")
    page, failed, passed = Page(path, folder), 0, 0
    try:
        for block in blocks_of(path):
            where = "%s:%d: %s" % (path, block.line, block.language)
            try:
                page.check(block)
                passed += block.language in ("c", "cpp", "sh", "python")
            except Skip as skip:
                print("skip  %s: %s" % (where, skip))
            except Failure as failure:
                print("%s\nFAIL  %s" % (failure, where))
                failed += 1
    finally:
        shutil.rmtree(folder)
    if passed and not failed:
        print("ok    %s: its %d blocks of code" % (path, passed))
    return failed


if __name__ == "__main__":
    sys.exit(1 if sum([check_page(path) for path in sys.argv[1:]]) else 0)
