# SPDX-License-Identifier: MIT
"""Shapes of the manual's figures, as SVG.

Values of the forward walk are blue, gradients red, everything else is ink. In labels, *x* is
italic, _{1} is below the line and ^{2} above it.
"""

import math
import os
import re
import sys

STYLE = """<style>
svg { font: 14px sans-serif; }
.ink { stroke: #24292f; fill: none; stroke-width: 1.5; } .text { fill: #24292f; }
.soft { stroke: #8c959f; fill: none; } .faint { fill: #8c959f; }
.blue { stroke: #0969da; fill: none; stroke-width: 2; } .blue-area { fill: #0969da33; }
.red { stroke: #cf222e; fill: none; stroke-width: 2; } .red-area { fill: #cf222e33; }
.green { stroke: #1a7f37; fill: none; stroke-width: 2; } .green-area { fill: #1a7f3733; }
.blue-text { fill: #0969da; } .red-text { fill: #cf222e; } .green-text { fill: #1a7f37; }
@media (prefers-color-scheme: dark) {
.ink { stroke: #e6edf3; } .text { fill: #e6edf3; } .soft { stroke: #848d97; }
.faint { fill: #848d97; } .blue { stroke: #58a6ff; } .blue-area { fill: #58a6ff44; }
.red { stroke: #ff7b72; } .red-area { fill: #ff7b7244; }
.green { stroke: #3fb950; } .green-area { fill: #3fb95044; }
.blue-text { fill: #58a6ff; } .red-text { fill: #ff7b72; } .green-text { fill: #3fb950; }
}
</style>"""


def number(value, digits=None):
    """The number with a true minus; as short as it is, or with so many digits."""
    text = f'{value:g}' if digits is None else f'{value:.{digits}f}'
    return text.replace('-', '\u2212')


def marked(label):
    """A label's SVG: italics, and what stands below and above the line."""
    out = ''
    for part in re.findall(r'\*[^*]+\*|[_^]\{[^}]*\}|[^*_^]+', label):
        plain = part.strip('*').replace('&', '&amp;').replace('<', '&lt;')
        if part[0] == '*':
            out += f'<tspan font-style="italic">{plain}</tspan>'
        elif part[0] in '_^':
            shift = 4 if part[0] == '_' else -6
            inner = part[2:-1].replace('<', '&lt;')
            out += (f'<tspan font-size="11" dy="{shift}">{inner}</tspan>'
                    f'<tspan dy="{-shift}">\u200b</tspan>')
        else:
            out += plain
    return out


