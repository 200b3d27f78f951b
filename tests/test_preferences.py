"What no notebook can test of preferences: equality with TRL's own trainer, interruption, and files that are wrong"
import json
import warnings
from dataclasses import replace
import pytest
import torch
from datasets import Dataset
from trl import DPOTrainer
from finetune_notes.data.pairs import Pair
from finetune_notes.training.preferences import (PairTrainer, PreferenceRecipe, AdapterCheckpoint, answer_logps, dpo, dpo_config,
                                              pair_loss, pair_rows, preference_accuracy, describe_accuracy, starting_checkpoint, starting_model, kto_examples, log_ratio_margins)
from finetune_notes.core import checkpoints as models
from finetune_notes.training import sft as train
from finetune_notes.core.settings import UserError
from finetune_notes.templates.template import Template
from finetune_notes.training.sft import Recipe, resumable_checkpoint, sft

template = Template(user='{prompt}', system='Answer the customer.')
things = ('radio', 'piano', 'novel', 'lamp', 'chair', 'bicycle', 'kettle', 'map')
pairs = [Pair(f'Where is my {t}?', f'Your {t} comes on Monday.', f'We are sorry, dear customer. It will be looked into, and then we shall see about the {t}.', 'ann') for t in things]
recipe = PreferenceRecipe(epochs=3, learning_rate=3e-3, batch_size=4)

@pytest.fixture(scope='module')
def tiny(): return models.load_checkpoint('tiny')

@pytest.fixture(scope='module')
def begun(tiny, tmp_path_factory):
    "A supervised run to start from"
    examples = [dict(prompt=p.prompt, answer=a) for p in pairs for a in (p.chosen, p.rejected)]
    return sft(examples, template, tiny, Recipe(epochs=3, learning_rate=1e-2, batch_size=8, layers=1), folder=tmp_path_factory.mktemp('sft'))

def adapter(run):
    from safetensors.torch import load_file
    return {k: v.clone() for k, v in load_file(run.folder/'adapter'/'adapter_model.safetensors').items()}

def same(a, b):
    a, b = adapter(a), adapter(b)
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)

def test_a_run_without_a_reference_is_refused(begun):
    with pytest.raises(UserError, match='not trained on preferences'): log_ratio_margins(pairs, template, begun)

# Equality with TRL

class Stock(DPOTrainer):
    "TRL's trainer as it is, but for the rendering"
    def _prepare_dataset(self, dataset, *args): return dataset

def made(kind, start, tiny, rows, recipe, folder):
    "A trainer whose model has moved away from its reference, in float32"
    trainer = kind(model=starting_model(start, recipe).float(), args=dpo_config(recipe, folder/'work', 100), train_dataset=Dataset.from_list(rows), processing_class=tiny.tokenizer())
    torch.manual_seed(1)
    for name, p in trainer.model.named_parameters():
        if '.default.' in name: p.data += 0.02*torch.randn_like(p)
    return trainer

def one_batch(kind, start, tiny, rows, recipe, folder):
    "Loss, gradient and statistics of the first batch"
    trainer = made(kind, start, tiny, rows, recipe, folder)
    trainer.args.bf16 = False
    batch = trainer.data_collator(list(trainer.train_dataset.select(range(recipe.batch_size))))
    with torch.autocast('cpu', enabled=False): loss = trainer.compute_loss(trainer.model, batch)
    loss.backward()
    grad = {n: p.grad.clone() for n, p in trainer.model.named_parameters() if '.default.' in n and p.grad is not None}
    return loss.item(), grad, {k: v[-1] for k, v in trainer._metrics['train'].items()}, batch

@pytest.mark.parametrize('loss', ['sigmoid', 'hinge', 'ipo', 'robust', 'sigmoid_norm', 'apo_zero'])
@pytest.mark.parametrize('beta', [0.05, 0.3])
def test_a_batch_is_the_stock_trainers(loss, beta, begun, tiny, tmp_path):
    how = replace(recipe, loss=loss, beta=beta, sft=0.5, flipped=0.1*(loss == 'robust'))
    start, rows = starting_checkpoint(begun), pair_rows(pairs, template, tiny.tokenizer())
    stock, ours = (one_batch(kind, start, tiny, rows, how, tmp_path) for kind in (Stock, PairTrainer))
    assert ours[0] == pytest.approx(stock[0], rel=1e-6, abs=3e-5)
    assert ours[1].keys() == stock[1].keys() and ours[1]
    assert max((ours[1][k] - stock[1][k]).abs().max().item() for k in ours[1]) < 1e-4
    assert {k: v for k, v in ours[2].items() if k != 'num_tokens'} == pytest.approx({k: v for k, v in stock[2].items() if k != 'num_tokens'}, abs=1e-3)

