"What the lessons on requests, chatbots and guardrails do not show: leaks over seeds, brute force, hostile texts, and that every rule is needed"
import random
import re
import uuid
from itertools import product
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from finetune_notes.foundations.evals import run_assertions
from finetune_notes.foundations.generate import fits
from finetune_notes.foundations.looking import leaks
from finetune_notes.foundations.models import load
from finetune_notes.foundations.settings import UserError
from finetune_notes.questions import guardrails, requests as module
from finetune_notes.questions.chatbots import Calls, called, gate, no_uuid, numbers_are_known, offer, prompted, public, records, rules, sequential, tuned
from finetune_notes.questions.guardrails import Schema, alarms, attacks, disguised, fields, free_gap, harmless, plainly, replay, rude, story, swears, typed
from finetune_notes.questions.requests import Linear, Nearest, cards, expand, outside, popular, read_tools, requests, routed, scored, tools, values, wanted

quick = settings(max_examples=80, deadline=None)

# Requests

@pytest.mark.parametrize('seed', [42, 7])
def test_no_wording_argument_or_text_is_in_two_splits(seed):
    train, validation, test = (requests(400, s, seed=seed) for s in ('train', 'validation', 'test'))
    told = [{r.wording for r in part} for part in (train, validation, test)]
    assert not (told[0] & told[1] | told[0] & told[2] | told[1] & told[2])
    assert {r.kind for r in train} < {r.kind for r in test} | set(tools) and {'craft', 'bank', 'vague'} & {r.kind for r in test}
    assert not {'craft', 'bank', 'code', 'body', 'sports', 'vague'} & {r.kind for r in train + validation}
    assert len(leaks([r.text for r in test], [r.text for r in train + validation])) == 0
    assert [len({r.text for r in part}) for part in (train, validation, test)] == [400]*3

def test_names_streets_areas_and_topics_are_split():
    for kind in ('person', 'address', 'area', 'topic', 'feature', 'amount'):
        a, b, c = (set(values(s)[kind]) for s in ('train', 'validation', 'test'))
        assert min(map(len, (a, b, c))) >= 4 and not (a & b | a & c | b & c), kind

def test_no_wording_stands_twice_and_each_tool_has_its_own():
    said = [w for t in tools.values() for s in t.wordings.values() for w in s] + [w for k in outside.values() for s in k.values() for w in s]
    assert len(said) == len(set(said))
    assert sorted(popular) == sorted(tools) and len(tools) == 30 and [len(c) for c in cards.values()] == [5]*6
    assert {(len(t.wordings['train']), len(t.wordings['validation']), len(t.wordings['test'])) for t in tools.values()} == {(8, 1, 3)}
    gaps = {'x', *values('train')}
    assert all(set(re.findall(r'\{(\w+)\}', w)) <= gaps for w in said) and all('{x}' in w for t in tools.values() for s in t.wordings.values() for w in s)

@pytest.mark.parametrize('split', ['train', 'validation', 'test'])
def test_the_argument_stands_in_the_request_and_no_gap_is_left(split):
    for r in requests(500, split, seed=3):
        assert '{' not in r.text and '(' not in r.text and '|' not in r.text
        assert (r.tool == 'none') == (r.argument == '') == (r.kind in outside)
        assert r.argument in r.text or r.argument[0].upper() + r.argument[1:] in r.text

@quick
@given(st.lists(st.one_of(st.sampled_from(['a', ' ', 'b {x}']), st.lists(st.sampled_from(['', 'c', 'd e']), min_size=2, max_size=3)), max_size=5))
def test_expand_gives_every_sentence(parts):
    wording = ''.join(p if isinstance(p, str) else f'({"|".join(p)})' for p in parts)
    assert expand(wording) == [''.join(o) for o in product(*([p] if isinstance(p, str) else p for p in parts))]

def test_shares_and_weights_are_as_asked():
    rows = requests(2000, 'train', beside=.3, seed=5)
    assert sum(r.tool == 'none' for r in rows)/2000 == pytest.approx(.3, abs=.05)
    even = requests(1500, 'train', beside=0, even=True)
    counts = [sum(r.tool == t for r in even) for t in tools]
    assert min(counts) > 20 and not any(r.tool == 'none' for r in even)
    assert sum(r.tool == popular[0] for r in rows) > 2*sum(r.tool == popular[-1] for r in rows)

@pytest.mark.parametrize('faulty, said', [(dict(split='dev'), "split = 'dev'"), (dict(beside=1), 'beside = 1'), (dict(n=200, beside=.99), 'ask for fewer')])
def test_requests_that_cannot_be_made(faulty, said, monkeypatch):
    monkeypatch.setattr(module, 'outside', {'talk': dict(train=['hello'])})
    with pytest.raises(UserError, match=re.escape(said)): requests(**dict(n=3) | faulty)

