"For each exercise of when_to_finetune a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'when_to_finetune-1': (['fine-tune', 'fine-tune', 'fine-tune', 'prompt'], '1: not fine-tune; the prompt is good enough'),
    'when_to_finetune-2': ({'a', 'c'}, 'two prompts without examples are bad attempts'),
    'when_to_finetune-3': (50, 'ten points more are not excluded'),
}
