"What the lessons on an ontology, tagging and triage do not show: brute force, leaks over seeds, files of every kind of mistake"
import json, re
from itertools import permutations
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import f1_score
from finetune_notes.generation.decoding import grammar_accepts
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.core.settings import UserError
from finetune_notes.cases.articles.ontology import (Ontology, generate_articles, best_threshold, sentence_scores, check_tree, class_name, disease_courses, most_frequent_classes, metric_differences, generate_ontology, label_matrix, class_meanings,
                                               label_metrics, disease_processes, read_labels, read_ontology)
from finetune_notes.cases.articles.tagging import invalid_rates, labels_kappa, pick_training_articles, parse_labels, in_sample, labels_json_schema, labels_json
from finetune_notes.cases.chatbots.triage import rare_kinds, cheapest_threshold, common_kinds, handling_costs, fit_temperature, generate_triage_emails, unseen_kinds, risk_coverage, vague_phrases

quick = settings(max_examples=60, deadline=None)
names = ['a', 'b', 'c', 'd']
sets = st.lists(st.sampled_from(names), unique=True)

@quick
@given(st.lists(st.tuples(sets, sets), min_size=1, max_size=12))
def test_measures_are_those_of_scikit_learn(rows):
    truth, said = zip(*rows)
    if not any(truth): return
    found, (x, y) = label_metrics(truth, said, names, draws=20), (label_matrix(v, names) for v in (truth, said))
    there = x.any(0)
    assert found['exact'].estimate == pytest.approx((x == y).all(1).mean())
    assert found['micro'].estimate == pytest.approx(f1_score(x, y, average='micro', zero_division=0), abs=1e-6)
    assert found['macro'].estimate == pytest.approx(f1_score(x, y, average=None, zero_division=0)[there].mean(), abs=1e-6)
    assert all(e.lo <= e.estimate <= e.hi for e in found.values())
    assert metric_differences(truth, said, said, names, draws=20)['micro'].estimate == 0

def test_an_interval_is_as_wide_as_it_should_be():
    truth = [['a']]*400
    found = label_metrics(truth, [['a'], ['b']]*200, names, draws=4000)['exact']
    assert (found.hi - found.lo)/2 == pytest.approx(1.96*(.25/400)**.5, rel=.05)

def test_a_threshold_is_the_best_of_those_tried():
    scores = np.array([[.9, .2], [.8, .3], [.3, .7], [.1, .6]])
    assert .3 <= best_threshold(scores, [['a'], ['a'], ['b'], ['b']], ['a', 'b']) < .6

def test_a_sentence_alone_decides():
    class Lengths:
        def scores(self, texts): return np.array([[len(t), -len(t)] for t in texts])
    assert sentence_scores(Lengths(), ['One. Two three.', 'Four.']).tolist() == [[10, -4], [5, -5]]

def test_a_temperature_is_found_again():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(5000, 4))*2
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(1)
    for t in (.5, 1, 3): assert fit_temperature(logits*t, truth) == pytest.approx(t, rel=.1)

def test_invalid_labels_cost_precision():
    assert label_metrics([['a']], [['a', 'zz']], names, draws=2)['micro'].estimate < label_metrics([['a']], [['a']], names, draws=2)['micro'].estimate

@quick
@given(st.lists(st.integers(0, 30), min_size=2, max_size=12), st.randoms())
def test_a_tree_is_read_in_any_order_and_a_cycle_is_refused(above, rng):
    rows = [(f'n{i}', f'n{a % i}' if i and a % 3 else '') for i,a in enumerate(above)]
    rng.shuffle(rows)
    tree = check_tree(rows, 'file')
    assert all(tree.path(n)[-1] == n and tree.parents[tree.path(n)[0]] == '' for n,_ in rows)
    top = tree.path('n1')[0]
    with pytest.raises(UserError, match='own ancestors'): check_tree([(n, 'n1' if n == top else p) for n,p in rows], 'file')

@pytest.mark.parametrize('text, said', [('', 'is empty'), ('title;parent\na;b', 'row 2, name: is missing; there are: title, parent'), ('name,parent\na,\na,', 'more than once: a'), ('name,parent\na,q', "'a' under 'q'"),
                                        ('name,parent\na,b\nb,a', 'own ancestors'), ('name,parent\na,\n ,a', 'row 3, name: expected a text, found nothing'), ('name,parent\na,\nb,a,c', 'row 3, the line: 3 cells, 2 columns'),
                                        ('name,parent\n', 'holds no classes'), ('[{"name": "a", "parent": 0}]', 'row 1, parent: expected a text, found int')])
def test_a_file_that_holds_no_tree(tmp_path, text, said):
    file = tmp_path/('tree.json' if text.startswith('[') else 'tree.csv')
    file.write_text(text)
    with pytest.raises(UserError, match=file.name) as e: read_ontology(file)
    assert said in str(e.value)

