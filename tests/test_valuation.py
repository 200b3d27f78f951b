"What no notebook can test of models that write values: ten thousand samples, packing, resumed runs, read-outs and costs of faults that were planted"
from collections import Counter
from types import SimpleNamespace
import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import chisquare
from finetune_notes.cases.parcels import faults, valuation
from finetune_notes.cases.parcels.number_decoding import NumberDistribution, digit_tokens, number_distributions, number_grammar, largest_value, read_number, value_template, format_value
from finetune_notes.cases.parcels.generator import FaultRates, generate_splits
from finetune_notes.cases.parcels.regression import RaftTrainer, train_regression, load_value_model, predict_values, add_value_head
from finetune_notes.core import checkpoints as models
from finetune_notes.generation.decoding import generate
from finetune_notes.core.settings import UserError
from finetune_notes.training.sft import Recipe, sft

@pytest.fixture(scope='module')
def tiny(): return models.load_checkpoint('tiny')

@pytest.fixture(scope='module')
def model(tiny): return tiny.model('float32')

def prompts_of(tiny, *texts): return [value_template.prompt(dict(text=t), tiny.tokenizer()) for t in texts]

@pytest.fixture(scope='module')
def run(tiny, tmp_path_factory):
    rows = [dict(text=t, value=format_value(v)) for t,v in (('old radio', 10), ('old radio', 60), ('piano', 9800))*10]
    return sft(rows, value_template, tiny, Recipe(epochs=2, learning_rate=1e-2, batch_size=6, layers=1), folder=tmp_path_factory.mktemp('runs'))

@pytest.fixture(scope='module')
def tuned(run): return run.model()

@pytest.mark.parametrize('kind', ['raft', 'head'])
def test_values_are_trained_in_one_process(tiny, kind, monkeypatch):
    monkeypatch.setattr('finetune_notes.cases.parcels.regression.process_state', lambda: SimpleNamespace(num_processes=2))
    with pytest.raises(UserError, match=f'{kind} is trained in one process'): train_regression(kind, ['a'], [1], tiny)

def drawn(model, prompt, digits, n, rng):
    "How often each number comes in `n` draws, a digit at a time, by the plain model on whole sequences"
    counts = Counter({'': n})
    for _ in range(5):
        prefixes, longer = list(counts), Counter()
        for some in (prefixes[i:i + 256] for i in range(0, len(prefixes), 256)):
            with torch.inference_mode(): logits = model(torch.tensor([prompt + [digits[int(c)] for c in p] for p in some]), logits_to_keep=1).logits[:, -1, digits]
            for prefix,p in zip(some, logits.double().softmax(-1).numpy()):
                if prefix == '0000': p = np.append(0, p[1:])
                longer.update({prefix + str(d): int(k) for d,k in enumerate(rng.multinomial(counts[prefix], p/p.sum())) if k})
        counts = longer
    return counts

def test_ten_thousand_samples_agree_with_the_distribution(tiny, model):
    prompt, = prompts_of(tiny, 'old radio')
    d, = number_distributions(model, tiny.tokenizer(), [prompt])
    found = drawn(model, prompt, digit_tokens(tiny.tokenizer()), 10_000, np.random.default_rng(7))
    counts = np.histogram([int(n) for n in found], bins=[*d.lo, largest_value + 1], weights=list(found.values()))[0]
    often = d.p >= 1e-3
    assert counts.sum() == 10_000 and often.sum() > 5
    assert chisquare([*counts[often], counts[~often].sum()], [*d.p[often]*10_000, d.p[~often].sum()*10_000]).pvalue > 1e-3
    assert np.abs(counts/10_000 - np.roll(d.p, 1)).sum() > 5*np.abs(counts/10_000 - d.p).sum()

def test_the_tuned_models_distribution_adds_up_and_its_parts_agree(tiny, tuned):
    for digits in (1, 2, 3):
        for d in number_distributions(tuned, tiny.tokenizer(), prompts_of(tiny, 'old radio', 'piano', 'x'*80), digits=digits):
            assert abs(d.p.sum() - 1) < 1e-9 and d.lo[0] == 1 and d.hi[-1] == largest_value
            assert (d.lo[1:] == d.hi[:-1] + 1).all() and -1e-6 < d.invalid < 1
            at = d.lo == d.median
            assert at.any() and (d.hi == d.lo)[at].all(), 'the median is resolved to the last digit'

@pytest.mark.parametrize('pack', [1, 3, 8])
def test_packing_changes_nothing(tiny, model, pack):
    prompts = prompts_of(tiny, 'old radio', 'grand piano of 1890, restored', 'x', 'two words', 'an atlas')
    alone, together = (number_distributions(model, tiny.tokenizer(), prompts, pack=p) for p in (1, pack))
    for a,b in zip(alone, together):
        assert a.median == b.median
        np.testing.assert_allclose(a.mean, b.mean, rtol=1e-3)

