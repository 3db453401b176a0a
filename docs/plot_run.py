"""Draws a column of a run's metrics.csv or samples.csv against its time.

Usage: python3 docs/plot_run.py FILE.csv COLUMN NAME TITLE [--log] > PICTURE.svg

NAME stands behind the best value, at its height. BLEU: metrics.csv valid_bleu; pictures: samples.csv rkid with --log.
"""
import csv
import math
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 300, 62, 112, 40, 42
INK, QUIET, GRID, LINE = "#1f2937", "#6b7280", "#e5e7eb", "#0f766e"


def text(x, y, words, anchor="middle", size=12, colour=QUIET, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}" '
            f'font-weight="{weight}">{words}</text>')


def linear_ticks(values):
    top = 5 * (int(max(values)) // 5 + 1)
    return [float(value) for value in range(0, top + 1, 10)], (0.0, float(top))


def log_ticks(values):
    """1, 3, 10, 30, ... as far as the values go."""
    ticks = [factor * 10.0**power for power in range(-6, 7) for factor in (1, 3)]
    low = max(tick for tick in ticks if tick <= min(values))
    high = min(tick for tick in ticks if tick >= max(values))
    return [tick for tick in ticks if low <= tick <= high], (math.log(low), math.log(high))


def plot(points, name, title, log):
    minutes, values = max(x for x, _ in points), [y for _, y in points]
    ticks, (bottom, top) = log_ticks(values) if log else linear_ticks(values)
    step = next(step for step in (1, 2, 5, 10, 20, 60, 120, 600, 6000) if minutes / step <= 8)

    def place(x, y):
        height = (math.log(y) if log else y) - bottom
        return (LEFT + x / minutes * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - height / (top - bottom) * (HEIGHT - TOP - BOTTOM))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#ffffff"/>',
             text(LEFT, 24, title, "start", 14, INK, "600")]
    for value in ticks:
        (x0, y), (x1, _) = place(0, value), place(minutes, value)
        parts += [f'<path d="M{x0:.1f} {y:.1f}H{x1:.1f}" stroke="{GRID}"/>', text(x0 - 8, y + 4, f"{value:g}", "end")]
    for value in range(0, int(minutes) + 1, step):
        parts.append(text(LEFT + value / minutes * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM + 20,
                          f"{value} min" if value else "0"))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
    parts.append(f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2.5" stroke-linejoin="round"/>')
    for point in points if log else points[1:]:
        x, y = place(*point)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{LINE}"/>')
    best = (min if log else max)(values)
    x, y = place(minutes, best)
    parts.append(text(x + 10, y + 4, f"{best:.3g} {name}", "start", 12, LINE, "600"))
    return "\n".join(parts + ["</svg>"])


log = sys.argv[-1] == "--log"
file_name, column, name, title = sys.argv[1:5]
with open(file_name, encoding="utf-8") as file:
    rows = [row for row in csv.DictReader(file) if row[column]]
points = [(float(row["seconds"]) / 60, float(row[column])) for row in rows]
print(plot(points if log else [(0.0, 0.0)] + points, name, title, log))