@pytest.mark.parametrize('text, name', [('\ufeffname;parent\nheart\u2028attack;heart\nheart;\n', 'tree.csv'), ('sep=;\nparent;name\nheart;heart\u2028attack\n;heart\n', 'tree.csv'),
                                        ('{"name": "heart\u2028attack", "parent": "heart"}\n{"name": "heart", "parent": null}', 'tree.jsonl')])
def test_a_tree_is_read_from_files_of_every_kind(tmp_path, text, name):
    (tmp_path/name).write_text(text, encoding='utf-8')
    assert read_ontology(tmp_path/name).parents == {'heart\u2028attack': 'heart', 'heart': ''}

@pytest.mark.parametrize('line, said', [('{', 'row 2, the line: expected JSON'), ('[]', 'row 2, the line: expected a JSON object'), ('{"text": "t"}', 'row 2, labels: expected a list'), ('{"text": 3, "labels": []}', 'row 2, text: expected a text, found int'),
                                        ('{"text": "t", "labels": "a"}', 'row 2, labels: expected a list'), ('{"text": "t", "labels": [1]}', 'row 2, labels: expected a list'), ('{"text": " ", "labels": ["a"]}', 'row 2, text: expected a text'), ('{"text": "", "labels": ["a"]}', 'row 2, text: expected a text, found an empty text'), ('{"text": "t", "labels": ["a", "a"]}', "row 2, labels: expected different labels, found 'a' more than once"), ('{"text": "t", "labels": ["aq"]}', "'aq' (row 2, did you mean a?)")])
def test_a_file_of_labels_that_cannot_be_used(tmp_path, line, said):
    (tmp_path/'rows.jsonl').write_text('{"text": "t", "labels": ["a"]}\n' + line)
    with pytest.raises(UserError) as e: read_labels(tmp_path/'rows.jsonl', Ontology({'a': ''}))
    assert said in str(e.value) and 'rows.jsonl' in str(e.value)

def test_labels_are_read_from_an_array(tmp_path):
    (tmp_path/'rows.json').write_text('[{"text": "t", "labels": ["a"], "id": 7},\n {"text": "u", "labels": []}]')
    assert read_labels(tmp_path/'rows.json', Ontology({'a': ''})) == [dict(text='t', labels=['a'], id=7), dict(text='u', labels=[])]

def test_texts_that_stand_twice_are_counted(tmp_path, capsys):
    rows, tree = [('t', ['a']), ('u', []), (' t', ['a']), ('u', ['a']), ('v', ['a', 'b']), ('v', ['b', 'a'])], Ontology({'a': '', 'b': 'a'})
    (tmp_path/'rows.jsonl').write_text('\n'.join(json.dumps(dict(text=text, labels=labels)) for text,labels in rows))
    assert len(read_labels(tmp_path/'rows.jsonl', tree)) == 6
    assert 'texts that stand in more than one row: 3, of which with different labels: 1' in capsys.readouterr().err
    (tmp_path/'rows.jsonl').write_text('{"text": "t", "labels": ["a"]}')
    assert read_labels(tmp_path/'rows.jsonl', tree) and capsys.readouterr().err == ''

def test_a_deep_tree_has_its_paths_and_a_long_circle_is_shown_in_part():
    chain = [(f'n{i}', f'n{i - 1}' if i else '') for i in range(3000)]
    assert check_tree(chain, 'file').path('n2999') == [name for name,_ in chain]
    with pytest.raises(UserError, match=r'own ancestors: n\d+( under n\d+){4} and so on, 3,000 classes in all; correct'): check_tree([('n0', 'n2999'), *chain[1:]], 'file')
    with pytest.raises(UserError, match=r'own ancestors: (a under b under a|b under a under b); correct'): check_tree([('a', 'b'), ('b', 'a')], 'file')
    with pytest.raises(UserError, match="'b' is its own ancestor"): Ontology({'a': 'b', 'b': 'b'}).path('a')

def test_files_that_are_not_there_or_no_text(tmp_path):
    (tmp_path/'x').write_bytes(b'\xff\xfe\x00')
    for read in (read_ontology, lambda f: read_labels(f, Ontology({'a': ''}))):
        for file in ('missing', 'x'):
            with pytest.raises(UserError, match=file): read(tmp_path/file)

def test_the_ontology_of_another_seed_is_as_large_and_another_one():
    one, other = generate_ontology(), generate_ontology(7)
    assert len(one.parents) == len(other.parents) == 10_000 and len(one.parents.keys() & other.parents) < 1000
    assert {len(one.path(class_name(m))) for m in class_meanings()} == {1, 2, 3, 4}

