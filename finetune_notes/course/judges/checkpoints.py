"Judges of the exercises of checkpoints"
from ..exercises import values_match, call_answer, exercise, expect, to_plain, short_repr
from ._shared import toy

texts = [('The page took', ' three seconds to load'), ('{"op": "', 'COUNT"}'), ('p95 of', ' duration_ms')]

@exercise('checkpoints-1', 'The probability of several tokens is a product: of the first, then of the second given '
                           'the first, and so on.',
          'Run the model once on all ids. The logits at position i are about the token at i + 1.',
          '`logits[0, n-1:-1].log_softmax(-1)` has one row for each token of the continuation; pick its token from '
          'each and sum.')
def chain_rule(lesson, answer):
    "The probability of a whole continuation"
    import torch
    base, tokenizer = toy()
    model = base.model('float32')
    for text,more in texts:
        a, b = (tokenizer(t)['input_ids'] for t in (text, more))
        with torch.inference_mode(): logp = model(torch.tensor([a + b])).logits[0, len(a)-1:-1].log_softmax(-1)
        wanted = logp.gather(1, torch.tensor(b)[:, None]).sum().item()
        got = to_plain(call_answer(answer, model, tokenizer, text, more))
        expect(values_match(got, wanted, 1e-3),
               f'Of {text!r} and {more!r}, {len(b)} tokens, it gave {short_repr(got)}; expected {wanted:.3f}.')
