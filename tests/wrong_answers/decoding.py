"For each exercise of decoding a typical wrong answer, and words of the sentence that its author gets"

unbounded = {'type': 'object', 'properties': {'severity': {'enum': ['low', 'mid', 'high']}, 'minutes': {'type': 'integer'}},
             'required': ['severity', 'minutes'], 'additionalProperties': False}

wrong = {
    'decoding-1': (['shown', 'shown', 'open', 'shown'], 'four lost and none won'),
    'decoding-2': (0.015, 'before the grammar'),
    'decoding-3': (unbounded, 'It lets in {"severity":"low","minutes":1441}'),
    'decoding-4': (['model', 'model', 'cut', 'no choice'], '"complaint" is not among'),
}
