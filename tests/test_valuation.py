"What no notebook can test of models that give values: ten thousand samples, packing, resumed runs, decision rules, and recorded answers"
import json
from collections import Counter
from types import SimpleNamespace
import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from finetune_notes.cases.parcels import prompted, valuation
from finetune_notes.cases.parcels.baselines import SimilarMedian
from finetune_notes.cases.parcels.number_decoding import NumberDistribution, digit_tokens, number_distributions, number_grammar, largest_value, read_number, value_template, format_value
from finetune_notes.cases.parcels.generator import names_unseen_brand, unseen_world, world_parcels, worlds
from finetune_notes.cases.parcels.regression import RaftTrainer, train_regression, load_value_model, predict_values, add_value_head
from finetune_notes.core import checkpoints as models
from finetune_notes.generation.decoding import generate
from finetune_notes.core.settings import UserError, load_settings
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

def test_decision_rules_are_what_their_names_say_and_are_kept(tiny, run, tuned, monkeypatch, tmp_path):
    monkeypatch.setenv('FINETUNE_NOTES_RUNS', str(tmp_path))
    texts, tokenizer = ['old radio', 'piano', 'an atlas'], tiny.tokenizer()
    made, prompts = valuation.value_answers('autoregressive', run, texts), prompts_of(tiny, *texts)
    found = number_distributions(tuned, tokenizer, prompts, digits=1)
    assert made['median'][0].tolist() == [d.median for d in found]
    np.testing.assert_allclose(made['mean'][0], [d.mean for d in found])
    np.testing.assert_array_equal(made['greedy'][0], [read_number(a.text) for a in generate(tuned, tokenizer, prompts, limit=8, label=None)])
    assert not np.allclose(made['median'][0], made['mean'][0])
    monkeypatch.delattr(valuation, 'number_distributions')
    again = valuation.value_answers('autoregressive', run, texts)
    assert list(again) == list(made) == ['greedy', 'median', 'mean']
    for rule in made: np.testing.assert_array_equal(again[rule][0], made[rule][0])
    with pytest.raises(NameError): valuation.value_answers('autoregressive', run, texts[:2])

@pytest.fixture
def recorded(tmp_path, monkeypatch):
    "A training that is recorded in a folder of its own, under the smallest preset"
    for name,value in dict(RUNS=tmp_path, DATA=tmp_path, PRESET='tiny').items(): monkeypatch.setenv(f'FINETUNE_NOTES_{name}', str(value))
    (tmp_path/'recorded').mkdir()
    return valuation.record_values('heaping', 'head', seed=3, examples=20)

def test_a_training_is_recorded_once_for_each_seed(recorded):
    assert (recorded['world'], recorded['kind'], recorded['seed'], recorded['examples']) == ('heaping', 'head', 3, 20)
    valuation.record_values('heaping', 'head', seed=4, examples=20)
    valuation.record_values('heaping', 'head', seed=3, examples=20)
    answers = valuation.recorded_values('heaping', 'head', 20)['head']
    assert answers.shape == (2, len(recorded['answers']['head'])) and np.isfinite(answers).all()

def test_answers_to_other_parcels_are_refused(recorded, monkeypatch):
    world = valuation.world_parcels
    def dearer(*args):
        made = world(*args)
        return made.assign(declared=made.declared + 1)
    monkeypatch.setattr(valuation, 'world_parcels', dearer)
    with pytest.raises(UserError, match="holds no answers of head models trained on 20 parcels of the world 'heaping'"): valuation.recorded_values('heaping', 'head', 20)

def test_the_recorded_answers_belong_to_the_parcels_of_today():
    rows = valuation.recorded_rows(valuation.values_path())
    keys = [(r['world'], r['kind'], r['seed'], r['examples']) for r in rows]
    assert rows and len(set(keys)) == len(keys)
    for world, kind, examples in {(w, k, n) for w,k,_,n in keys}:
        for answers in valuation.recorded_values(world, kind, examples).values(): assert answers.shape[1] == 400 and np.nanmin(answers) >= 1

def test_worlds_share_parcels_and_splits_share_no_text():
    texts = {}
    for world in worlds:
        parts = {split: world_parcels(world, split, n) for split,n in (('train', 3000), ('validation', 200), ('test', 400))}
        sets = {split: set(p.text.str.lower()) for split,p in parts.items()}
        assert not sets['test'] & (sets['train'] | sets['validation']) and not sets['train'] & sets['validation']
        texts[world] = parts['test']
    assert all((t.true == texts['clean'].true).all() for t in texts.values())
    assert (texts['clean'].declared == texts['clean'].true).all() and (texts['as met'].declared != texts['clean'].true).mean() > .5
    assert np.mean(abs(np.log(texts['clean'].usual/texts['clean'].true))) < .45 < np.mean(abs(np.log(50/texts['clean'].true)))

