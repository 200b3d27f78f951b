"For each exercise of generate a typical wrong answer, and words of the sentence that its author gets"
import torch

def masked_with_zero(logits, k, rng):
    kept = torch.where(logits >= logits.topk(k).values[:, -1:], logits, 0)
    return torch.multinomial(kept.softmax(-1), 1, generator=rng)[:, 0].tolist()

unbounded = {'type': 'object', 'properties': {'severity': {'enum': ['low', 'mid', 'high']}, 'minutes': {'type': 'integer'}},
             'required': ['severity', 'minutes'], 'additionalProperties': False}

wrong = {
    'decoding-1': (masked_with_zero, 'it draws a token that is only the'),
    'decoding-2': (unbounded, 'It lets in {"severity":"low","minutes":1441}'),
}
