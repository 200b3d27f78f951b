"For each exercise of rows a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'lint_examples-1': (lambda rows, limit: [i for i,r in enumerate(rows) if len(r['input_ids']) > limit], 'padding behind the answer'),
}
