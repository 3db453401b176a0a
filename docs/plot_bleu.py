"""Draws the validation BLEU of a run against its time: python3 docs/plot_bleu.py MODEL/metrics.csv TITLE > PICTURE.svg"""
import csv
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 300, 52, 92, 40, 42
INK, QUIET, GRID, LINE = "#1f2937", "#6b7280", "#e5e7eb", "#0f766e"


def text(x, y, words, anchor="middle", size=12, colour=QUIET, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}" '
            f'font-weight="{weight}">{words}</text>')


def plot(points, title):
    minutes, top = max(x for x, _ in points), 5 * (int(max(y for _, y in points)) // 5 + 1)
    step = next(step for step in (1, 2, 5, 10, 20, 60, 120, 600, 6000) if minutes / step <= 8)

    def place(x, y):
        return (LEFT + x / minutes * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#ffffff"/>',
             text(LEFT, 24, title, "start", 14, INK, "600")]
    for value in range(0, top + 1, 10):
        (x0, y), (x1, _) = place(0, value), place(minutes, value)
        parts += [f'<path d="M{x0:.1f} {y:.1f}H{x1:.1f}" stroke="{GRID}"/>', text(x0 - 8, y + 4, value, "end")]
    for value in range(0, int(minutes) + 1, step):
        parts.append(text(place(value, 0)[0], HEIGHT - BOTTOM + 20, f"{value} min" if value else "0"))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
    parts.append(f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2.5" stroke-linejoin="round"/>')
    for point in points[1:]:
        x, y = place(*point)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{LINE}"/>')
    x, y = place(*points[-1])
    parts.append(text(x + 10, y + 4, f"{points[-1][1]:.1f} BLEU", "start", 12, LINE, "600"))
    return "\n".join(parts + ["</svg>"])


with open(sys.argv[1], encoding="utf-8") as file:
    rows = [row for row in csv.DictReader(file) if row["valid_bleu"]]
print(plot([(0.0, 0.0)] + [(float(row["seconds"]) / 60, float(row["valid_bleu"])) for row in rows], sys.argv[2]))
