"Judges of the exercises of tagging"
import json
from ..exercises import values_match, call_answer, exercise, expect, short_repr

@exercise('tagging-1', 'A text that is no JSON array of texts gives None; `json.loads` raises a `ValueError` on what '
                       'is no JSON.',
          'Keep the order, and each label once. `dict.fromkeys` does both.',
          'Split the labels into those that are in `classes` and those that are not; the second is a count.')
def valid_labels(lesson, answer):
    "Valid labels and a count of the others"
    def reference(text, classes):
        try: said = json.loads(text)
        except ValueError: return None
        if not isinstance(said, list) or not all(isinstance(l, str) for l in said): return None
        said = list(dict.fromkeys(said))
        return [l for l in said if l in classes], sum(l not in classes for l in said)
    texts = ('["b", "a"]', '["b", "z", "b", "z", "y"]', '[]', '["a"', '{"a": 1}', '"a"', '[1, "a"]', '', 'a, b')
    for text in texts:
        got, wanted = call_answer(answer, text, ['a', 'b']), reference(text, ['a', 'b'])
        expect(values_match(list(got) if isinstance(got, tuple) else got, list(wanted) if wanted else wanted),
               f'For {text!r} it gave {short_repr(got)}; expected {wanted}.')

@exercise('tagging-2', 'A class counts once for every article in which exactly one of the two people gave it.',
          '`set(x) ^ set(y)` are the classes that only one of two gave.',
          'Count them over all articles with a `Counter`, and sort by `(-count, name)`.')
def disputed_classes(lesson, answer):
    "Which definitions to write anew"
    def reference(a, b):
        count = {}
        for x,y in zip(a, b):
            for c in set(x) ^ set(y): count[c] = count.get(c, 0) + 1
        return sorted(count, key=lambda c: (-count[c], c))

    cases = [([['b', 'a'], ['c'], ['c', 'd']], [['a'], ['b'], ['d']]), ([['a']], [['a']]),
             ([['z', 'y'], ['z']], [[], ['y']]), ([['a'], ['b'], ['b']], [['b'], ['b'], []])]
    for a,b in cases:
        got = call_answer(answer, a, b)
        expect(isinstance(got, (list, tuple)) and list(got) == reference(a, b),
               f'For {short_repr(a)} and {short_repr(b)} it gave {short_repr(got)}; expected {reference(a, b)}.')