@pytest.mark.parametrize('loss', ['sigmoid', 'hinge', 'ipo', 'robust'])
@pytest.mark.parametrize('beta', [0.05, 0.3, 1.])
def test_five_lines_are_trls_loss(loss, beta, begun, tiny, tmp_path):
    how = replace(recipe, loss=loss, beta=beta, sft=0, flipped=0.2*(loss == 'robust'))
    start, rows = starting_checkpoint(begun), pair_rows(pairs, template, tiny.tokenizer())
    trainer = made(Stock, start, tiny, rows, how, tmp_path)
    trainer.args.bf16 = False
    batch = trainer.data_collator(list(trainer.train_dataset.select(range(4))))
    with torch.no_grad(), torch.autocast('cpu', enabled=False): wanted = trainer.compute_loss(trainer.model, batch).item()
    reference = torch.stack([batch['ref_chosen_logps'], batch['ref_rejected_logps']], 1)
    policy = answer_logps(trainer.model.get_base_model(), tiny.tokenizer(), rows[:4])
    tokens = torch.tensor([[len(r['chosen_ids']), len(r['rejected_ids'])] for r in rows[:4]])
    assert (policy - reference).abs().max() > 0.1
    rounding = 1e-4*max(beta, 0.3) # of sums near a thousand nats in float32, times beta
    assert pair_loss(policy, reference, beta, loss, how.flipped, tokens).mean().item() == pytest.approx(wanted, rel=2e-6, abs=rounding)

# A run

def test_training_starts_at_ln_2_and_learns(begun, tmp_path):
    run = dpo(pairs, template, begun, replace(recipe, sft=0, epochs=10), folder=tmp_path)
    assert run.history.loss[0] == pytest.approx(0.693147, abs=1e-4)
    assert run.history.loss.iloc[-1] < 0.2
    assert (log_ratio_margins(pairs, template, run).margin > 0).all()

def test_frozen_weights_stay_and_the_adapter_goes_on_from_the_run(begun, tmp_path):
    run = dpo(pairs, template, begun, replace(recipe, epochs=1), folder=tmp_path)
    before, after = adapter(begun), adapter(run)
    assert before.keys() == after.keys() and not same(begun, run)
    assert max((before[k] - after[k]).abs().max().item() for k in before) < 0.1
    assert [p.name for p in (run.folder/'adapter').iterdir() if p.is_dir()] == []
    assert torch.equal(run.model().get_parameter('model.norm.weight'), begun.model().get_parameter('model.norm.weight'))

def test_a_base_model_can_be_started_from(tiny, tmp_path):
    run = dpo(pairs, template, tiny, replace(recipe, epochs=1, sft=0), folder=tmp_path)
    assert isinstance(run.base, AdapterCheckpoint) and run.base.adapter is None
    assert run.history.loss[0] == pytest.approx(0.693147, abs=1e-4)

def test_another_start_label_or_beta_is_another_run(begun, tiny, tmp_path):
    once = replace(recipe, epochs=1)
    first = dpo(pairs, template, begun, once, folder=tmp_path)
    assert dpo(pairs, template, begun, once, folder=tmp_path).folder == first.folder
    turned = [replace(pairs[0], chosen=pairs[0].rejected, rejected=pairs[0].chosen), *pairs[1:]]
    others = [dpo(turned, template, begun, once, folder=tmp_path), dpo(pairs, template, tiny, once, folder=tmp_path),
              dpo(pairs, template, begun, replace(once, beta=0.1), folder=tmp_path), dpo(pairs, template, first, once, folder=tmp_path)]
    assert len({first.folder, *(o.folder for o in others)}) == 5

def test_the_reference_is_computed_once(begun, tmp_path, monkeypatch):
    calls, stock = [], DPOTrainer.compute_ref_log_probs
    monkeypatch.setattr(DPOTrainer, 'compute_ref_log_probs', lambda *args: calls.append(1) or stock(*args))
    for beta in (0.1, 0.3): dpo(pairs, template, begun, replace(recipe, epochs=1, beta=beta), folder=tmp_path)
    assert len(calls) == 2 and len(list(tmp_path.glob('reference-*'))) == 1

@pytest.mark.parametrize('loss', ['sigmoid', *(pytest.param(o, marks=pytest.mark.nightly) for o in ('kto', 'orpo'))])
def test_held_out_pairs_are_looked_at_and_change_nothing(loss, begun, tmp_path):
    "Five of them in batches of four, so that the last one is not full"
    how = replace(recipe, loss=loss, epochs=2)
    run = dpo(pairs[:4], template, begun, how, folder=tmp_path, eval_pairs=pairs[3:])
    plain = dpo(pairs[:4], template, begun, how, folder=tmp_path)
    assert len(run.evaluations) >= 2 and run.evaluations.eval_loss.notna().all() and plain.evaluations.empty and plain.folder != run.folder
    assert same(run, plain)
    if loss == 'sigmoid': assert run.evaluations['eval_rewards/accuracies'].between(0, 1).all()

def test_a_shortcut_that_is_refused_changes_a_run_by_rounding_only(begun, tmp_path, monkeypatch):
    from finetune_notes.training import preferences
    fast = dpo(pairs, template, begun, recipe, folder=tmp_path/'a')
    monkeypatch.setattr(preferences, '_gain', lambda *args: (0., 'pairs are read as two rows each: told so'))
    slow = dpo(pairs, template, begun, recipe, folder=tmp_path/'b')
    assert fast.facts['shortcut'] != slow.facts['shortcut'] and slow.history.loss.tolist() == pytest.approx(fast.history.loss.tolist(), rel=2e-2, abs=2e-2)

