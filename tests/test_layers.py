"Layers made cheaper: the same numbers for any shape, and nothing left behind when something goes wrong"
from types import SimpleNamespace
import pytest
import torch
from hypothesis import given, settings, strategies as st
from peft import LoraConfig, get_peft_model
from finetune_notes.core import kernels
from finetune_notes.core.kernels import can_prepack, check_pairs, pairs_in_one_row, prepacked_weights, prepacking_helps, unmasked_positions_only
from finetune_notes.core.checkpoints import load_checkpoint

quick = settings(max_examples=25, deadline=None)

@pytest.fixture(scope='module')
def model(): return load_checkpoint('tiny').model()

@quick
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from((1, 2, 31, 256, 257)), st.booleans())
def test_packed_products_are_the_usual_ones(width, outputs, rows, bias):
    layer, x = torch.nn.Linear(width, outputs, bias=bias).to(torch.bfloat16), torch.randn(2, rows, width).to(torch.bfloat16)
    usual = layer(x)
    with prepacked_weights(layer): assert torch.equal(layer(x), usual)

def test_an_error_inside_the_block_leaves_nothing_behind(model):
    with pytest.raises(ZeroDivisionError):
        with prepacked_weights(model): 1/0
    assert not any('forward' in vars(m) for m in model.modules())

def test_weights_in_float32_or_of_another_kind_stay_as_they_are():
    class Other(torch.nn.Linear): pass
    assert can_prepack(torch.nn.Linear(3, 3).to(torch.bfloat16)) == prepacking_helps()
    assert not can_prepack(torch.nn.Linear(3, 3)) and not can_prepack(Other(3, 3).to(torch.bfloat16)) and not can_prepack(torch.nn.Embedding(3, 3))

def test_a_block_inside_a_block_is_the_same(model):
    ids = torch.arange(12).view(1, -1)
    usual = model(ids).logits
    with prepacked_weights(model):
        with prepacked_weights(model): assert torch.equal(model(ids).logits, usual)
        assert torch.equal(model(ids).logits, usual)
    assert torch.equal(model(ids).logits, usual)

def test_a_weight_that_changed_is_arranged_anew():
    layer, x = torch.nn.Linear(8, 8, bias=False).to(torch.bfloat16), torch.ones(2, 8, dtype=torch.bfloat16)
    with prepacked_weights(layer): layer(x)
    with torch.no_grad(): layer.weight.mul_(2)
    usual = layer(x)
    with prepacked_weights(layer): assert torch.equal(layer(x), usual)

# Where it must step aside

def test_a_build_without_onednn_answers_in_the_usual_way(model, monkeypatch):
    ids = torch.arange(12).view(1, -1)
    usual = model(ids).logits
    monkeypatch.setattr(torch.ops, 'mkldnn', SimpleNamespace())
    assert not can_prepack(torch.nn.Linear(3, 3).to(torch.bfloat16))
    with prepacked_weights(model): assert torch.equal(model(ids).logits, usual)

@torch.no_grad()
def test_a_merged_adapter_counts_and_a_split_one_too():
    torch.manual_seed(0)
    model, ids = get_peft_model(load_checkpoint('tiny').model('bfloat16'), LoraConfig(r=4, target_modules=['q_proj', 'up_proj'])), torch.arange(12).view(1, -1)
    for n,p in model.named_parameters():
        if 'lora_B' in n: torch.nn.init.normal_(p, std=.2)
    def says():
        plain = model(ids).logits
        with prepacked_weights(model): assert torch.equal(model(ids).logits, plain)
        return plain
    apart = says()
    model.merge_adapter()
    merged = says()
    assert not torch.equal(merged, apart)
    model.unmerge_adapter()
    says()
    model = model.merge_and_unload()
    assert (says() - merged).norm() < 3e-2*merged.norm() # Taken apart and merged again, bfloat16 has rounded twice

