"For each exercise of tagging a typical wrong answer, and words of the sentence that its author gets"
import json

wrong = {
    'tagging-1': (lambda text, classes: ([l for l in json.loads(text) if l in classes], sum(l not in classes for l in json.loads(text))), 'it gave (['),
    'tagging-2': (lambda a, b: sorted({c for x,y in zip(a, b) for c in set(x) ^ set(y)}), "expected ['b', 'a']"),
}
