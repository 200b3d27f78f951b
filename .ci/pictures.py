"Pictures that follow from the manifest and from saved outputs: the map of the course, and the board of the front page"
import re
import textwrap
from html import escape

svg = '''<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="12.5" role="img" aria-label="{label}">
<style>
.part {{ fill: #555; font-weight: 600; }} .open {{ fill: none; stroke: #888; }} .filled {{ fill: #0072B2; stroke: #0072B2; }}
.off {{ fill: #333; text-anchor: middle; }} .on {{ fill: #fff; text-anchor: middle; }} .word {{ fill: #333; }} .title {{ fill: #333; font-size: 16px; font-weight: 600; }}
.bar {{ fill: #888; }} .best {{ fill: #0072B2; }} .range {{ stroke: #333; stroke-width: 1.6; fill: none; }}
@media (prefers-color-scheme: dark) {{ .part {{ fill: #bbb; }} .off, .word, .title {{ fill: #ddd; }} .range {{ stroke: #ddd; }} }}
</style>
{drawn}
</svg>
'''

def page(width, height, label, drawn):
    "An SVG that can be read on light and on dark pages"
    return svg.format(width=width, height=height, label=escape(label), drawn='\n'.join(drawn))

def wrapped(title, most=22):
    "A title in two lines at most"
    lines = textwrap.wrap(title, most)
    return [*lines[:1], ' '.join(lines[1:])][:len(lines)]

def course_map(parts, path):
    "The course as a picture: a row of boxes for each part (its title and lessons), the lessons of a path filled"
    drawn, y = [], 14
    for title,lessons in parts:
        drawn.append(f'<text class="part" x="10" y="{y + 25}">{escape(title)}</text>')
        for i,lesson in enumerate(lessons):
            if i and i%4 == 0: y += 52
            drawn += map_box(lesson, 250 + 168*(i%4), y, lesson['file'][3:-6] in path)
        y += 64
    return page(930, y, 'The lessons of the course by part', drawn)

def map_box(lesson, x, y, filled):
    "A lesson as a box with its number and title"
    lines = wrapped(lesson['title'])
    at = y + (25 if len(lines) == 1 else 18)
    texts = [f'<text class="{"on" if filled else "off"}" x="{x + 78}" y="{at + 15*i}">{escape(line)}</text>' for i,line in enumerate(lines)]
    return [f'<rect class="{"filled" if filled else "open"}" x="{x}" y="{y}" width="156" height="42" rx="6"/>', *texts]

def board(rows):
    "The share of right answers of each system as bars with their intervals; a row is system, n, and a share as in 0.813 [0.765, 0.853]"
    drawn = []
    numbers = [[float(v) for v in re.findall(r'\d\.\d+', share)] for _,_,share in rows]
    for i,((name,n,_),(share,lo,hi)) in enumerate(zip(rows, numbers)):
        y, best = 52 + 38*i, share == max(o[0] for o in numbers)
        left, right = 250 + 520*lo, 250 + 520*hi
        drawn += [f'<text class="word" x="10" y="{y + 17}">{escape(name)} (n = {n})</text>',
                  f'<rect class="{"best" if best else "bar"}" x="250" y="{y}" width="{max(520*share, 1):.0f}" height="24"/>',
                  f'<path class="range" d="M{left:.0f} {y + 12} H{right:.0f} M{left:.0f} {y + 7} v10 M{right:.0f} {y + 7} v10"/>',
                  f'<text class="word" x="{right + 10:.0f}" y="{y + 17}">{100*share:.0f} %</text>']
    title = 'Right answers to questions about data that the model has never seen'
    below = 'Two models by their number of parameters, prompted; the smaller one fine-tuned, too. Lines: 95 % intervals.'
    drawn = [f'<text class="title" x="10" y="24">{title}</text>', *drawn, f'<text class="word" x="10" y="{70 + 38*len(rows)}">{below}</text>']
    return page(860, 84 + 38*len(rows), title, drawn)
