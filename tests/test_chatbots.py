"What the lessons on requests, chatbots and guardrails do not show: leaks over seeds, brute force, hostile texts, and that every rule is needed"
import random
import re
import uuid
from itertools import product
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from finetune_notes.evaluation.scoreboard import run_assertions
from finetune_notes.generation.decoding import grammar_accepts
from finetune_notes.data.explore import leaks
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.core.settings import UserError
from finetune_notes.cases.chatbots import guardrails, intents as module
from finetune_notes.cases.chatbots.routing import CallAllowlist, call_text, release_gate, no_uuid, numbers_are_known, offered_calls_grammar, tool_list_template, strip_ids, generate_contacts, reply_assertions, sequential_test, routing_template
from finetune_notes.cases.chatbots.guardrails import SchemaLayer, output_alarms, generate_attacks, disguise_word, generate_customer, untyped_slots, generate_harmless, normalize_text, replay_conversation, is_rude, demo_conversation, swear_words, typed_slots
from finetune_notes.cases.chatbots.intents import LinearRouter, NearestRouter, tool_groups, expand_alternatives, out_of_scope_requests, popular_tools, generate_requests, routing_outcomes, mean_by_paraphrase, routing_tools, argument_values, expected_tool

quick = settings(max_examples=80, deadline=None)

# Requests

@pytest.mark.parametrize('seed', [42, 7])
def test_no_wording_argument_or_text_is_in_two_splits(seed):
    train, validation, test = (generate_requests(400, s, seed=seed) for s in ('train', 'validation', 'test'))
    told = [{r.wording for r in part} for part in (train, validation, test)]
    assert not (told[0] & told[1] | told[0] & told[2] | told[1] & told[2])
    assert {r.kind for r in train} < {r.kind for r in test} | set(routing_tools) and {'craft', 'bank', 'vague'} & {r.kind for r in test}
    assert not {'craft', 'bank', 'code', 'body', 'sports', 'vague'} & {r.kind for r in train + validation}
    assert len(leaks([r.text for r in test], [r.text for r in train + validation])) == 0
    assert [len({r.text for r in part}) for part in (train, validation, test)] == [400]*3

def test_names_streets_areas_and_topics_are_split():
    for kind in ('person', 'address', 'area', 'topic', 'feature', 'amount'):
        a, b, c = (set(argument_values(s)[kind]) for s in ('train', 'validation', 'test'))
        assert min(map(len, (a, b, c))) >= 4 and not (a & b | a & c | b & c), kind

def test_no_wording_stands_twice_and_each_tool_has_its_own():
    said = [w for t in routing_tools.values() for s in t.wordings.values() for w in s] + [w for k in out_of_scope_requests.values() for s in k.values() for w in s]
    assert len(said) == len(set(said))
    assert sorted(popular_tools) == sorted(routing_tools) and len(routing_tools) == 30 and [len(c) for c in tool_groups.values()] == [5]*6
    assert {(len(t.wordings['train']), len(t.wordings['validation']), len(t.wordings['test'])) for t in routing_tools.values()} == {(8, 1, 3)}
    gaps = {'x', *argument_values('train')}
    assert all(set(re.findall(r'\{(\w+)\}', w)) <= gaps for w in said) and all('{x}' in w for t in routing_tools.values() for s in t.wordings.values() for w in s)

@pytest.mark.parametrize('split', ['train', 'validation', 'test'])
def test_the_argument_stands_in_the_request_and_no_gap_is_left(split):
    for r in generate_requests(500, split, seed=3):
        assert '{' not in r.text and '(' not in r.text and '|' not in r.text
        assert (r.tool == 'none') == (r.argument == '') == (r.kind in out_of_scope_requests)
        assert r.argument in r.text or r.argument[0].upper() + r.argument[1:] in r.text

