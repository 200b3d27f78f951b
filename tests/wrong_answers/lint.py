"For each exercise of mismatch a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'lint-1': (lambda trained, served, tokenizer: next(((i, tokenizer.decode([a]), tokenizer.decode([b])) for i,(a,b) in enumerate(zip(trained, served)) if a != b), None), "expected (4, ''"),
}
