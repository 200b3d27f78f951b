"Layers made cheaper: the same numbers for any shape, and nothing left behind when something goes wrong"
import copy
from types import SimpleNamespace
import pytest
import torch
from hypothesis import given, settings, strategies as st
from peft import LoraConfig, get_peft_model
from transformers.models.llama.modeling_llama import LlamaRMSNorm
from finetune_notes.core.kernels import (AttentionFunction, FrozenLinearFunction, RMSNormFunction, use_fused_layers, can_prepack, use_fused_attention, common_positions, separate_states, prepacked_weights, is_plain_lora, linear_product,
                                               shared_prefix_attention, expand_mask)
from finetune_notes.core.checkpoints import load_checkpoint

quick = settings(max_examples=25, deadline=None)

def adapted(width, outputs, rank, **options):
    "One linear layer with an adapter that is not zero, PEFT's way"
    torch.manual_seed(width + 31*outputs)
    net = torch.nn.Sequential(torch.nn.Linear(width, outputs, bias=options.pop('bias', False)))
    model = get_peft_model(net, LoraConfig(r=rank, lora_alpha=3, target_modules=['0'], **options))
    for n,p in model.named_parameters():
        if 'lora_B' in n: torch.nn.init.normal_(p)
    return model

def step(model, x):
    x = x.clone().requires_grad_()
    out = model(x)
    out.square().sum().backward()
    return [out.detach(), x.grad] + [p.grad for p in model.parameters() if p.requires_grad]

@quick
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 8), st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_an_adapter_by_hand_is_pefts(width, outputs, rank, rows):
    model, x = adapted(width, outputs, rank), torch.randn(*rows, width)
    for ours,theirs in zip(step(use_fused_layers(copy.deepcopy(model)), x), step(model, x), strict=True):
        assert ours.shape == theirs.shape and torch.allclose(ours, theirs, rtol=1e-4, atol=1e-4*float(theirs.abs().max() + 1))

@pytest.mark.parametrize('options', [dict(bias=True), dict(lora_dropout=.5), dict(use_dora=True), dict(lora_bias=True, bias=True)])
def test_what_it_cannot_stand_for_is_left_alone(options):
    model = use_fused_layers(adapted(6, 5, 2, **options))
    assert not any(is_plain_lora(m) or 'forward' in vars(m) for m in model.modules())

def test_a_frozen_input_needs_no_gradient():
    model = use_fused_layers(adapted(6, 5, 2))
    model(torch.randn(3, 6)).sum().backward()
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)

def test_two_adapters_at_once_are_no_guess():
    model = adapted(6, 5, 2)
    model.add_adapter('other', LoraConfig(r=2, target_modules=['0']))
    model.base_model.set_adapter(['default', 'other'])
    with pytest.raises(ValueError): use_fused_layers(model)(torch.randn(3, 6))

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
    supported = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    assert can_prepack(torch.nn.Linear(3, 3).to(torch.bfloat16)) == supported()
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

# Written by hand

heads = st.sampled_from([(1, 1), (4, 2), (9, 3), (6, 6)])

@quick
@given(heads, st.integers(1, 3), st.integers(1, 9), st.integers(0, 5), st.integers(1, 8))
def test_attention_by_hand_is_pytorchs(heads, rows, width, before, size):
    config, make = SimpleNamespace(num_attention_heads=heads[0], num_key_value_heads=heads[1]), lambda h, n: torch.randn(rows, h, n, size, requires_grad=True)
    q, k, v = make(heads[0], width), make(heads[1], before + width), make(heads[1], before + width)
    sees = torch.rand(rows, width, before + width) < .5
    sees |= torch.eye(before + width, dtype=torch.bool)[before:]
    weight = torch.randn(rows, heads[0], width, size)
    ours = AttentionFunction.apply(q, k, v, expand_mask(sees, config, q.dtype), .3)
    theirs = torch.nn.functional.scaled_dot_product_attention(q, k, v, sees[:, None], scale=.3, enable_gqa=True)
    for one,two in zip(*(torch.autograd.grad(out, (q, k, v), weight) for out in (ours, theirs)), strict=True): assert torch.allclose(one, two, atol=1e-4)
    assert torch.allclose(ours, theirs, atol=1e-5)

@pytest.mark.parametrize('kind,tolerance', [('float32', 1e-5), ('bfloat16', 2e-2)])
def test_a_norm_by_hand_is_transformers(kind, tolerance):
    norm, kind = LlamaRMSNorm(48).requires_grad_(False).to(getattr(torch, kind)), getattr(torch, kind)
    torch.nn.init.normal_(norm.weight)
    x, weight = torch.randn(5, 7, 48).to(kind).requires_grad_(), torch.randn(5, 7, 48).to(kind)
    ours, theirs = RMSNormFunction.apply(x, norm.weight, norm.variance_epsilon), norm(x)
    assert ours.dtype == theirs.dtype and torch.allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    one, two = (torch.autograd.grad(out, x, weight)[0] for out in (ours, theirs))
    assert one.dtype == two.dtype and (one - two).norm() <= tolerance*two.norm()

def test_a_norm_that_is_trained_keeps_its_way():
    model = load_checkpoint('tiny').model()
    assert not any('forward' in vars(m) for m in use_fused_layers(model).modules())
    use_fused_layers(model.requires_grad_(False))
    assert sum('forward' in vars(m) for m in model.modules() if type(m) is LlamaRMSNorm) == 2*model.config.num_hidden_layers + 1