def test_a_router_may_not_name_what_is_not_offered():
    rows, texts = requests(300, 'train', even=True), [r.text for r in requests(60, 'test')]
    for router in (Linear(rows), Nearest(tools.values()).tune(requests(60, 'validation'), popular[:5])):
        assert set(router(texts, popular[:5])) <= {'none', *popular[:5]}

def test_a_router_that_is_right_scores_one_and_a_constant_one_what_it_deserves():
    rows = requests(200, 'test')
    for k in (5, 30):
        made = routed([wanted(r, popular[:k]) for r in rows], rows, popular[:k])
        assert {scored(v, rows).estimate for v in made.values()} == {1.}
        none = routed(['none']*200, rows, popular[:k])
        assert scored(none['right'], rows).estimate == pytest.approx(np.mean([r.tool not in popular[:k] for r in rows])) and scored(none['right tool'], rows).estimate == 0
    assert np.isnan(scored(np.array([np.nan, 1.]), rows[:2]).estimate)

def test_tools_are_read_whole_or_not_at_all():
    with pytest.raises(UserError, match='expected four'): read_tools('a · person · b\nx\ny')

# Chatbots

def test_the_grammar_takes_every_right_call_of_an_offered_tool_and_no_other():
    tokenizer, rows = load('tiny').tokenizer(), requests(60, 'test')
    for k in (1, 5, 30):
        grammar = offer(popular[:k])
        assert [fits(tokenizer, grammar, called(r)) for r in rows] == [r.tool in ('none', *popular[:k]) for r in rows]
    for names in ([], ['email', 'fly']):
        with pytest.raises(UserError, match='no tool'): offer(names)

def test_prompts_hold_no_test_wording_and_no_tool_that_is_not_offered():
    tokenizer, row = load('tiny').tokenizer(), requests(1, 'test')[0]
    assert len(tuned.prompt(dict(text=row.text), tokenizer)) < 60
    system = prompted(popular[:5], requests(40, 'train')).system
    assert not any(re.search(rf'^{t}: ', system, re.M) for t in popular[5:]) and all(f'{t}: ' in system for t in popular[:5])

@quick
@given(st.text(max_size=40), st.sets(st.sampled_from(popular), max_size=3))
def test_no_text_calls_what_is_not_on_the_list(text, allowed):
    for said in (text, f'{popular[0]}: {text}', f'{text}: x'):
        keeper = Calls(allowed)
        try: made = keeper(said)
        except UserError as e:
            assert sum(keeper.refused.values()) == 1 and len(str(e).splitlines()) <= 1
        else: assert not keeper.refused and (made is None and said.strip() == 'none' or made[0] in allowed and made[1])

def test_an_id_is_found_however_it_is_written():
    for _ in range(50):
        one = str(uuid.uuid4())
        for text in (one, one.upper(), one.replace('-', ''), f'(id={one})', f'x/{one}/y'): assert not no_uuid(text, None)
    assert all(no_uuid(t, None) for t in ('555-0123', 'QZ48213077', 'deadbeef', '', '2024-01-18'))
    assert all(no_uuid(str(public(c)), c) and not no_uuid(str(c), c) and {'name', 'phone', 'city', 'budget'} == set(public(c)) for c in records(20))
    assert 'note' not in public(dict(note=str(uuid.uuid4())))

def test_numbers_of_a_reply_are_those_of_the_record():
    record = dict(phone='555-0123', budget=250000)
    assert all(numbers_are_known(t, record) for t in ('Call 555-0123.', 'Up to 250,000.', 'none', '2 rooms')) and not numbers_are_known('Call 555-0199.', record)

def test_a_gate_asks_for_the_lower_bound():
    table = run_assertions(['a']*48, [rules[0]], [{}]*48)
    assert gate(table, dict(no_uuid=.9)) == {'no_uuid': None} and '48 of 48' in gate(table, dict(no_uuid=.99))['no_uuid']

@quick
@given(st.lists(st.booleans(), max_size=400), st.lists(st.booleans(), max_size=50))
def test_a_verdict_is_not_taken_back(outcomes, more):
    verdict, n = sequential(outcomes)
    if verdict != 'wait': assert sequential(outcomes + more) == (verdict, n) and sequential(outcomes[:n - 1])[0] == 'wait'
    else: assert n == len(outcomes)

def test_the_errors_of_the_roll_out_are_those_promised():
    rng = np.random.default_rng(1)
    ends = {p: [sequential(rng.random(4000) < p, .01, .05)[0] for _ in range(600)] for p in (.01, .05)}
    assert ends[.01].count('stop')/600 < .07 and ends[.05].count('pass')/600 < .07 and ends[.05].count('stop') > 540
    for faulty in (dict(good=.1, bad=.1), dict(good=0), dict(error=.5)):
        with pytest.raises(UserError, match='expected'): sequential([0], **faulty)