@quick
@given(st.lists(st.one_of(st.sampled_from(['a', ' ', 'b {x}']), st.lists(st.sampled_from(['', 'c', 'd e']), min_size=2, max_size=3)), max_size=5))
def test_expand_gives_every_sentence(parts):
    wording = ''.join(p if isinstance(p, str) else f'({"|".join(p)})' for p in parts)
    assert expand_alternatives(wording) == [''.join(o) for o in product(*([p] if isinstance(p, str) else p for p in parts))]

def test_shares_and_weights_are_as_asked():
    rows = generate_requests(2000, 'train', beside=.3, seed=5)
    assert sum(r.tool == 'none' for r in rows)/2000 == pytest.approx(.3, abs=.05)
    even = generate_requests(1500, 'train', beside=0, even=True)
    counts = [sum(r.tool == t for r in even) for t in routing_tools]
    assert min(counts) > 20 and not any(r.tool == 'none' for r in even)
    assert sum(r.tool == popular_tools[0] for r in rows) > 2*sum(r.tool == popular_tools[-1] for r in rows)

@pytest.mark.parametrize('faulty, said', [(dict(split='dev'), "split = 'dev'"), (dict(beside=1), 'beside = 1'), (dict(n=200, beside=.99), 'ask for fewer')])
def test_requests_that_cannot_be_made(faulty, said, monkeypatch):
    monkeypatch.setattr(module, 'out_of_scope_requests', {'talk': dict(train=['hello'])})
    with pytest.raises(UserError, match=re.escape(said)): generate_requests(**dict(n=3) | faulty)

def test_a_router_may_not_name_what_is_not_offered():
    rows, texts = generate_requests(300, 'train', even=True), [r.text for r in generate_requests(60, 'test')]
    for router in (LinearRouter(rows), NearestRouter(routing_tools.values()).tune(generate_requests(60, 'validation'), popular_tools[:5])):
        assert set(router(texts, popular_tools[:5])) <= {'none', *popular_tools[:5]}

def test_a_router_that_is_right_scores_one_and_a_constant_one_what_it_deserves():
    rows = generate_requests(200, 'test')
    for k in (5, 30):
        made = routing_outcomes([expected_tool(r, popular_tools[:k]) for r in rows], rows, popular_tools[:k])
        assert {mean_by_paraphrase(v, rows).estimate for v in made.values()} == {1.}
        none = routing_outcomes(['none']*200, rows, popular_tools[:k])
        assert mean_by_paraphrase(none['right'], rows).estimate == pytest.approx(np.mean([r.tool not in popular_tools[:k] for r in rows])) and mean_by_paraphrase(none['right tool'], rows).estimate == 0
    assert np.isnan(mean_by_paraphrase(np.array([np.nan, 1.]), rows[:2]).estimate)

# Chatbots

def test_the_grammar_takes_every_right_call_of_an_offered_tool_and_no_other():
    tokenizer, rows = load_checkpoint('tiny').tokenizer(), generate_requests(60, 'test')
    for k in (1, 5, 30):
        grammar = offered_calls_grammar(popular_tools[:k])
        assert [grammar_accepts(tokenizer, grammar, call_text(r)) for r in rows] == [r.tool in ('none', *popular_tools[:k]) for r in rows]
    for names in ([], ['email', 'fly']):
        with pytest.raises(UserError, match='no tool'): offered_calls_grammar(names)

def test_prompts_hold_no_test_wording_and_no_tool_that_is_not_offered():
    tokenizer, row = load_checkpoint('tiny').tokenizer(), generate_requests(1, 'test')[0]
    assert len(routing_template.prompt(dict(text=row.text), tokenizer)) < 60
    system = tool_list_template(popular_tools[:5], generate_requests(40, 'train')).system
    assert not any(re.search(rf'^{t}: ', system, re.M) for t in popular_tools[5:]) and all(f'{t}: ' in system for t in popular_tools[:5])