@quick
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from((1, 2, 31, 257)))
def test_a_frozen_layer_passes_on_the_usual_gradient(width, outputs, rows):
    layer = torch.nn.Linear(width, outputs, bias=False).requires_grad_(False).to(torch.bfloat16)
    x, weight = torch.randn(2, rows, width).to(torch.bfloat16).requires_grad_(), torch.randn(2, rows, outputs).to(torch.bfloat16)
    ours, theirs = FrozenLinearFunction.apply(x, layer), layer(x)
    assert torch.allclose(ours, theirs, rtol=2e-2, atol=2e-2)
    one, two = (torch.autograd.grad(out, x, weight)[0] for out in (ours, theirs))
    assert (one - two).norm() <= 1e-2*two.norm()

def test_the_way_back_knows_of_a_change_too():
    layer, grad = torch.nn.Linear(8, 8, bias=False).requires_grad_(False).to(torch.bfloat16), torch.ones(2, 8, dtype=torch.bfloat16)
    before = linear_product(grad, layer, back=True)
    with torch.no_grad(): layer.weight.mul_(2)
    assert torch.equal(linear_product(grad, layer, back=True), 2*before)

# A beginning read once

@pytest.fixture(scope='module')
def bodies():
    "The toy model's body in float32: with the usual attention, and with a shared prefix"
    if torch.cuda.is_available(): pytest.skip('where there is a GPU, attention is left alone')
    usual = load_checkpoint('tiny').model('float32')
    shared = use_fused_attention(copy.deepcopy(usual))
    assert shared.config._attn_implementation == shared_prefix_attention
    return usual.model, shared.model

@quick
@given(st.integers(0, 12), st.lists(st.integers(1, 20), min_size=1, max_size=5), st.randoms())
def test_states_behind_a_prefix_are_the_usual_ones(bodies, prefix, rests, random):
    begin, width = [random.randrange(400) for _ in range(prefix)], prefix + max(rests)
    rows = [begin + [random.randrange(400) for _ in range(n)] for n in rests]
    ids, mask = torch.tensor([r + [0]*(width - len(r)) for r in rows]), torch.tensor([[1]*len(r) + [0]*(width - len(r)) for r in rows])
    usual, shared = (separate_states(body, ids, mask)*mask[..., None] for body in bodies)
    assert torch.allclose(usual, shared, atol=1e-4)

def test_rows_that_are_all_alike_keep_a_position_of_their_own(bodies):
    ids, mask = torch.arange(9).expand(3, -1), torch.ones(3, 9, dtype=torch.long)
    usual, shared = (separate_states(body, ids, mask) for body in bodies)
    assert torch.allclose(usual, shared, atol=1e-4)

def test_what_stands_in_common_is_computed_once(bodies):
    seen, ids = [], torch.cat([torch.arange(9).expand(3, -1), torch.tensor([[30], [31], [32]])], 1)
    hook = bodies[1].layers[0].mlp.register_forward_hook(lambda layer, given, made: seen.append(made.shape[:2].numel()))
    separate_states(bodies[1], ids, torch.ones_like(ids))
    hook.remove()
    assert seen == [9 + 3]

def test_a_prefix_ends_where_a_row_sees_otherwise():
    ids, positions = torch.zeros(2, 6, dtype=torch.long), torch.arange(6).expand(2, -1)
    sees = torch.ones(2, 6, 6, dtype=torch.bool).tril()
    assert common_positions(ids, positions, sees) == 5
    sees[1, 3, 1] = False
    assert common_positions(ids, positions, sees) == 3
    assert common_positions(ids, positions + torch.tensor([[0], [1]]), sees) == 0

@pytest.mark.skipif(torch.cuda.is_available(), reason='where there is a GPU, attention is left alone')
def test_other_models_and_dropout_keep_pytorchs_steps():
    model = load_checkpoint('tiny').model()
    model.config.attention_dropout = .1
    assert use_fused_attention(model).config._attn_implementation == 'eager'

# Where it must step aside

def test_a_build_without_onednn_answers_in_the_usual_way(model, monkeypatch):
    ids = torch.arange(12).view(1, -1)
    usual = model(ids).logits
    monkeypatch.setattr(torch.ops, 'mkldnn', SimpleNamespace())
    assert not can_prepack(torch.nn.Linear(3, 3).to(torch.bfloat16))
    with prepacked_weights(model): assert torch.equal(model(ids).logits, usual)

@torch.no_grad()
def test_a_merged_adapter_counts_and_a_split_one_too():
    def tuned():
        torch.manual_seed(0)
        model = get_peft_model(load_checkpoint('tiny').model(), LoraConfig(r=4, target_modules=['q_proj', 'up_proj']))
        for n,p in model.named_parameters():
            if 'lora_B' in n: torch.nn.init.normal_(p, std=.2)
        return model
    ids, fused = torch.arange(12).view(1, -1), use_fused_layers(tuned())
    base, merged, apart = load_checkpoint('tiny').model()(ids).logits, tuned().merge_and_unload()(ids).logits, tuned()(ids).logits
    def says(model):
        plain = model(ids).logits
        with prepacked_weights(model): assert torch.equal(model(ids).logits, plain) # Arranged, and with what stands in the weights now
        return plain
    close = lambda a, b: float((a - b).norm()/b.norm()) < 3e-2 # bfloat16 rounds at other places
    assert close(says(fused), apart) and not close(apart, base)
    fused.merge_adapter()
    assert close(says(fused), merged) and not close(merged, base)
    fused.unmerge_adapter()
    assert close(says(fused), apart)
    assert close(says(fused.merge_and_unload()), merged)