def test_an_answer_that_is_no_number_counts_as_the_constant():
    np.testing.assert_allclose(valuation.log_errors([[np.nan, 50], [10, 100]], [10, 50], fallback=40), [np.log(4)/2, np.log(2)/2])

def test_the_marginal_loss_is_that_of_the_best_guess_without_the_text():
    rng = np.random.default_rng(1)
    values = rng.choice([10, 55, 300, 2000], 6000, p=[.4, .3, .2, .1])
    entropy = -sum(p*np.log(p) for p in (.4, .3, .2, .1))
    assert 6*valuation.marginal_loss(values[:5000], values[5000:]) == pytest.approx(entropy, abs=.05)

def test_every_system_learns_from_the_same_rows(monkeypatch):
    seen = {}
    monkeypatch.setattr(valuation, 'recorded_values', lambda world, kind, examples: {'greedy': np.full((3, 400), 7.)} if kind == 'autoregressive' else {kind: np.ones((1, 400))})
    monkeypatch.setattr(valuation, 'classical_answers', lambda train, asked, names: seen.update(train=train, asked=asked) or {'constant': np.full(400, 5.)})
    said = valuation.system_answers('conflict', examples=50)
    assert list(said) == ['constant', 'fine-tuned, greedy', 'regression head', 'oracle'] and said['fine-tuned, greedy'].shape == (3, 400)
    assert seen['train'].equals(world_parcels('conflict', 'train', 50)) and seen['asked'].equals(world_parcels('conflict', 'test', 400))
    assert said['oracle'].tolist() == seen['asked'].usual.tolist()

def test_examples_of_the_unseen_world_name_no_held_out_brand():
    train, clean = (world_parcels(w, 'train', 9000) for w in (unseen_world, 'clean'))
    assert not names_unseen_brand(train.text).any() and .3 < names_unseen_brand(clean.text).mean() < .5
    assert world_parcels(unseen_world, 'test', 400).equals(world_parcels('clean', 'test', 400))
    assert names_unseen_brand(['DELL LATITUDE 5400', 'Lenovo ThinkPad', 'bicycle, city', 'citybike']).tolist() == [True, False, True, False]
    with pytest.raises(UserError, match="16000 parcels of train: the world 'brands held out' has 10,0"): world_parcels(unseen_world, 'train', 16_000)

def test_the_search_answers_with_the_median_of_what_it_finds():
    texts, values = ['red bike', 'blue bike', 'old bike', 'piano', 'grand piano'], [100, 120, 20, 4000, 9000]
    clerk = SimilarMedian(k=3).fit(texts, values)
    assert clerk.predict(['a green bike']).tolist() == [100] and set(clerk.places(['a green bike'])[0]) == {0, 1, 2}
    assert SimilarMedian(k=9).fit(texts, values).predict(['a piano'])[0] == np.median(values)

def test_a_prompt_holds_eight_similar_parcels_of_the_past_and_not_the_answer():
    asked, past = world_parcels('as met', 'test', prompted.asked_parcels), world_parcels('as met', 'train', valuation.world_examples)
    declared = past.groupby('text').declared.agg(set)
    for question, text in zip(prompted.value_questions('as met'), asked.text):
        system, *turns, last = question.messages
        assert (system['role'], last, len(turns)) == ('system', dict(role='user', content=text), 16)
        assert all(int(a['content']) in declared[q['content']] for q,a in zip(turns[::2], turns[1::2]))

def test_recorded_answers_of_the_larger_model_belong_to_the_prompts_of_today(tmp_path):
    for world in prompted.prompted_worlds:
        values = prompted.prompted_values(world)
        assert values.shape == (prompted.asked_parcels,) and (values >= 1).all()
    path = load_settings().data/'recorded'/'values_1.5b.jsonl'
    head, rest = path.read_text().split('\n', 1)
    changed = json.loads(head)
    changed['prompts']['clean/0'] = '0'*16
    (tmp_path/'changed.jsonl').write_text(json.dumps(changed) + '\n' + rest)
    with pytest.raises(UserError, match='clean/0'): prompted.prompted_values('clean', tmp_path/'changed.jsonl')