def test_the_grammar_lets_every_value_through_and_nothing_else(tiny):
    from finetune_notes.generation.decoding import grammar_accepts
    tokenizer = tiny.tokenizer()
    assert all(grammar_accepts(tokenizer, number_grammar, format_value(v)) for v in (1, 9, 10, 100, 1250, 99_999))
    assert not any(grammar_accepts(tokenizer, number_grammar, t) for t in ('00000', '1', '123456', ' 00010', '0001a', ''))

def test_quantiles_of_a_distribution():
    d = NumberDistribution(np.array([1, 10, 20]), np.array([9, 19, 99_999]), np.array([.2, .6, .2]))
    assert d.quantile(.2) == 9 and 10 <= d.median <= 19 and d.quantile(.8) == 19 and d.quantile(1) == 99_999

def test_a_head_is_resumed_with_its_weights(tiny, tmp_path, monkeypatch):
    texts, values, recipe = ['old radio', 'piano', 'book', 'chair']*3, [45, 9800, 7, 60]*3, Recipe(epochs=4, learning_rate=1e-2, batch_size=4)
    monkeypatch.setenv('FINETUNE_NOTES_RUNS', str(tmp_path/'whole'))
    whole = train_regression('head', texts, values, tiny, recipe)
    monkeypatch.setenv('FINETUNE_NOTES_RUNS', str(tmp_path/'parts'))
    step = RaftTrainer.training_step
    def stopping(self, *args, **kwargs):
        if self.state.global_step == 7: raise KeyboardInterrupt
        return step(self, *args, **kwargs)
    monkeypatch.setattr(RaftTrainer, 'training_step', stopping)
    with pytest.raises(KeyboardInterrupt): train_regression('head', texts, values, tiny, recipe, save_steps=3)
    monkeypatch.setattr(RaftTrainer, 'training_step', step)
    parts = train_regression('head', texts, values, tiny, recipe, save_steps=3)
    assert parts.facts['fingerprint'] == whole.facts['fingerprint'] and parts.folder != whole.folder
    made = [predict_values('head', load_value_model('head', r), tiny.tokenizer(), texts[:4]) for r in (whole, parts)]
    np.testing.assert_allclose(*made, rtol=0.02)
    assert np.ptp(np.log(made[0])) > 0.01

def test_a_head_reads_the_mean_of_its_own_text_whoever_shares_its_batch(tiny):
    model, tokenizer, texts = add_value_head(tiny.model('float32')).eval(), tiny.tokenizer(), ['old radio', 'a grand piano of 1890, restored', 'x']
    assert predict_values('head', model, tokenizer, texts) == pytest.approx(50), 'an untrained head guesses 50 euros'
    torch.nn.init.normal_(model.value_head.weight, generator=torch.Generator().manual_seed(7))
    alone, together = (predict_values('head', model, tokenizer, texts, batch_size=n) for n in (1, 3))
    np.testing.assert_allclose(together, alone, rtol=1e-3)
    prompt, = prompts_of(tiny, texts[1])
    with torch.inference_mode(): mean = model.model(torch.tensor([prompt]))[0].mean((0, 1)).numpy()
    expected = 50*np.exp(10*float(model.value_head.weight.detach().numpy()[0] @ mean)/len(mean)**.5)
    assert alone[1] == pytest.approx(expected, rel=1e-3) and abs(np.log(expected/50)) > 0.1

def test_a_tokenizer_that_joins_digits_is_refused(tiny):
    def joined(text, add_special_tokens): return {'input_ids': [hash(text[i:i + 2]) for i in range(0, len(text), 2)]}
    with pytest.raises(UserError, match='digit by digit'): digit_tokens(joined)

def test_read_outs_are_what_their_names_say_and_are_kept(tiny, run, tuned, monkeypatch, tmp_path):
    monkeypatch.setenv('FINETUNE_NOTES_RUNS', str(tmp_path))
    texts, tokenizer = ['old radio', 'piano', 'an atlas'], tiny.tokenizer()
    made, prompts = valuation.decision_rule_answers(texts, run), prompts_of(tiny, *texts)
    found = number_distributions(tuned, tokenizer, prompts)
    assert made['median'].values.tolist() == [d.median for d in found]
    np.testing.assert_allclose(made['expected value'].values, [d.mean for d in found])
    np.testing.assert_array_equal(made['greedy'].values, [read_number(a.text) for a in generate(tuned, tokenizer, prompts, limit=8, label=None)])
    assert not np.allclose(made['median'].values, made['expected value'].values)
    monkeypatch.delattr(valuation, 'number_distributions')
    again = valuation.decision_rule_answers(texts, run)
    assert list(again) == list(made) == ['greedy', 'median', 'expected value', 'median of 9']
    for name in made: np.testing.assert_array_equal(again[name].values, made[name].values)
    with pytest.raises(NameError): valuation.decision_rule_answers(texts[:2], run)

