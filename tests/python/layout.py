# SPDX-License-Identifier: MIT
"""Where the members of structures lie: layout.py prints it as lamina.py has it, and `layout.py c`
prints a program in C that prints it as the headers have it."""

import ctypes
import sys

import lamina

STRUCTURES = [
    made for made in vars(lamina).values()
    if isinstance(made, type) and issubclass(made, ctypes.Structure)
    and made is not ctypes.Structure
]


def python():
    for made in STRUCTURES:
        print("%s %d" % (made.__name__, ctypes.sizeof(made)))
        for name, _ in made._fields_:
            field = getattr(made, name)
            print("%s.%s %d %d" % (made.__name__, name, field.offset, field.size))


def c():
    print("#include <lamina.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void)\n{")
    for made in STRUCTURES:
        print('\tprintf("%%s %%zu\\n", "%s", sizeof(%s));' % (made.__name__, made.__name__))
        for name, _ in made._fields_:
            print('\tprintf("%%s %%zu %%zu\\n", "%s.%s", offsetof(%s, %s), sizeof((%s){0}.%s));'
                  % (made.__name__, name, made.__name__, name, made.__name__, name))
    print("\treturn 0;\n}")


c() if sys.argv[1:] == ["c"] else python()