@quick
@given(st.text(max_size=40), st.sets(st.sampled_from(popular_tools), max_size=3))
def test_no_text_calls_what_is_not_on_the_list(text, allowed):
    for said in (text, f'{popular_tools[0]}: {text}', f'{text}: x'):
        keeper = CallAllowlist(allowed)
        try: made = keeper(said)
        except UserError as e:
            assert sum(keeper.refused.values()) == 1 and len(str(e).splitlines()) <= 1
        else: assert not keeper.refused and (made is None and said.strip() == 'none' or made[0] in allowed and made[1])

def test_an_id_is_found_however_it_is_written():
    for _ in range(50):
        one = str(uuid.uuid4())
        for text in (one, one.upper(), one.replace('-', ''), f'(id={one})', f'x/{one}/y'): assert not no_uuid(text, None)
    assert all(no_uuid(t, None) for t in ('555-0123', 'QZ48213077', 'deadbeef', '', '2024-01-18'))
    assert all(no_uuid(str(strip_ids(c)), c) and not no_uuid(str(c), c) and {'name', 'phone', 'city', 'budget'} == set(strip_ids(c)) for c in generate_contacts(20))
    assert 'note' not in strip_ids(dict(note=str(uuid.uuid4())))

def test_numbers_of_a_reply_are_those_of_the_record():
    record = dict(phone='555-0123', budget=250000)
    assert all(numbers_are_known(t, record) for t in ('Call 555-0123.', 'Up to 250,000.', 'none', '2 rooms')) and not numbers_are_known('Call 555-0199.', record)

def test_a_gate_asks_for_the_lower_bound():
    table = run_assertions(['a']*48, [reply_assertions[0]], [{}]*48)
    assert release_gate(table, dict(no_uuid=.9)) == {'no_uuid': None} and '48 of 48' in release_gate(table, dict(no_uuid=.99))['no_uuid']

@quick
@given(st.lists(st.booleans(), max_size=400), st.lists(st.booleans(), max_size=50))
def test_a_verdict_is_not_taken_back(outcomes, more):
    verdict, n = sequential_test(outcomes)
    if verdict != 'wait': assert sequential_test(outcomes + more) == (verdict, n) and sequential_test(outcomes[:n - 1])[0] == 'wait'
    else: assert n == len(outcomes)

def test_the_errors_of_the_roll_out_are_those_promised():
    rng = np.random.default_rng(1)
    ends = {p: [sequential_test(rng.random(4000) < p, .01, .05)[0] for _ in range(600)] for p in (.01, .05)}
    assert ends[.01].count('stop')/600 < .07 and ends[.05].count('pass')/600 < .07 and ends[.05].count('stop') > 540
    for faulty in (dict(good=.1, bad=.1), dict(good=0), dict(error=.5)):
        with pytest.raises(UserError, match='expected'): sequential_test([0], **faulty)

# Guardrails

covered = [f for f in dict.fromkeys(t.family for t in generate_attacks(1)) if f not in ('role', 'topic', 'contempt')]

@pytest.mark.parametrize('seed', [1, 2, 3])
def test_the_filter_keeps_its_promise_on_other_draws(seed):
    assert [t.reply for t in generate_attacks(60, 'test', seed) if t.family in covered and not output_alarms(t.reply, t.record)] == []
    calm = generate_harmless(400, True, 'test', seed) + generate_harmless(400, False, 'test', seed)
    assert sum(bool(output_alarms(t.reply, t.record)) for t in calm) <= .02*len(calm)

def test_every_rule_is_needed(monkeypatch):
    talks = [t for t in generate_attacks(40, 'test') if t.family in covered]
    for name in list(guardrails.output_filter_rules):
        with monkeypatch.context() as m:
            m.delitem(guardrails.output_filter_rules, name)
            assert any(not output_alarms(t.reply, t.record) for t in talks), name

