"For each exercise of train a typical wrong answer, and words of the sentence that its author gets"
from torch.nn.functional import cross_entropy

def not_shifted(logits, labels): return cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100).item()

def full_rank(model, rank, modules): return sum(rank*m.weight.numel() for name,m in model.named_modules() if name.split('.')[-1] in modules)

wrong = {
    'sft-1': (not_shifted, '[3] of them graded'),
    'sft-2': (full_rank, 'With rank 8 on q_proj PEFT trains'),
}
