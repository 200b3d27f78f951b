"For each exercise of synthesize a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'synthesize-1': (lambda rows: [r.get('made_from', r['id']) for r in rows], 'may stand on the other side of a split'),
}