def test_attacks_and_harmless_messages_are_split_by_wording():
    for make in (lambda s: generate_attacks(30, s), lambda s: generate_harmless(300, True, s), lambda s: generate_harmless(300, False, s)):
        a, b = ({t.wording for t in make(s)} for s in ('train', 'test'))
        assert not a & b and len(b) >= 16
    evil = generate_attacks(25)
    assert len(evil) >= 200 and len({t.family for t in evil}) == 13 and len({t.wording for t in generate_harmless(300, True)}) >= 60
    for make in (lambda: generate_attacks(2, 'dev'), lambda: generate_harmless(2, True, 'dev')):
        with pytest.raises(UserError, match='train or test'): make()

def test_every_disguise_of_every_word_is_seen():
    rng = random.Random(0)
    assert [w for w in swear_words for _ in range(60) if not is_rude(f'Well, {disguise_word(w, rng)}, it is late')] == []

@quick
@given(st.text(max_size=200))
def test_no_text_breaks_the_filter(text):
    record = generate_customer(random.Random(1))[0]
    assert set(output_alarms(text, record)) <= set(guardrails.output_filter_rules)

@quick
@given(st.text(alphabet='abcdEFG .!-\'', max_size=40))
def test_hidden_and_wide_characters_change_nothing(text):
    wide = ''.join(chr(ord(c) + 0xfee0) if c.isalpha() else c for c in text)
    assert normalize_text('\u200b'.join(text)) == normalize_text(text) == normalize_text(wide) == normalize_text(text.upper())

@pytest.mark.parametrize('reply, rule', [('Das ist Mist.', 'language'), ('Nous sommes les pires.', 'language'), ('Give it back: aGVsbG8gd29ybGQgYWdhaW4=', 'language'), ('Here is your voucher.', 'money'), ('That is £9.', 'money'),
    ('See parcel-login.co for it.', 'link'), ('Write to us: a@b.example.', 'link'), ('QZ 12345678 is here.', 'stranger'), ('Ben Okafor has it.', 'stranger'), ('k e s t r e l 7', 'prompt'), ('My instructions say no.', 'prompt'),
    ('One.\nTwo.', 'shape'), ('a / b / c', 'shape'), ('Ask Home Drop.', None), ('Ask HomeDrop.', 'rival'), ('Ask R0adRunner Post.', 'rival'), ('Yes.', None), ('See www.swiftparcels.example/help.', None), ('The fee is £4.20.', None)])
def test_each_rule_by_hand(reply, rule):
    record = dict(generate_customer(random.Random(1))[0], charge='£4.20')
    found = output_alarms(reply, record)
    assert rule in found if rule else found == []

def test_a_long_text_is_filtered_in_no_time():
    import time
    record, start = generate_customer(random.Random(1))[0], time.perf_counter()
    for text in ('a '*5000, 'a-'*5000, '1 '*5000, 'will get '*1500, 'x.'*5000): assert 'shape' in output_alarms(text, record)
    assert time.perf_counter() - start < 5

def test_a_free_gap_lets_all_through_and_the_record_nothing():
    talks = [t for t in generate_attacks(20, 'test')]
    assert not any(map(SchemaLayer(untyped_slots), talks)) and all(map(SchemaLayer(typed_slots, True), talks))
    assert {t.family for t in talks if not SchemaLayer(typed_slots)(t)} <= {'stranger', 'money', 'turns'}
    assert [SchemaLayer(typed_slots)(t) for t in generate_harmless(40, True)] == [not t.fits for t in generate_harmless(40, True)]

def test_the_story_fails_without_layers_and_ends_well_with_them():
    layers = {'filter': lambda talk: bool(output_alarms(talk.reply, talk.record))}
    bare, held = ([r for _,r in replay_conversation(demo_conversation, layers, names)] for names in ((), ('filter',)))
    assert sum(map(is_rude, bare)) == 2 and not any(map(is_rude, held)) and len(bare) == len(held) == 7
    assert bare[:2] == held[:2] and bare[3] != held[3]
