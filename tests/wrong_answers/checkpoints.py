"For each exercise of models a typical wrong answer, and words of the sentence that its author gets"
import torch

def first_token_only(model, tokenizer, text, continuation):
    with torch.inference_mode(): logits = model(**tokenizer(text, return_tensors='pt')).logits
    return logits[0, -1].log_softmax(-1)[tokenizer(continuation)['input_ids'][0]].item()

wrong = {
    'checkpoints-1': (first_token_only, "' three seconds to load', 4 tokens"),
}
