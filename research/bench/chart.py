"""Line charts as SVG, side by side: logarithmic axes, one line for each series."""

import math

COLOURS = ("#1f6fb4", "#d9822b", "#3a9a4b", "#b23b5e", "#7a5ab5", "#555555")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460, 330, 62, 16, 40, 74


class Axis:
    """A logarithmic axis: maps a value to a place on the paper."""

    def __init__(self, values, start, end):
        low, high = min(values), max(values)
        self.low = 10 ** math.floor(math.log10(low))
        self.high = 10 ** math.ceil(math.log10(high))
        if self.high <= self.low:
            self.high = self.low * 10
        self.start, self.end = start, end

    def place(self, value):
        share = math.log10(value / self.low) / math.log10(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self):
        power = round(math.log10(self.low))
        while 10 ** power <= self.high * 1.0001:
            yield 10.0 ** power
            power += 1


def text(x, y, words, size=11, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {more}>{words}</text>'


def number(value):
    return f"{value:g}" if value < 10000 else f"{value / 1000:g}k"


def panel(left, colours, title, x_name, y_name, series):
    """`series`: name -> [(x, y)], drawn dashed where the name ends in " p99"; `colours` are shared by all panels."""
    points = [p for line in series.values() for p in line if p[0] > 0 and p[1] > 0]
    x = Axis([p[0] for p in points], left + LEFT, left + WIDTH - RIGHT)
    y = Axis([p[1] for p in points], HEIGHT - BOTTOM, TOP)
    out = [text(left + WIDTH / 2, 20, title, 13, more='font-weight="bold"')]
    for tick in x.ticks():
        at = x.place(tick)
        out.append(f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        out.append(text(at, HEIGHT - BOTTOM + 15, number(tick)))
    for tick in y.ticks():
        at = y.place(tick)
        out.append(f'<path d="M{left + LEFT} {at:.1f}H{left + WIDTH - RIGHT}" stroke="#ddd"/>')
        out.append(text(left + LEFT - 5, at + 4, number(tick), anchor="end"))
    out.append(text(left + WIDTH / 2, HEIGHT - BOTTOM + 31, x_name))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    out.append(text(left + 14, middle, y_name, more=f'transform="rotate(-90 {left + 14} {middle:.1f})"'))
    for i, (name, line) in enumerate(series.items()):
        base = name.removesuffix(" p99").removesuffix(" p50")
        colour = colours.setdefault(base, COLOURS[len(colours) % len(COLOURS)])
        dash = ' stroke-dasharray="5 3"' if name.endswith(" p99") else ""
        places = [(x.place(a), y.place(b)) for a, b in line if a > 0 and b > 0]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.6" fill="{colour}"/>' for a, b in places]
        at_x, at_y = left + LEFT + (i % 3) * 134, HEIGHT - 24 + (i // 3) * 15
        out.append(f'<path d="M{at_x} {at_y - 4}h18" stroke="{colour}" stroke-width="2"{dash}/>')
        out.append(text(at_x + 22, at_y, name, 10, "start"))
    return out


def draw(path, panels, footer):
    """`panels`: (title, x name, y name, series) each."""
    width, height = WIDTH * len(panels), HEIGHT + 22
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
           'font-family="sans-serif" fill="#222">', f'<rect width="{width}" height="{height}" fill="white"/>']
    colours = {}
    for i, one in enumerate(panels):
        out += panel(i * WIDTH, colours, *one)
    out.append(text(width - 8, height - 6, footer, 9, "end", 'fill="#777"'))
    out.append("</svg>")
    with open(path, "w") as f:
        f.write("\n".join(out) + "\n")