class Figure:
    """A figure of so many units' width and height."""

    def __init__(self, width, height):
        self.width, self.height, self.parts = width, height, []

    def text(self, x, y, label, kind='text', anchor='middle', turn=0):
        """A label whose base line begins, or whose middle lies, at (x, y)."""
        turned = f' transform="rotate({turn:.4g} {x:.5g} {y:.5g})"' if turn else ''
        self.parts.append(f'<text class="{kind}" x="{x:.5g}" y="{y:.5g}" '
                          f'text-anchor="{anchor}"{turned}>{marked(label)}</text>')

    def line(self, x1, y1, x2, y2, kind='ink', dashed=False):
        """A straight line."""
        dash = ' stroke-dasharray="5 4"' if dashed else ''
        self.parts.append(f'<line class="{kind}" x1="{x1:.5g}" y1="{y1:.5g}" x2="{x2:.5g}" '
                          f'y2="{y2:.5g}"{dash}/>')

    def head(self, x, y, angle, kind='text'):
        """The head of an arrow that points at (x, y)."""
        points = [(x, y)] + [(x - 9 * math.cos(angle + s), y - 9 * math.sin(angle + s))
                             for s in (0.4, -0.4)]
        self.parts.append(f'<polygon class="{kind}" points="'
                          + ' '.join(f'{a:.1f},{b:.1f}' for a, b in points) + '"/>')

    def arrow(self, x1, y1, x2, y2, kind='ink'):
        """A straight arrow."""
        angle = math.atan2(y2 - y1, x2 - x1)
        self.line(x1, y1, x2 - 5 * math.cos(angle), y2 - 5 * math.sin(angle), kind)
        self.head(x2, y2, angle, 'text' if kind == 'ink' else f'{kind}-text')

    def edge(self, x1, y1, x2, y2, above='', below='', at=0.5):
        """An arrow with the value above it and the gradient below."""
        self.arrow(x1, y1, x2, y2)
        angle = math.atan2(y2 - y1, x2 - x1)
        x, y = x1 + at * (x2 - x1), y1 + at * (y2 - y1)
        for label, far, kind in ((above, -8, 'blue-text'), (below, 19, 'red-text')):
            if label:
                self.text(x - far * math.sin(angle), y + far * math.cos(angle), label, kind,
                          turn=math.degrees(angle))

    def circle(self, x, y, radius, kind='ink'):
        """A circle."""
        self.parts.append(f'<circle class="{kind}" cx="{x:.5g}" cy="{y:.5g}" r="{radius:.4g}"/>')

    def node(self, x, y, label, radius=22):
        """A node of a graph."""
        self.circle(x, y, radius)
        self.text(x, y + 5, label)

    def box(self, x, y, width, height, kind='ink'):
        """A rectangle with its upper left corner at (x, y)."""
        self.parts.append(f'<rect class="{kind}" x="{x:.5g}" y="{y:.5g}" width="{width:.5g}" '
                          f'height="{height:.5g}" rx="3"/>')

    def named_box(self, x, y, width, height, label):
        """A rectangle around a label."""
        self.box(x, y, width, height)
        self.text(x + width / 2, y + height / 2 + 5, label)

    def curve(self, points, kind='ink', dashed=False):
        """A line through points."""
        dash = ' stroke-dasharray="5 4"' if dashed else ''
        self.parts.append(f'<polyline class="{kind}" points="'
                          + ' '.join(f'{x:.1f},{y:.1f}' for x, y in points) + f'"{dash}/>')

    def cells(self, x, y, rows, side=36, kind='text', areas=None):
        """A table of numbers, or labels, with its upper left corner at (x, y). areas: the class of
        the cell (row, column), for cells that are filled."""
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                area = (areas or {}).get((i, j))
                if area:
                    self.box(x + j * side, y + i * side, side, side, area)
                self.box(x + j * side, y + i * side, side, side, 'soft')
                self.text(x + (j + 0.5) * side, y + (i + 0.5) * side + 5,
                          value if isinstance(value, str) else number(value), kind)

    def translated(self, words):
        """The same figure with other labels, or None if it has none of these words."""
        other = Figure(self.width, self.height)
        other.parts = self.parts
        for label, word in words.items():
            old, new = f'>{marked(label)}</text>', f'>{marked(word)}</text>'
            other.parts = [part.replace(old, new) for part in other.parts]
        return other if other.parts != self.parts else None

    def svg(self):
        """The file's text."""
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} '
                f'{self.height}" width="{self.width}" height="{self.height}">\n'
                '<!-- SPDX-License-Identifier: MIT -->\n'
                + '\n'.join([STYLE] + self.parts) + '\n</svg>\n')


def write_all(figures):
    """Writes the figures to the folder that the command line names, or to this one."""
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for name, make in figures.items():
        with open(os.path.join(folder, name + '.svg'), 'w', encoding='utf-8') as file:
            file.write(make().svg())


def write_layers(figures, words):
    """Writes figures of layers by their names, and a Korean copy of each that has such words."""
    copies = {f'{name}-ko': figure.translated(words) for name, figure in figures.items()}
    copies = {name: figure for name, figure in copies.items() if figure}
    write_all({f'layer-{name}': (lambda f=figure: f)
               for name, figure in {**figures, **copies}.items()})