@pytest.mark.parametrize('seed', [42, 7])
def test_no_article_of_the_test_and_no_new_wording_is_in_training(seed):
    train, validation, test = (generate_articles(n, s, seed) for n,s in ((3000, 'train'), (300, 'validation'), (300, 'test')))
    texts = [{a.text for a in part} for part in (train, validation, test)]
    assert not texts[0] & texts[2] and not texts[1] & texts[2] and not texts[0] & texts[1]
    assert not any(a.new for a in train) and sum(a.new > 0 for a in test) > 100
    only = lambda i: re.compile('|'.join(rf'\b{re.escape(w[i])}(?!\w)' for w in (*disease_processes.values(), *disease_courses.values())))
    seen = lambda i, part: sum(bool(only(i).search(a.text)) for a in part)
    assert seen(-1, train) == seen(-2, train) == seen(-1, validation) == seen(-2, test) == 0 < min(seen(-1, test), seen(-2, validation))
    assert generate_articles(20, 'test', seed) == test[:20]

def test_every_class_gets_a_row_before_any_gets_two_more():
    history = generate_articles(2000, 'train')
    classes, rows = most_frequent_classes(history, 100), pick_training_articles(history, most_frequent_classes(history, 100), 400)
    assert len(set(rows)) == 400 and {l for a in rows for l in a.labels} >= set(classes)
    with pytest.raises(UserError, match='ask for fewer'): pick_training_articles(history, classes, 2001)

def test_the_grammar_accepts_what_is_written_and_nothing_else():
    classes, tokenizer = ['acute x', 'chronic x', 'the "q" disease', 'é'], load_checkpoint('tiny').tokenizer()
    for labels in ([], *map(list, permutations(classes, 1)), *map(list, permutations(classes, 3)), classes): judge_grammar(labels, classes, tokenizer)

def judge_grammar(labels, classes, tokenizer):
    text, grammar = labels_json(labels, classes), labels_json_schema(classes, 3)
    assert grammar_accepts(tokenizer, grammar, text) == (len(labels) <= 3) and parse_labels(text) == labels
    assert not grammar_accepts(tokenizer, grammar, text[:-1] + ',"acute"]') and not grammar_accepts(tokenizer, grammar, text[:-1])

def test_what_is_outside_is_counted():
    found = invalid_rates(['["a"]', '["b", "q"]', 'a'], {'a'}, {'a', 'b'})
    assert [e.estimate for e in found.values()] == pytest.approx([1/3, 2/3, 2/3, 1/3])
    with pytest.raises(UserError, match='no classes'): labels_json_schema([])

def test_a_sample_is_of_the_size_asked_and_grows_by_adding():
    small, large = ({k for k in range(20_000) if in_sample(k, share)} for share in (.01, .05))
    assert small < large and abs(len(small)/200 - 1) < .2 and abs(len(large)/1000 - 1) < .1
    with pytest.raises(UserError, match='from 0 to 1'): in_sample(1, 1.5)

def test_overlap_of_a_person_with_themselves_and_with_chance():
    rng = np.random.default_rng(0)
    one, other = ([[n for n in names if rng.random() < .3] for _ in range(2000)] for _ in range(2))
    assert labels_kappa(one, one, names).estimate == 1 and abs(labels_kappa(one, other, names).estimate) < .04
    with pytest.raises(UserError, match='same two or more'): labels_kappa([['a']], [['a']], names)

confident = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30)

@quick
@given(confident, st.floats(.1, 50), st.floats(.1, 50))
def test_no_threshold_is_cheaper_than_the_cheapest(rows, wrong, person):
    sure, right = zip(*rows)
    best = handling_costs(sure, right, cheapest_threshold(sure, right, wrong, person), wrong, person).sum()
    assert best <= min(handling_costs(sure, right, t, wrong, person).sum() for t in (*sure, 2.)) + 1e-9

@quick
@given(confident)
def test_risk_at_full_coverage_is_the_share_wrong(rows):
    sure, right = zip(*rows)
    coverage, risk = risk_coverage(sure, right)
    assert coverage[-1] == 1 and risk[-1] == pytest.approx(1 - np.mean(right)) and (np.diff(coverage) > 0).all()

@pytest.mark.parametrize('seed', [42, 7])
def test_no_wording_and_no_new_kind_of_mail_leaks(seed):
    train, validation, test = (generate_triage_emails(600, s, seed=seed) for s in ('train', 'validation', 'test'))
    told = [{m.wording for m in part} - set(vague_phrases.values()) for part in (train, validation, test)]
    assert not told[0] & told[2] and not told[1] & told[2] and not told[0] & told[1]
    assert {m.kind for m in train + validation} <= {*common_kinds, *rare_kinds} and {m.kind for m in test} & {*unseen_kinds}
    for faulty in (dict(split='dev'), dict(split='test', unusual=2)):
        with pytest.raises(UserError, match='expected'): generate_triage_emails(3, **faulty)
