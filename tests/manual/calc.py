# SPDX-License-Identifier: MIT
"""Recomputes every line of the calc blocks of pages: calc.py PAGE...

A line is `name = number`, `name = expression = value` or `expression = value`
(docs/manual/CONVENTIONS.md). Prints "ok    PAGE" or "FAIL  PAGE: why" for each page that has any.
"""

import ast
import math
import operator
import re
import sys

from pages import blocks_of

BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def each(function, *values):
    """The function of numbers, or element by element of vectors of one length."""
    lengths = {len(v) for v in values if isinstance(v, list)}
    if not lengths:
        return function(*values)
    if len(lengths) > 1:
        raise ValueError("vectors of different lengths")
    size = lengths.pop()
    rows = [v if isinstance(v, list) else [v] * size for v in values]
    return [each(function, *row) for row in zip(*rows)]


def of_all(function):
    """A function that takes a vector, or several numbers."""
    return lambda *v: function(v[0] if isinstance(v[0], list) else v)


def by_element(function):
    return lambda v: each(function, v)


FUNCTIONS = {
    "sum": of_all(sum),
    "mean": of_all(lambda v: sum(v) / len(v)),
    "min": of_all(min),
    "max": of_all(max),
    "dot": lambda a, b: sum(each(operator.mul, a, b)),
    "ln": by_element(math.log),
    "sigmoid": by_element(lambda v: 1 / (1 + math.exp(-v))),
    "abs": by_element(abs),
}
for name in ("exp", "log10", "log2", "sqrt", "tanh", "sin", "cos"):
    FUNCTIONS[name] = by_element(getattr(math, name))


def value_of(node, names):
    """The value of a parsed expression: a number, or a list of them."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.Name):
        if node.id not in names:
            raise ValueError("no line above gives " + node.id)
        return names[node.id]
    if isinstance(node, ast.List):
        return [value_of(element, names) for element in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        sign = -1 if isinstance(node.op, ast.USub) else 1
        return each(lambda v: sign * v, value_of(node.operand, names))
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        left, right = value_of(node.left, names), value_of(node.right, names)
        return each(BINARY[type(node.op)], left, right)
    if isinstance(node, ast.Subscript):
        vector, index = value_of(node.value, names), value_of(node.slice, names)
        if not 1 <= index <= len(vector):
            raise ValueError("a vector of %d has no element %d" % (len(vector), index))
        return vector[index - 1]
    if isinstance(node, ast.Call) and node.func.id in FUNCTIONS and not node.keywords:
        return FUNCTIONS[node.func.id](*[value_of(a, names) for a in node.args])
    raise ValueError("not arithmetic: " + ast.unparse(node))


def compute(text, names):
    return value_of(ast.parse(text.strip().replace("^", "**"), mode="eval").body, names)


def half_digit(number):
    """Half a unit of the last digit of a number as it is printed, "-1.20e-3"."""
    mantissa, _, exponent = number.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 0.5 * 10.0 ** (int(exponent or 0) - decimals)


def flat(value):
    return [x for v in value for x in flat(v)] if isinstance(value, list) else [value]


def agree(value, printed):
    """Whether a value has the printed digits, in numbers and in the nesting of brackets."""
    numbers = re.findall(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?", printed)
    values = flat(value)
    shape = re.sub(r"[^\[\]]", "", printed)
    if len(numbers) != len(values) or shape != re.sub(r"[^\[\]]", "", str(value)):
        return False
    return all(
        abs(v - float(n)) <= half_digit(n) * (1 + 1e-6) + 1e-12 * abs(v)
        for v, n in zip(values, numbers)
    )


def check(line, names):
    """One line; a sentence if it is wrong."""
    parts = [part.strip() for part in line.split("=")]
    named = re.fullmatch(r"[^\W\d]\w*", parts[0]) and len(parts) > 1
    name = parts.pop(0) if named else None
    if len(parts) == 1 and name is None:
        return "no value"
    if len(parts) > 2:
        return "more than name = expression = value"
    value = compute(parts[0], names)
    if len(parts) == 1 and not re.fullmatch(r"[-+\d.eE,\[\]\s]+", parts[0]):
        return "no value behind the expression: it is %s" % value
    if len(parts) == 2 and not agree(value, parts[1]):
        return "it is %s" % value
    if name:
        names[name] = value
    return None


def main(paths):
    failed = 0
    for path in paths:
        names, lines, wrong = {"pi": math.pi}, 0, []
        for block in blocks_of(path):
            if block.language != "calc":
                continue
            for number, line in enumerate(block.text.splitlines(), block.line + 1):
                line = line.partition("#")[0].strip()
                if not line:
                    continue
                lines += 1
                try:
                    said = check(line, names)
                except (ValueError, SyntaxError, TypeError, ArithmeticError, AttributeError) as e:
                    said = str(e)
                if said:
                    wrong.append("%s:%d: %s: %s" % (path, number, line, said))
        print("\n".join(wrong + [""]), end="")
        if wrong:
            print("FAIL  %s: %d of its %d numbers" % (path, len(wrong), lines))
            failed = 1
        elif lines:
            print("ok    %s: its %d numbers" % (path, lines))
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
