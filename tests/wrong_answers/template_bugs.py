"For each exercise of template_bugs a typical wrong answer, and words of the sentence that its author gets"

def half(question, tokenizer):
    text = tokenizer.apply_chat_template([{'role': 'user', 'content': question}], tokenize=False, add_generation_prompt=True)
    return tokenizer(text, add_special_tokens=False)['input_ids']

wrong = {
    'template_bugs-1': (dict(a='T7', b='T5', c='T11', d='T9', e='T11', f='T13'), 'c: '),
    'template_bugs-2': (half, 'T9'),
    'template_bugs-3': (dict(A={'T4', 'T13'}, B={'T1', 'T4', 'T13'}, C={'T1', 'T4', 'T7', 'T13', 'T15'}), 'A: T13 cannot'),
}