def test_first_sight_counts_an_odd_number_of_pairs(begun, tmp_path):
    run = dpo(pairs[:7], template, begun, replace(recipe, epochs=2, batch_size=2), folder=tmp_path)
    right, n = run.first_sight
    assert n == 3 and 0 <= right <= 3 and f'{right} of 3 pairs' in repr(run)

class StopAt(train.CheckpointCallback):
    def on_step_end(self, args, state, control, **kwargs):
        super().on_step_end(args, state, control, **kwargs)
        if state.global_step == 5: raise KeyboardInterrupt

@pytest.mark.parametrize('loss', ['sigmoid', *(pytest.param(o, marks=pytest.mark.nightly) for o in ('kto', 'orpo'))])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(loss, begun, tmp_path, monkeypatch):
    how = replace(recipe, loss=loss)
    with monkeypatch.context() as patched:
        patched.setattr(train, 'CheckpointCallback', StopAt)
        with pytest.raises(KeyboardInterrupt): dpo(pairs, template, begun, how, folder=tmp_path/'a', save_steps=2)
    work = next((tmp_path/'a').glob('.dpo-*.work'))
    assert resumable_checkpoint(work).endswith('checkpoint-4') and not list((tmp_path/'a').glob('dpo-*'))
    resumed, straight = (dpo(pairs, template, begun, how, folder=tmp_path/f, save_steps=2) for f in 'ab')
    assert len(resumed.history) == len(straight.history) == 6
    assert same(resumed, straight)

@pytest.mark.parametrize('loss', ['kto', 'orpo', 'hinge'])
def test_every_loss_learns_the_pairs(loss, begun, tmp_path):
    run = dpo(pairs, template, begun, replace(recipe, loss=loss, epochs=8, sft=0), folder=tmp_path)
    assert (log_ratio_margins(pairs, template, run).margin > 0).mean() >= 0.75

def test_an_answer_to_another_prompt_stands_beside_each_of_ktos(tiny):
    rows = pair_rows(pairs, template, tiny.tokenizer())
    made = kto_examples(rows, 4)
    assert [m['label'] for m in made] == ([True]*4 + [False]*4)*2
    own = {tuple(r['prompt_ids']): (r['chosen_ids'], r['rejected_ids']) for r in rows}
    assert all(m['KL_completion_ids'] not in own[tuple(m['prompt_ids'])] for m in made)

def test_kto_evaluates_in_batches_that_hold_both_sides(tmp_path):
    from finetune_notes.training.preferences import UnpairedTrainer
    args = UnpairedTrainer.config(recipe, tmp_path, 5)
    assert args.per_device_train_batch_size == args.per_device_eval_batch_size == 2*recipe.batch_size

# Bad input

def test_pairs_that_cannot_be_trained_on_are_refused(begun, tmp_path):
    long = replace(pairs[0], chosen='word '*2000)
    for bad, said in (([], 'empty'), ([replace(pairs[0], chosen=pairs[0].rejected)], 'pair 0, rejected: is equal'), ([*pairs, replace(pairs[0], prompt='')], 'pair 8, prompt'),
                      ([pairs[0], long, long], '2 of 3 pairs are longer than max_length=1024 tokens, first pair 1 with')):
        with pytest.raises(UserError, match=said): dpo(bad, template, begun, recipe, folder=tmp_path)
    for how, said in ((replace(recipe, beta=0), 'beta'), (replace(recipe, flipped=0.5), 'flipped')):
        with pytest.raises(UserError, match=said): dpo(pairs, template, begun, how, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []

def test_swapped_labels_and_noise_are_said(begun, tmp_path):
    turned = [replace(p, chosen=p.rejected, rejected=p.chosen, annotator='ben') for p in pairs]
    run = dpo(pairs, template, begun, replace(recipe, epochs=8), folder=tmp_path)
    table = preference_accuracy(log_ratio_margins(2*(pairs + turned), template, run))
    assert 'better than chance' in table.says['ann'] and 'swapped' in table.says['ben']
    assert 'noise' in describe_accuracy(50, 100) and 'swapped' in describe_accuracy(30, 100) and 'better' in describe_accuracy(70, 100) and 'too few' in describe_accuracy(0, 4)
    assert 'too few' in repr(run)

def test_trainings_and_their_models_pass_on_no_warning_of_the_libraries_below(tiny, tmp_path):
    "Which use an old name of their own; and none is hidden for good"
    with warnings.catch_warnings():
        warnings.simplefilter('error', FutureWarning)
        before = list(warnings.filters)
        examples = [dict(prompt=p.prompt, answer=p.chosen) for p in pairs]
        run = sft(examples, template, tiny, Recipe(batch_size=8, layers=1), folder=tmp_path)
        for loss in ('sigmoid', 'kto', 'orpo'): dpo(pairs, template, run, replace(recipe, epochs=1, loss=loss, sft=0), folder=tmp_path).model()
        assert warnings.filters == before
