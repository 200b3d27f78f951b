"Layers made cheaper: the same numbers for any shape, and nothing left behind when something goes wrong"
import copy
import pytest
import torch
from hypothesis import given, settings, strategies as st
from peft import LoraConfig, get_peft_model
from finetune_notes.foundations.layers import by_hand, can_pack, packed, plain
from finetune_notes.foundations.models import load

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
    for ours,theirs in zip(step(by_hand(copy.deepcopy(model)), x), step(model, x), strict=True):
        assert ours.shape == theirs.shape and torch.allclose(ours, theirs, rtol=1e-4, atol=1e-4*float(theirs.abs().max() + 1))

@pytest.mark.parametrize('options', [dict(bias=True), dict(lora_dropout=.5), dict(use_dora=True), dict(lora_bias=True, bias=True)])
def test_what_it_cannot_stand_for_is_left_alone(options):
    model = by_hand(adapted(6, 5, 2, **options))
    assert not any(plain(m) or 'forward' in vars(m) for m in model.modules())

def test_a_frozen_input_needs_no_gradient():
    model = by_hand(adapted(6, 5, 2))
    model(torch.randn(3, 6)).sum().backward()
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)

def test_two_adapters_at_once_are_no_guess():
    model = adapted(6, 5, 2)
    model.add_adapter('other', LoraConfig(r=2, target_modules=['0']))
    model.base_model.set_adapter(['default', 'other'])
    with pytest.raises(ValueError): by_hand(model)(torch.randn(3, 6))

@pytest.fixture(scope='module')
def model(): return load('tiny').model()

@quick
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from((1, 2, 31, 256, 257)), st.booleans())
def test_packed_products_are_the_usual_ones(width, outputs, rows, bias):
    layer, x = torch.nn.Linear(width, outputs, bias=bias).to(torch.bfloat16), torch.randn(2, rows, width).to(torch.bfloat16)
    usual = layer(x)
    with packed(layer): assert torch.equal(layer(x), usual)

def test_an_error_inside_the_block_leaves_nothing_behind(model):
    with pytest.raises(ZeroDivisionError):
        with packed(model): 1/0
    assert not any('forward' in vars(m) for m in model.modules())

def test_weights_in_float32_or_of_another_kind_stay_as_they_are():
    class Other(torch.nn.Linear): pass
    assert can_pack(torch.nn.Linear(3, 3).to(torch.bfloat16)) == torch.ops.mkldnn._is_mkldnn_bf16_supported()
    assert not can_pack(torch.nn.Linear(3, 3)) and not can_pack(Other(3, 3).to(torch.bfloat16)) and not can_pack(torch.nn.Embedding(3, 3))

def test_a_block_inside_a_block_is_the_same(model):
    ids = torch.arange(12).view(1, -1)
    usual = model(ids).logits
    with packed(model):
        with packed(model): assert torch.equal(model(ids).logits, usual)
        assert torch.equal(model(ids).logits, usual)
    assert torch.equal(model(ids).logits, usual)

def test_a_weight_that_changed_is_arranged_anew():
    layer, x = torch.nn.Linear(8, 8, bias=False).to(torch.bfloat16), torch.ones(2, 8, dtype=torch.bfloat16)
    with packed(layer): layer(x)
    with torch.no_grad(): layer.weight.mul_(2)
    usual = layer(x)
    with packed(layer): assert torch.equal(layer(x), usual)