def planted():
    "Errors in three worlds, rows in random order: 2 and 3 when clean. Heaping costs greedy 0.5 and the head nothing, all together 1 and 0.75"
    costs = {('none', 0.): (0., 0.), ('heaping', .6): (.5, 0.), ('all', .6): (1., .75)}
    rows = [dict(fault=f, strength=s, system=name, parcel=i, error=2 + i % 2 + more) for (f, s),both in costs.items() for name,more in zip(('greedy', 'head'), both) for i in range(40)]
    return pd.DataFrame(rows).sample(frac=1, random_state=1)

@pytest.mark.parametrize('fault,greedy,head', [('heaping', .5, 0.), ('all', 1., .75)])
def test_the_cost_of_a_planted_fault_and_what_the_loss_mends(fault, greedy, head):
    for system,more in (('greedy', greedy), ('head', head)):
        found = faults.fault_cost(planted(), fault, system, .6)
        assert found.estimate == pytest.approx(more) and found.lo == pytest.approx(more), 'paired by parcel there is no spread'
    assert faults.greedy_extra_cost(planted(), fault, .6).estimate == pytest.approx(greedy - head)

@pytest.mark.parametrize('string', [True, False])
def test_a_world_is_judged_by_the_truth_and_no_number_counts_as_the_median(monkeypatch, string):
    world = generate_splits(60, 1, 20, FaultRates(undervaluation=.6))
    train, true, trained = world['train'], world['test'].true.to_numpy(), []
    answer = lambda values: valuation.ValuationAnswers(np.asarray(values, dtype=float), 1.)
    def train_values(kind, frame, recipe):
        assert recipe == faults.single_epoch_recipes[kind] and frame.declared.equals(train.declared)
        trained.append(kind)
        return kind
    def read_outs(texts, run, k, digits):
        assert run == 'string' and texts == world['test'].text.tolist()
        return {'greedy': answer([float('nan')]*20), 'median': answer(2*true)}
    monkeypatch.setattr(faults, 'train_values', train_values)
    monkeypatch.setattr(faults, 'decision_rule_answers', read_outs)
    monkeypatch.setattr(faults, 'regression_answers', lambda texts, run, kind: answer(4*true if kind == run == 'head' else true))
    monkeypatch.setattr(faults, 'classical_answers', lambda frame, texts, names: {n: answer(true) for n in names})
    off = faults.run_world(FaultRates(undervaluation=.6), 60, 20, string)
    assert trained == ['head', 'string'][:1 + string] and set(off) == set(faults.compared_systems if string else ('head', *faults.compared_systems[3:]))
    np.testing.assert_allclose(off['head'], np.log(4))
    if string:
        np.testing.assert_allclose(off['greedy'], abs(np.log(train.declared.median()/true)))
        np.testing.assert_allclose(off['median'], np.log(2))
    assert not off['TF-IDF + ridge'].any() and not off['boosted trees'].any()

def test_the_experiment_has_a_row_for_each_world_system_and_parcel(monkeypatch):
    asked_for = []
    def one_world(dials, rows, asked, string):
        asked_for.append(string)
        return {'head': np.full(asked, dials.heaping), 'median': np.full(asked, dials.conflict)}
    monkeypatch.setattr(faults, 'run_world', one_world)
    made = faults.run_fault_experiment(5, 3)
    assert len(made) == 16*2*3 and not made.duplicated(['fault', 'strength', 'system', 'parcel']).any()
    assert sum(asked_for) == 6 and asked_for[0], 'the string is trained in the clean world and in each at the greatest strength'
    touched = made[made.error > 0].groupby('system').fault.agg(lambda f: sorted(set(f)))
    assert touched.to_dict() == dict(head=['all', 'heaping'], median=['all', 'conflict'])

def test_the_examples_in_a_prompt_are_from_the_training_set_both_cheap_and_dear(monkeypatch, tmp_path):
    monkeypatch.setenv('FINETUNE_NOTES_RUNS', str(tmp_path))
    monkeypatch.setenv('FINETUNE_NOTES_PRESET', 'tiny')
    frame, seen = pd.DataFrame(dict(text=[f'thing {i}' for i in range(90)], declared=range(1, 91))), []
    monkeypatch.setattr(valuation, 'generate', lambda model, tokenizer, prompts, **more: seen.extend(tokenizer.decode(p) for p in prompts) or [])
    valuation.few_shot_answers(frame, ['a vase'])
    shown = [int(line.split()[-1]) for line in seen[0].split('\n') if line.startswith('Value: ')]
    assert len(shown) == 8 and min(shown) < 20 < 70 < max(shown) and 'Parcel: a vase' in seen[0]
