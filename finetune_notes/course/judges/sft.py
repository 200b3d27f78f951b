"Judges of the exercises of sft"
from ..exercises import values_match, call_answer, exercise, expect, to_plain, short_repr
from ._shared import toy

@exercise('sft-1', 'The logits at position t are about the token at t + 1.',
          'Compare `logits[:, :-1]` with `labels[:, 1:]`, and leave out positions with the label -100.',
          'The mean is over all graded positions of the batch, not first over each row.')
def loss_by_hand(lesson, answer):
    "The loss of a batch"
    import torch
    rng = torch.Generator().manual_seed(0)
    for rows,length,graded in ((1, 5, [3]), (2, 7, [2, 6]), (3, 6, [1, 5, 0])):
        logits, labels = (torch.randn(rows, length, 11, generator=rng)*2,
                          torch.randint(0, 11, (rows, length), generator=rng))
        for row,n in zip(labels, graded): row[:length - n] = lesson.ignored_label
        wanted = torch.nn.functional.cross_entropy(
            logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=lesson.ignored_label
        ).item()
        got = to_plain(call_answer(answer, logits.clone(), labels.clone()))
        expect(values_match(got, wanted, 1e-4),
               f'For {rows} rows of {length} tokens, {graded} of them graded, it gave {short_repr(got)}; expected '
               f'{wanted:.4f}.')

@exercise('sft-2', 'LoRA puts two matrices beside a weight of shape (out, in): one of (rank, in) and one of (out, '
                   'rank).',
          'Go through `model.named_modules()` and keep those whose last name is among the modules.',
          'Sum `rank*(m.in_features + m.out_features)`; v_proj is narrower than q_proj.')
def adapter_size(lesson, answer):
    "How many numbers an adapter trains"
    base, tokenizer = toy()
    for rank,modules in ((8, ('q_proj',)), (16, ('v_proj', 'o_proj')), (4, ('q_proj', 'k_proj', 'v_proj', 'o_proj',
                                                                            'gate_proj', 'up_proj', 'down_proj'))):
        adapted = lesson.with_adapter(base, lesson.Recipe(rank=rank, modules=modules, layers=1))
        wanted = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
        got = to_plain(call_answer(answer, base.model(), rank, modules))
        expect(values_match(got, wanted, 1e-9),
               f'With rank {rank} on {", ".join(modules)} PEFT trains {wanted:,} numbers; it gave {short_repr(got)}.')