# Both answers of a pair in one row

def pair_batch(model, n=3, common=9, seed=0):
    torch.manual_seed(seed)
    ids = torch.randint(3, 400, (2*n, 24))
    ids[n:, :common] = ids[:n, :common]
    mask = torch.ones_like(ids)
    mask[1, 20:], mask[n, 15:] = 0, 0
    return dict(input_ids=ids, attention_mask=mask, labels=ids.masked_fill(mask == 0, -100))

def adapted(model): return get_peft_model(model, LoraConfig(r=4, target_modules={'mamba': ['in_proj'], 'gpt2': ['c_attn']}.get(model.config.model_type, ['q_proj', 'v_proj'])))

@quick
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_a_prompt_that_is_read_once_gives_the_same_states(shapes, rng):
    body = load_checkpoint('tiny').model('float32').model
    draw = lambda n: [rng.randrange(10, 99) for _ in range(n)]
    pairs = [(common + draw(a + (not common)), common + draw(b + (not common))) for k,a,b in shapes for common in [draw(k)]]
    rows = [p[0] for p in pairs] + [p[1] for p in pairs]
    longest = max(map(len, rows))
    ids, mask = (torch.tensor([fill(r) + [0]*(longest - len(r)) for r in rows]) for fill in (list, lambda r: [1]*len(r)))
    usual = body(input_ids=ids, attention_mask=mask, use_cache=False)[0]
    with pairs_in_one_row(body): packed = body(input_ids=ids, attention_mask=mask, use_cache=False)[0]
    assert torch.allclose(packed[mask.bool()], usual[mask.bool()], atol=2e-4)
    assert 'forward' not in vars(body)

def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel
    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(vocab_size=400, n_embd=32, n_layer=2, n_head=4))

@pytest.mark.parametrize('make', [lambda: load_checkpoint('tiny').model('float32'), lambda: load_checkpoint('tiny').model('bfloat16'), gpt2], ids=['float32', 'bfloat16', 'GPT2'])
def test_a_model_that_learns_the_same_passes(make):
    model = adapted(make())
    gain, said = check_pairs(model, pair_batch(model), timed=False)
    assert gain > 0 and said == 'pairs are read in one row each'
    assert all(p.grad is None for p in model.parameters())

def test_a_model_that_cannot_be_given_such_rows_is_found_out():
    "A sliding window counts distances in the row, and a state space model takes no positions"
    from transformers import MambaConfig, MambaForCausalLM, MistralConfig, MistralForCausalLM
    small = dict(vocab_size=400, hidden_size=32, intermediate_size=64, num_hidden_layers=2)
    torch.manual_seed(0)
    windowed = MistralForCausalLM(MistralConfig(**small, num_attention_heads=4, num_key_value_heads=2, sliding_window=6))
    for model in (windowed, MambaForCausalLM(MambaConfig(vocab_size=400, hidden_size=32, num_hidden_layers=2))):
        gain, said = check_pairs(adapted(model), pair_batch(model), timed=False)
        assert gain == 0 and said.startswith('pairs are read as two rows each'), type(model)

def test_what_is_hardly_faster_is_left_alone(monkeypatch):
    monkeypatch.setattr(kernels, 'least_gain', 1e9)
    model = adapted(load_checkpoint('tiny').model('float32'))
    gain, said = check_pairs(model, pair_batch(model))
    assert gain == 0 and 'one row is only' in said and said.endswith('times as fast')

def test_trls_branch_is_put_back_and_may_be_missing(monkeypatch):
    from trl.trainer import utils
    stock = utils._use_triton
    with pytest.raises(ZeroDivisionError):
        with unmasked_positions_only():
            assert utils._use_triton(torch.device('cpu'))
            1/0
    assert utils._use_triton is stock
    monkeypatch.delattr(utils, '_use_triton')
    with unmasked_positions_only(): assert not hasattr(utils, '_use_triton')
