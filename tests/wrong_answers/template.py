"For each exercise of templates a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'template-1': (lambda row, tokenizer: row['input_ids'][-1] == tokenizer.eos_token_id, 'a collator that masks the padding'),
    'template-2': (('<|im_start|>assistant\n', '{"limit":5}'), 'There is a blank at the seam'),
    'template-3': ('errors<|im_end|>', "After the removal 'errors' is left"),
}
