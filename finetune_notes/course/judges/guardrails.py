"Judges of the exercises of guardrails"
import random
from itertools import combinations
from ..exercises import agree_with_reference, exercise

@exercise('guardrails-1', 'There are few layers: try every set of them, the empty one too.',
          'A message is stopped by a set where any layer of it stops it: `zip` the lists of the set.',
          'Among the sets within the limit take the minimum of `(-attacks stopped, size, names)`.')
def best_layers(lesson, answer):
    "Which layers to switch on"
    def reference(attacks, harmless, limit):
        stops = lambda table, names: sum(any(row) for row in zip(*(table[n] for n in names)))
        sets = [list(c) for k in range(len(attacks) + 1) for c in combinations(sorted(attacks), k)]
        fine = [s for s in sets if stops(harmless, s) <= limit*len(next(iter(harmless.values())))]
        return min(fine, key=lambda s: (-stops(attacks, s), len(s), s))
    rng = random.Random(7)
    draw = lambda n, p: [rng.random() < p for _ in range(n)]
    tables = [({n: draw(20, p)
                for n, p in zip('dbca', (.5, .7, .4, .6))}, {n: draw(20, p)
                                                             for n, p in zip('dbca', (.05, .2, .1, .1))})
              for _ in range(3)]
    agree_with_reference(answer, reference, *((a, h, limit) for a, h in tables for limit in (0, .1, .3)),
                         (dict(a=[True], b=[True]), dict(a=[False], b=[False]), 0),
                         (dict(a=[False]), dict(a=[False]), .5))

@exercise('guardrails-2', 'Go through n from `start` to the number of outcomes.',
          'Compare `sum(outcomes[:n])` with `limit*n`: above, not equal.',
          'Where no n is found the answer is None, and n = 0 says nothing.')
def first_alarm(lesson, answer):
    "Looking again and again"
    def reference(outcomes, limit, start):
        return next((n for n in range(max(1, start), len(outcomes) + 1) if sum(outcomes[:n]) > limit*n), None)

    agree_with_reference(answer, reference, ([0, 1, 0, 0, 1, 1], .4, 1), ([0, 1, 0, 0, 1, 1], .4, 3),
                         ([0, 1, 0, 0, 1, 1], .5, 3), ([1, 0], .5, 2), ([], .1, 1), ([0]*50, .01, 0), ([1], .5, 1))
    return 'One bad reply early is a large share: that is why looking each time stops fine bots.'
