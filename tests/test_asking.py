"What is sent to a model that writes queries, and how its answers are read"
from dataclasses import replace
import pytest
from finetune_notes.cases.queries.dataset import Example, query_dataset
from finetune_notes.cases.queries.dsl import find_query
from finetune_notes.cases.queries.prompts import Layout, Prompt, Shots, answer_grammar, pick_columns
from finetune_notes.cases.queries.scoring import mistake
from finetune_notes.core.settings import UserError

crowd = tuple(f'order.status.{k}' for k in range(40))

def test_a_column_typed_by_its_full_name_is_sent_whatever_else_resembles_the_question():
    asked = Example('order status count by order.status.17 and shop/owner-id', (*crowd, 'shop/owner-id', 'shop/owner'))
    assert {'order.status.17', 'shop/owner-id'} <= set(pick_columns(asked, k=2)[:2])
    assert 'shop/owner' not in pick_columns(asked, k=0), 'a name inside a longer one was not typed'

def test_a_long_identifier_draws_no_columns():
    names = ('user.id', 'c3a1', 'f0de', '77b2', '4b1e')
    assert pick_columns(Example('user id c3a1f0de-77b2-4b1e-9c55-0d2f6a8e41bb', names)) == ['user.id']

def test_two_columns_of_one_name_and_five_thousand_columns():
    many = tuple(f'field.{k}' for k in range(5000)) + ('duration_ms', 'duration_ms')
    chosen = pick_columns(Example('slowest field.4321', many))
    assert chosen[0] == 'field.4321' and 'duration_ms' in chosen and len(chosen) == len(set(chosen)) < 12

def test_the_nearest_example_stands_last():
    train = [Example(q, ('host',), dict(breakdowns=['host'])) for q in ('errors by host', 'slow requests by region', 'p95 of latency by city')]
    shown = Shots(train, 'near', 3).examples('p95 latency by city')
    assert [e.question for e in shown][-1] == 'p95 of latency by city' and len(shown) == 3
    with pytest.raises(UserError, match='near, common or varied'): Shots(train, 'best')

def test_fixed_examples_stand_in_the_system_message_and_near_ones_before_the_question():
    train, asked = query_dataset('train')[:60], query_dataset('validation')[0]
    fixed, near = (Prompt(shots=Shots(train, how, 2)).messages(asked) for how in ('varied', 'near'))
    assert ['EXAMPLES.' in m['content'] for m in fixed] == [True, False] and ['EXAMPLES.' in m['content'] for m in near] == [False, True]
    assert near == Prompt(shots=Shots(train, 'near', 2)).messages(replace(asked, query=None)), 'no prompt knows its answer'

def test_all_columns_stand_in_a_prompt_without_retrieval():
    asked = Example('errors', ('a', 'b', 'error'))
    assert Layout(retrieval=False).columns(asked) == ['a', 'b', 'error'] and '"b"' in answer_grammar(asked, 'json', Layout(retrieval=False).columns(asked))

@pytest.mark.parametrize('text', ['Sure:\nCOUNT by host\nAnything else?', '```\nCOUNT by host\n```', 'It is {"breakdowns": ["host"]}.', '{"breakdowns": ["host"]} {"breakdowns": ["x"]}'])
def test_a_query_is_found_in_prose(text): assert find_query(text)[0]['breakdowns'] == ['host']

def test_prose_alone_is_no_query(): assert [find_query(t)[0] for t in ('I do not know.', '', None, 7)] == [None]*4

def test_a_mistake_is_laid_on_the_search_only_where_the_search_failed():
    e = Example('count by host', ('host', 'city'), dict(breakdowns=['host']))
    assert [mistake(e, 'COUNT by city', sent) for sent in (None, ['city'], ['host', 'city'])] == ['grouping', 'column not sent', 'grouping']