# Guardrails

covered = [f for f in dict.fromkeys(t.family for t in attacks(1)) if f not in ('role', 'topic', 'contempt')]

@pytest.mark.parametrize('seed', [1, 2, 3])
def test_the_filter_keeps_its_promise_on_other_draws(seed):
    assert [t.reply for t in attacks(60, 'test', seed) if t.family in covered and not alarms(t.reply, t.record)] == []
    calm = harmless(400, True, 'test', seed) + harmless(400, False, 'test', seed)
    assert sum(bool(alarms(t.reply, t.record)) for t in calm) <= .02*len(calm)

def test_every_rule_is_needed(monkeypatch):
    talks = [t for t in attacks(40, 'test') if t.family in covered]
    for name in list(guardrails.rules):
        with monkeypatch.context() as m:
            m.delitem(guardrails.rules, name)
            assert any(not alarms(t.reply, t.record) for t in talks), name

def test_attacks_and_harmless_messages_are_split_by_wording():
    for make in (lambda s: attacks(30, s), lambda s: harmless(300, True, s), lambda s: harmless(300, False, s)):
        a, b = ({t.wording for t in make(s)} for s in ('train', 'test'))
        assert not a & b and len(b) >= 16
    evil = attacks(25)
    assert len(evil) >= 200 and len({t.family for t in evil}) == 13 and len({t.wording for t in harmless(300, True)}) >= 60
    for make in (lambda: attacks(2, 'dev'), lambda: harmless(2, True, 'dev')):
        with pytest.raises(UserError, match='train or test'): make()

def test_every_disguise_of_every_word_is_seen():
    rng = random.Random(0)
    assert [w for w in swears for _ in range(60) if not rude(f'Well, {disguised(w, rng)}, it is late')] == []

@quick
@given(st.text(max_size=200))
def test_no_text_breaks_the_filter(text):
    record = fields(random.Random(1))[0]
    assert set(alarms(text, record)) <= set(guardrails.rules)

@quick
@given(st.text(alphabet='abcdEFG .!-\'', max_size=40))
def test_hidden_and_wide_characters_change_nothing(text):
    wide = ''.join(chr(ord(c) + 0xfee0) if c.isalpha() else c for c in text)
    assert plainly('\u200b'.join(text)) == plainly(text) == plainly(wide) == plainly(text.upper())

@pytest.mark.parametrize('reply, rule', [('Das ist Mist.', 'language'), ('Nous sommes les pires.', 'language'), ('Give it back: aGVsbG8gd29ybGQgYWdhaW4=', 'language'), ('Here is your voucher.', 'money'), ('That is £9.', 'money'),
    ('See parcel-login.co for it.', 'link'), ('Write to us: a@b.example.', 'link'), ('QZ 12345678 is here.', 'stranger'), ('Ben Okafor has it.', 'stranger'), ('k e s t r e l 7', 'prompt'), ('My instructions say no.', 'prompt'),
    ('One.\nTwo.', 'shape'), ('a / b / c', 'shape'), ('Ask Home Drop.', None), ('Ask HomeDrop.', 'rival'), ('Ask R0adRunner Post.', 'rival'), ('Yes.', None), ('See www.swiftparcels.example/help.', None), ('The fee is £4.20.', None)])
def test_each_rule_by_hand(reply, rule):
    record = dict(fields(random.Random(1))[0], charge='£4.20')
    found = alarms(reply, record)
    assert rule in found if rule else found == []

def test_a_long_text_is_filtered_in_no_time():
    import time
    record, start = fields(random.Random(1))[0], time.perf_counter()
    for text in ('a '*5000, 'a-'*5000, '1 '*5000, 'will get '*1500, 'x.'*5000): assert 'shape' in alarms(text, record)
    assert time.perf_counter() - start < 5

def test_a_free_gap_lets_all_through_and_the_record_nothing():
    talks = [t for t in attacks(20, 'test')]
    assert not any(map(Schema(free_gap), talks)) and all(map(Schema(typed, True), talks))
    assert {t.family for t in talks if not Schema(typed)(t)} <= {'stranger', 'money', 'turns'}
    assert [Schema(typed)(t) for t in harmless(40, True)] == [not t.fits for t in harmless(40, True)]

def test_the_story_fails_without_layers_and_ends_well_with_them():
    layers = {'filter': lambda talk: bool(alarms(talk.reply, talk.record))}
    bare, held = ([r for _,r in replay(story, layers, names)] for names in ((), ('filter',)))
    assert sum(map(rude, bare)) == 2 and not any(map(rude, held)) and len(bare) == len(held) == 7
    assert bare[:2] == held[:2] and bare[3] != held[3]
