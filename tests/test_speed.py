"What the lesson on speed takes for granted: that stock is stock, that ours is what `sft` does, and that both have one loss"
import pytest
import torch
from trl import SFTConfig
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.core.settings import UserError
from finetune_notes.templates.template import Template
from finetune_notes.training.sft import Recipe, common_arguments, render_examples
from finetune_notes.training.sft import answer_losses
from finetune_notes.course.speed import StepPlan, training_flop, plan_trainer, operation_group, measure_in_rounds

ours = StepPlan(batch_size=4, checkpointing=False, dtype='bfloat16', alike=True, labels_only=True, attention='eager', modules=Recipe().modules, layers=2/3)

@pytest.fixture(scope='module')
def base(): return load_checkpoint('tiny')

@pytest.fixture(scope='module')
def rows(base):
    template = Template(user='{question}', system='Count.')
    return render_examples([dict(question='how many ' + 'very '*(i % 3) + f'old {i}?', answer=f'{i} and {i + 1}') for i in range(8)], template, base.tokenizer(), 256)

def test_stock_is_what_trl_does_when_nothing_is_said(tmp_path):
    stock = SFTConfig(output_dir=str(tmp_path), use_cpu=True)
    assert (stock.per_device_train_batch_size, stock.gradient_checkpointing, stock.bf16, stock.train_sampling_strategy) == (StepPlan().batch_size, StepPlan().checkpointing, True, 'random')

def test_ours_is_what_sft_does(tmp_path):
    recipe, given = Recipe(), common_arguments(Recipe(), tmp_path, 50)
    assert (recipe.batch_size, recipe.modules, recipe.layers) == (ours.batch_size, ours.modules, ours.layers)
    assert given['train_sampling_strategy'] == 'sequential' and given['gradient_checkpointing'] == torch.cuda.is_available()

@pytest.mark.parametrize('dtype,tolerance', [('float32', 1e-5), ('bfloat16', 2e-2)])
def test_every_way_has_the_loss_of_the_stock_trainer(rows, base, tmp_path, dtype, tolerance):
    def loss(**change):
        trainer = plan_trainer(StepPlan(alike=True, dtype=dtype, **change), rows, base, tmp_path, bf16=dtype == 'bfloat16')
        batch = trainer._prepare_inputs(next(iter(trainer.get_train_dataloader())))
        graded = (batch['labels'][:, 1:] >= 0).sum()
        with trainer.compute_loss_context_manager(): return trainer.compute_loss(trainer.model, batch, num_items_in_batch=graded).item()
    stock = loss()
    assert stock > 1
    for change in (dict(checkpointing=False), dict(labels_only=True), dict(attention='eager'), dict(layers=0.5), dict(labels_only=True, attention='eager', checkpointing=False)):
        assert loss(**change) == pytest.approx(stock, rel=tolerance), change

def test_each_saving_is_less_arithmetic(rows, base, tmp_path):
    count = lambda **change: training_flop(plan_trainer(StepPlan(**change), rows, base, tmp_path))
    stock = count()
    assert count(checkpointing=False) < stock and count(labels_only=True) <= stock and count(layers=0.5) < stock

def test_the_loss_of_a_row_is_that_of_its_graded_tokens(rows, base):
    model, row = base.model('float32'), rows[3]
    logp = model(torch.tensor([row['input_ids']])).logits[0, :-1].log_softmax(-1)
    wanted = [-logp[i, x].item() for i,x in enumerate(row['labels'][1:]) if x >= 0]
    assert answer_losses(model, [row]) == [pytest.approx(sum(wanted)/len(wanted), rel=1e-4)]

def test_a_measurement_that_fails_is_not_swallowed():
    with pytest.raises(ZeroDivisionError): measure_in_rounds(dict(a=lambda: 1/0), 1)
    with pytest.raises(UserError, match='rounds = -1'): measure_in_rounds(dict(a=float), -1)

def test_every_operation_has_one_group():
    assert [operation_group(o) for o in ('aten::bmm', 'aten::_scaled_dot_product_flash_attention_for_cpu', 'aten::softmax', 'aten::cat', 'aten::_foreach_add_', 'aten::silu', '')] == \
        ['matrix products', 'attention', 'attention', 'copies and casts', 'optimizer', 'all else', 'all else']
