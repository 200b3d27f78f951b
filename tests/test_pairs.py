"Pairs of the reader's own files: preference sets, votes, labels of single answers, exports of annotation tools"
import csv, gzip, io, json, random
from pathlib import Path
import pytest
from hypothesis import given, settings, strategies as st
from finetune_notes.core.settings import UserError
from finetune_notes.data.pairs import Pair, load_pairs, read_pairs

def lines(tmp_path, *rows, name='rows.jsonl'):
    path = tmp_path/name
    path.write_text(''.join(json.dumps(row, ensure_ascii=False) + '\n' for row in rows), encoding='utf-8')
    return path

def user(text): return dict(role='user', content=text)
def assistant(text): return dict(role='assistant', content=text)

good = dict(prompt='Late?', chosen='On Monday.', rejected='No idea.')
bad = {
    'equal': (dict(good, rejected=' On Monday.'), 'row 2, rejected: is equal to chosen'),
    'empty prompt': (dict(good, prompt=' \n'), 'row 2, prompt: expected a text, found str'),
    'missing': ({'prompt': 'Q', 'chosen': 'a'}, 'row 2, rejected: is missing; there are: prompt, chosen'),
    'number': (dict(good, chosen=3), 'row 2, chosen: expected a text, found int'),
    'null': (dict(good, chosen=None), 'row 2, chosen: expected a text, found nothing'),
    'list': ([1, 2], 'expected a JSON object'),
    'rendered': (dict(good, prompt='<|im_start|>user\nLate?<|im_end|>'), "row 2, prompt: holds '<|im_start|>'"),
    'rendered answer': (dict(good, chosen='### Response:\nOn Monday.'), "row 2, chosen: holds '### Response:'"),
    'ends with the assistant': (dict(good, prompt=[user('Q'), assistant('A')]), 'row 2, prompt: expected a conversation that ends with the user'),
    'wrong role': (dict(good, chosen=[user('a')]), 'row 2, chosen: begins with another question than the prompt'),
    'two answers': (dict(good, chosen=[assistant('a'), assistant('b')]), 'row 2, chosen: expected one answer of the assistant'),
    'unknown role': (dict(good, chosen=[dict(role='narrator', content='a')]), 'row 2, chosen, turn 1: expected one of the roles system'),
    'no content': (dict(good, chosen=[dict(role='assistant')]), 'row 2, chosen, turn 1: expected a text'),
    'no messages': (dict(good, prompt=[]), 'row 2, prompt: is missing'),
}

@pytest.mark.parametrize('form', ['lines', 'list'])
@pytest.mark.parametrize('row, said', bad.values(), ids=bad)
def test_a_bad_row_is_named(row, said, form, tmp_path):
    file, rows = tmp_path/'pairs.json', [good, row, good]
    file.write_text(json.dumps(rows) if form == 'list' else '\n'.join(map(json.dumps, rows)))
    with pytest.raises(UserError) as e: load_pairs(file)
    assert said in str(e.value) and str(file) in str(e.value) and '(2 good rows)' in str(e.value)
    assert load_pairs(file, skip_bad=True) == [Pair(**good)]*2

@pytest.mark.parametrize('raw, said', [(b'', 'is empty'), (b'[]', 'holds no pairs'), (b'\xff\xfe{', 'expected text in UTF-8, found UTF-16'), (b'[{"prompt": 1,', 'expected JSON'),
                                       (b'{"prompt": \n', 'row 1, the line: expected JSON'), (b'['*100_000, 'expected JSON')])
def test_a_bad_file_is_named(raw, said, tmp_path):
    (tmp_path/'pairs.json').write_bytes(raw)
    with pytest.raises(UserError) as e: load_pairs(tmp_path/'pairs.json')
    assert said in str(e.value) and 'pairs.json' in str(e.value)

def test_missing_files_and_columns_are_named(tmp_path):
    with pytest.raises(UserError, match='no such file'): load_pairs(tmp_path/'none.json')
    with pytest.raises(UserError, match='is a folder'): load_pairs(tmp_path)
    with pytest.raises(UserError, match="unknown column 'better'"): load_pairs(tmp_path, better='x')

def test_messages_and_named_columns_are_read(tmp_path):
    rows = [dict(instruction=[dict(role='user', content='Late?')], good=[dict(role='assistant', content='On Monday.')], bad='No idea.', who='ann', at='2024-01-01')]
    (tmp_path/'pairs.json').write_text('\ufeff' + json.dumps(rows), encoding='utf-8')
    assert load_pairs(tmp_path/'pairs.json', prompt='instruction', chosen='good', rejected='bad', annotator='who', time='at') == [Pair('Late?', 'On Monday.', 'No idea.', 'ann', '2024-01-01')]


# Preference sets of the trade

def talk(*texts): return [(user, assistant)[i % 2](t) for i,t in enumerate(texts)]

def test_answers_that_hold_the_question(tmp_path):
    "UltraFeedback's shape: texts as prompts, whole conversations as answers, scores beside them"
    row = lambda prompt, chosen, rejected, **more: dict(prompt=prompt, prompt_id='a', chosen=chosen, rejected=rejected, messages=chosen, **more)
    loaded = read_pairs(lines(tmp_path, row('Wet. What now?', talk('Wet. What now?', 'Send a photo.'), talk('Wet. What now?', 'Dry it.'), score_chosen=8.0, score_rejected=2.0),
                              row('Malta?', talk('Malta?', 'Five days.'), talk('Malta?', 'Where?'), score_chosen=7.0, score_rejected=7.0),
                              row('By invoice?', talk('By card?', 'Yes.'), talk('By invoice?', 'No.'), score_chosen=6.0, score_rejected=2.0),
                              row('Hello', talk('Hello', 'How can I help?', 'A refund.', 'Which order?'), talk('Hello', 'How can I help?', 'A refund.', 'No.'), score_chosen=9.0, score_rejected=1.0),
                              row('Late?', talk('Late?', 'No.'), talk('Late?', 'On Monday.'), score_chosen=1.0, score_rejected=9.0)))
    assert loaded.items == [Pair('Wet. What now?', 'Send a photo.', 'Dry it.'), Pair(talk('Hello', 'How can I help?', 'A refund.'), 'Which order?', 'No.')]
    assert loaded.left_out == {'tie (equal scores)': 1} and loaded.remarks == []
    assert [str(p) for p in loaded.problems] == ["row 3, chosen: begins with another question than the prompt, 'By card?'; give each answer its own prompt",
        'row 5, score_chosen: 1 is below the 9 of score_rejected: the answers stand the wrong way round; swap them, or remove the scores']

def test_scores_that_refuse_a_row_count_as_used(tmp_path):
    loaded = read_pairs(lines(tmp_path, good | dict(score_chosen=3, score_rejected=8)))
    assert [p.field for p in loaded.problems] == ['score_chosen'] and loaded.remarks == []

def test_the_prompt_is_the_common_beginning(tmp_path):
    system = dict(role='system', content='You answer for a shop.')
    loaded = read_pairs(lines(tmp_path, dict(chosen=talk('Number?', 'On the invoice.'), rejected=talk('Number?', 'None.')),
                              dict(chosen=[system, *talk('Opened?', 'Within 14 days.')], rejected=[system, *talk('Opened?', 'No.')]),
                              dict(chosen=talk('One question', 'Gladly.'), rejected=talk('Another question', 'Fine.')),
                              dict(chosen=talk('Thanks', 'Welcome.'), rejected=talk('Thanks'))))
    assert loaded.items == [Pair('Number?', 'On the invoice.', 'None.'), Pair([system, user('Opened?')], 'Within 14 days.', 'No.')]
    assert [p.row for p in loaded.problems] == [3, 4] and 'no common beginning' in str(loaded.problems[0]) and 'rejected: has no answer' in str(loaded.problems[1])

def test_separators_inside_a_text_stay(tmp_path):
    texts = ['It left today.\u2028Expect it on Monday.', 'Yes.\u2029Use the upper rack.', 'Line one.\x85Line two.\x0cPage two.']
    rows = [dict(prompt='Q', chosen=t, rejected='No idea.') for t in texts]
    assert [p.chosen for p in load_pairs(lines(tmp_path, *rows))] == texts

# Votes

votes = [dict(question='Open?', response_a='At nine.', response_b='We open at 9.', preference='B'), dict(question='Tea?', response_a='Yes.', response_b='Yes!', preference='tie'),
         dict(question='Now?', response_a='Yes.', response_b='No.', preference='A')]
wanted = [Pair('Open?', 'We open at 9.', 'At nine.'), Pair('Now?', 'Yes.', 'No.')]
spelled = dict(letters=('A', 'B', 'tie'), models=('model_a', 'model_b', 'tie (bothbad)'), columns=('response_a', 'response_b', 'both'), words=('first', 'second', 'equal'),
               sides=('left', 'right', 'neither'), names=('Response 1', 'Response 2', 'Tie'), texts=('Yes.', 'We open at 9.', 'same'))

@pytest.mark.parametrize('names', [{}, dict(prompt='question', chosen='response_a', rejected='response_b')], ids=['found', 'named'])
@pytest.mark.parametrize('first, second, tie', spelled.values(), ids=spelled)
@pytest.mark.parametrize('column', ['preference', 'winner', 'choice', 'overall_preference'])
def test_votes_orient_pairs(column, first, second, tie, names, tmp_path):
    said = dict(A=first, B=second, tie=tie)
    rows = [{k: v for k,v in row.items() if k != 'preference'} | {column: said[row['preference']]} for row in votes]
    loaded = read_pairs(lines(tmp_path, *rows), **names)
    assert loaded.items == wanted and loaded.left_out == {'tie': 1} and loaded.problems == []
    assert loaded.summary.endswith(f'3 rows, 2 pairs, 1 left out: tie; each pair is oriented by its vote ({column})')

@pytest.mark.parametrize('column, values, said', [
    ('overall_preference', (2, 0, -1), None), ('winner', (2, 1, 1), ['We open at 9.', 'Yes.', 'Yes.']), ('winner', ('2', '1', '1'), ['We open at 9.', 'Yes.', 'Yes.']),
    ('winner', (1, 0, 0), 'holds the numbers 0, 1, which can mean either answer'), ('preference', (1, 0, -1), 'holds the numbers -1, 0, 1'), ('winner', (1, 1, 1), 'holds the numbers 1,'),
    ('winner', ('B', 'tie', 'perhaps'), "row 3, winner: expected A, B or tie, or the name of a column, found str 'perhaps'"), ('winner', ('B', 'tie', None), 'found nothing'),
    ('winner', (True, False, False), 'found bool')])
def test_numbers_are_read_where_they_can_mean_one_thing(column, values, said, tmp_path):
    rows = [{k: v for k,v in row.items() if k != 'preference'} | {column: value} for row,value in zip(votes, values)]
    path = lines(tmp_path, *rows)
    if said is None: assert load_pairs(path) == wanted
    elif isinstance(said, list): assert [p.chosen for p in load_pairs(path)] == said
    else:
        with pytest.raises(UserError) as e: load_pairs(path)
        assert said in str(e.value) and str(e.value).startswith(str(path))

def test_one_hot_votes_of_an_arena(tmp_path):
    rows = [{k: v for k,v in row.items() if k != 'preference'} | dict(winner_model_a=int(row['preference'] == 'A'), winner_model_b=int(row['preference'] == 'B'), winner_tie=int(row['preference'] == 'tie'))
            for row in votes]
    assert load_pairs(lines(tmp_path, *rows)) == wanted
    with pytest.raises(UserError, match='row 1, winner_model_a'): load_pairs(lines(tmp_path, rows[0] | dict(winner_model_a=1)))

def test_two_answers_without_a_vote_are_no_pair(tmp_path):
    with pytest.raises(UserError, match='row 1, winner: is missing: response_a and response_b are two answers'):
        load_pairs(lines(tmp_path, *({k: v for k,v in row.items() if k != 'preference'} for row in votes)))

def test_what_looks_like_a_label_and_is_not_used_is_named(tmp_path):
    loaded = read_pairs(lines(tmp_path, dict(good, judge_score=3, id=1), dict(good, rejected='Never.', judge_score=3)))
    assert loaded.remarks == ["the column 'judge_score' is not used"]

def test_repetitions_and_contradictions_are_counted(tmp_path):
    turned = dict(good, chosen=good['rejected'], rejected=good['chosen'])
    assert read_pairs(lines(tmp_path, good, good, turned)).remarks == ['1 repeated pair', '1 pair both ways round, in rows that contradict each other']

# Labels of single answers

@pytest.mark.parametrize('answer, name, good_, bad_', [('completion', 'label', True, False), ('response', 'feedback', 0.9, 0.1), ('answer', 'thumbs', 'up', 'down'), ('output', 'score', '4', '2')])
def test_labels_become_pairs_where_answers_share_a_prompt(answer, name, good_, bad_, tmp_path):
    row = lambda prompt, text, label: {'query': prompt, answer: text, name: label}
    loaded = read_pairs(lines(tmp_path, row('Stock?', 'Twelve.', good_), row('Stock?', 'Look yourself.', bad_), row('Colour?', 'Green.', good_)))
    assert loaded.items == [Pair('Stock?', 'Twelve.', 'Look yourself.')] and loaded.numbers == [1]
    assert loaded.remarks == ['3 single answers with labels: the best and the worst answer make pairs for 1 of 2 prompts']

def test_labels_that_make_no_pair(tmp_path):
    with pytest.raises(UserError, match='row 1, label: expected true, false or a number'): load_pairs(lines(tmp_path, dict(prompt='Q', completion='a', label='so-so')))
    with pytest.raises(UserError, match='holds no pairs.*0 of 1 prompt'): load_pairs(lines(tmp_path, dict(prompt='Q', completion='a', label=True)))

# Annotation tools

studio = dict(id=1, data=dict(prompt='Late?', answer1='No idea.', answer2='On Monday.'), annotations=[
    dict(result=[dict(type='pairwise', from_name='pw', to_name='answer1,answer2', value=dict(selected='right'))]),
    dict(result=[dict(type='choices', from_name='pw', value=dict(choices=['answer2']))]), dict(was_cancelled=True, result=[])])
argilla = dict(id='x', fields=dict(instruction='Late?', **{'response-1': 'No idea.', 'response-2': 'On Monday.'}),
               responses=dict(preference=[dict(user_id='u', value='response-2', status='submitted'), dict(user_id='v', value='response-1', status='draft')]))
ranking = argilla | dict(responses=dict(rank=[dict(user_id='u', value=[dict(rank=1, value='response-2'), dict(rank=2, value='response-1')])]))
prodigy = dict(text='Late?', options=[dict(id='A', text='No idea.'), dict(id='B', text='On Monday.')], accept=['B'], answer='accept')

@pytest.mark.parametrize('row, count', [(studio, 2), (argilla, 1), (ranking, 1), (prodigy, 1)], ids=['label studio', 'argilla', 'argilla ranking', 'prodigy'])
def test_exports_of_annotation_tools(row, count, tmp_path):
    found = load_pairs(lines(tmp_path, row))
    assert [(p.prompt, p.chosen, p.rejected) for p in found] == [('Late?', 'On Monday.', 'No idea.')]*count

@pytest.mark.parametrize('row, said', [(prodigy | dict(answer='ignore'), 'not answered'), (prodigy | dict(options=prodigy['options']*2), 'row 1, options: expected two options'),
                                       (studio | dict(annotations=[3]), 'row 1, the row: looks like the export'), (argilla | dict(responses=dict(preference=[3])), 'row 1, the row: looks like the export'),
                                       (studio | dict(annotations=[]), 'holds no pairs')])
def test_exports_that_hold_no_vote(row, said, tmp_path):
    with pytest.raises(UserError, match=said): load_pairs(lines(tmp_path, row))

# Files of every kind

def test_every_kind_of_file_holds_the_same_pairs(tmp_path):
    rows, text = [dict(prompt='Q, "1"', chosen='a;b\nc', rejected='d\u2028')]*2, io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=';')
    writer.writeheader()
    writer.writerows(rows)
    array = tmp_path/'rows.json'
    array.write_text(json.dumps(rows, indent=2))
    table = tmp_path/'rows.csv'
    table.write_text('sep=;\n' + text.getvalue(), encoding='utf-8-sig', newline='')
    packed = tmp_path/'rows.jsonl.gz'
    packed.write_bytes(gzip.compress(lines(tmp_path, *rows).read_bytes()))
    import pyarrow as pa, pyarrow.parquet as parquet
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path/'rows.parquet')
    for path in (array, table, packed, tmp_path/'rows.jsonl', tmp_path/'rows.parquet'): assert load_pairs(path) == [Pair(**rows[0])]*2, path

@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**9), kind=st.sampled_from(['jsonl', 'json', 'csv']))
def test_random_damage_changes_no_text(seed, kind, tmp_path_factory):
    "A damaged file gives undamaged pairs as they were, or one sentence that names the file"
    rng, place = random.Random(seed), tmp_path_factory.mktemp('damage')
    rows = [dict(prompt=f'Question {i}?', chosen=f'Yes, number {i}.', rejected=f'"No", {i}') for i in range(6)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    raw = bytearray({'jsonl': '\n'.join(map(json.dumps, rows)), 'json': json.dumps(rows), 'csv': text.getvalue()}[kind].encode())
    start = rng.randrange(len(raw))
    damage = rng.choice(['cut', 'delete', 'flip', 'insert'])
    if damage == 'cut': del raw[start:]
    elif damage == 'delete': del raw[start:start + rng.randrange(1, 9)]
    elif damage == 'flip': raw[start] = rng.randrange(256)
    else: raw[start:start] = rng.choice([b'\xff', b'"', b'\n', b',', b'{', b'\x00'])
    path = place/f'rows.{kind}'
    path.write_bytes(raw)
    try: pairs = load_pairs(path, skip_bad=True)
    except UserError as e: assert str(path) in str(e) and '\n' not in str(e); return
    whole = {Pair(**row) for row in rows}
    assert len([p for p in pairs if p in whole]) >= len(pairs) - 1 # the row that was hit
    if kind == 'jsonl' and damage in ('flip', 'insert'): assert len(pairs) >= 3

# What other programs leave behind

def refused(tmp_path, row, *parts):
    with pytest.raises(UserError) as e: load_pairs(lines(tmp_path, row))
    assert all(part in str(e.value) for part in parts), str(e.value)

@pytest.mark.parametrize('more', [dict(model_a='x', model_b='y', winner='model_b'), dict(overall_preference=2), dict(preference=0.3), dict(better='')])
def test_the_names_chosen_and_rejected_are_believed(more, tmp_path):
    loaded = read_pairs(lines(tmp_path, good | more))
    assert loaded.items == [Pair(**good)] and f"the column '{list(more)[-1]}' is not used" in loaded.remarks

def test_a_vote_that_contradicts_the_names_is_refused(tmp_path):
    refused(tmp_path, good | dict(winner='rejected'), 'row 1, winner: says that the chosen answer is not better')
    refused(tmp_path, good | dict(winner=good['rejected']), 'row 1, winner: says that the chosen answer is not better')

def test_only_the_question_on_preference_counts(tmp_path):
    record = argilla | dict(responses=argilla['responses'] | dict(quality=[dict(value=2)], comment=[dict(value='fine')]))
    assert [p.chosen for p in load_pairs(lines(tmp_path, record))] == ['On Monday.']
    twice = argilla | dict(responses=dict(tone=[dict(value='response-1')], truth=[dict(value='response-2')]))
    refused(tmp_path, twice, 'row 1, tone and truth: each may say which answer is better')
    refused(tmp_path, argilla | dict(responses=dict(comment=[dict(value='fine')])), 'row 1, comment: expected A, B or tie')

def test_rows_that_nobody_judged_are_counted(tmp_path):
    rows = [studio, studio | dict(annotations=[]), studio | dict(annotations=[dict(was_cancelled=True)]), argilla | dict(responses={})]
    loaded = read_pairs(lines(tmp_path, *rows))
    assert loaded.left_out == {'not answered': 3} and loaded.summary.split(': ')[1].startswith('4 rows, 2 pairs, 3 left out')

def test_cells_that_hold_conversations(tmp_path):
    row = dict(prompt='Late?', chosen=talk('Late?', 'On Monday.'), rejected=talk('Late?', 'No idea.'))
    cells = {k: json.dumps(v) if isinstance(v, list) else v for k,v in row.items()}
    assert load_pairs(lines(tmp_path, cells)) == [Pair('Late?', 'On Monday.', 'No idea.')]
    refused(tmp_path, {k: str(v) for k,v in row.items()}, 'row 1, chosen: expected a list of messages as JSON')
    arena = dict(prompt='["Late?"]', response_a='["On Monday."]', response_b='["No idea."]', winner_model_a=1, winner_model_b=0, winner_tie=0)
    assert load_pairs(lines(tmp_path, arena)) == [Pair('Late?', 'On Monday.', 'No idea.')]
    refused(tmp_path, arena | dict(prompt='["Late?", "Why?"]'), 'row 1, prompt: holds 2 turns')

def test_nothing_beside_the_prompt_is_dropped(tmp_path):
    system = dict(role='system', content='Be brief.')
    for more in (dict(system='Be brief.'), dict(system_prompt='Be brief.')):
        assert load_pairs(lines(tmp_path, good | more)) == [Pair([system, user('Late?')], 'On Monday.', 'No idea.')]
    assert load_pairs(lines(tmp_path, good | dict(context='Order 12')))[0].prompt == 'Late?\n\nOrder 12'
    refused(tmp_path, good | dict(history=[['a', 'b']]), 'row 1, history')
    refused(tmp_path, good | dict(prompt=[user('Late?')], input='x'), 'row 1, prompt: a list of messages and a text')
    longer = [user('Hello'), assistant('Hi'), user('Late?')]
    assert load_pairs(lines(tmp_path, dict(prompt=longer, chosen=talk('Late?', 'Yes.'), rejected=talk('Late?', 'No.'))))[0].prompt == longer
    assert load_pairs(lines(tmp_path, dict(prompt=[system, user('Late?')], chosen=talk('Late?', 'Yes.'), rejected=talk('Late?', 'No.'))))[0].prompt == [system, user('Late?')]
    refused(tmp_path, good | dict(chosen=[dict(role='assistant', content=None, tool_calls=[{}])]), 'row 1, chosen: calls a tool')

@pytest.mark.parametrize('deep', [99, 101, 985, 100_000])
def test_calls_that_are_nested_deep_are_refused_with_a_sentence(deep, tmp_path):
    call = '[{"role": "user", "content": "Q"}, {"role": "assistant", "content": "x", "tool_calls": [{"a": ' + '['*(deep - 2) + ']'*(deep - 2) + '}]}, {"role": "tool", "content": "r"}]'
    path = tmp_path/'deep.jsonl'
    path.write_text(f'{{"prompt": {call}, "chosen": "a", "rejected": "b"}}\n')
    found = read_pairs(path)
    assert [str(p) for p in found.problems] == [] if deep < 100 else 'nested more than 100 deep' in str(found.problems[0]) or 'expected JSON' in str(found.problems[0])

def test_prompts_of_labels_are_checked(tmp_path):
    row = dict(completion='a', label=True)
    for prompt, said in (([{'from': 'human', 'value': 'q'}], None), (['x', 7], 'turn 1'), ([], 'prompt: is missing'), (talk('q', 'a'), 'ends with the user')):
        rows = [row | dict(prompt=prompt), dict(prompt=prompt, completion='b', label=False)]
        if said: refused(tmp_path, rows[0], said)
        else: assert load_pairs(lines(tmp_path, *rows)) == [Pair('q', 'a', 'b')]

def test_many_labels_of_one_prompt_make_few_pairs(tmp_path):
    rows = [dict(prompt='Q', completion=f'answer {i}', label=bool(i % 2)) for i in range(400)]
    assert len(load_pairs(lines(tmp_path, *rows))) == 200

@pytest.mark.parametrize('row, said', [(votes[0] | dict(preference='C'), 'expected A, B or tie'), (dict(prompt='Q', completion='a', label='nan'), 'expected true, false or a number'),
    ({k: v for k,v in votes[0].items() if k != 'preference'} | dict(overall_preference=7), 'holds the numbers 7'), (good | dict(score_chosen='1', score_rejected='9'), 'wrong way round'),
    (good | dict(chosen_reward=-2.0, rejected_reward=0.5), 'wrong way round'), (dict(chosen='\n\nHuman: Hi\n\nAssistant: Hello', rejected='\n\nHuman: Hi\n\nAssistant: No'), 'chosen: holds')])
def test_what_cannot_be_believed_is_refused(row, said, tmp_path): refused(tmp_path, row, said)

@pytest.mark.parametrize('word, chosen', [('A>B', 'At nine.'), ('1.0', 'At nine.'), ('2', 'We open at 9.')])
def test_other_spellings_of_a_vote(word, chosen, tmp_path):
    rows = [votes[0] | dict(preference=word), votes[2] | dict(preference='2')]
    assert load_pairs(lines(tmp_path, *rows))[0].chosen == chosen

def test_ties_of_both_bad_are_left_out(tmp_path):
    loaded = read_pairs(lines(tmp_path, *(votes[0] | dict(preference=w) for w in ('both_bad', 'Tie (both bad)', 'tie')), votes[0]))
    assert loaded.left_out == {'tie': 3} and len(loaded.items) == 1

def test_preference_fine_tuning_of_openai(tmp_path):
    row = dict(input=dict(messages=[user('Late?')], tools=[]), preferred_output=[assistant('On Monday.')], non_preferred_output=[assistant('No idea.')])
    assert load_pairs(lines(tmp_path, row)) == [Pair('Late?', 'On Monday.', 'No idea.')]

@pytest.mark.parametrize('text', ['## User guide', '### Response time', '<s>old</s> price', 'A dog.\nHuman: a person.'])
def test_right_texts_are_not_taken_for_templates(text, tmp_path):
    assert load_pairs(lines(tmp_path, good | dict(chosen=text)))[0].chosen == text

def test_what_was_done_is_said(tmp_path, capsys):
    load_pairs(lines(tmp_path, *votes))
    assert '1 left out: tie; each pair is oriented by its vote (preference)' in capsys.readouterr().err
    load_pairs(lines(tmp_path, good))
    assert capsys.readouterr().err == ''

@pytest.mark.parametrize('word', ['tie', 'Rejected', '2', 2, 2.0, '2.0', 'second', 'B', ' b ', 'right', 'model_b', 'Response 2', 'response_b', 'A=B', 'B>A'])
@pytest.mark.parametrize('column', ['winner', 'preference', 'choice'])
def test_any_vote_against_the_names_is_refused(word, column, tmp_path):
    refused(tmp_path, good | {column: word}, f'row 1, {column}: says that the chosen answer is not better, found', 'call them response_a and response_b', f'remove {column}')

@pytest.mark.parametrize('word', ['A', 'first', 1, '1', 'Chosen', 'left', 'model_a', 'On Monday.', 'perhaps', 0.3, None])
def test_a_vote_that_agrees_with_the_names_changes_nothing(word, tmp_path):
    assert read_pairs(lines(tmp_path, good | dict(preference=word))).items == [Pair(**good)]

def test_renamed_votes_stop_at_the_row_that_would_be_turned(tmp_path):
    "Columns renamed to those of a training library beside the vote that nobody looked at"
    path = tmp_path/'renamed.csv'
    path.write_text('prompt,chosen,rejected,preference\nLate?,On Monday.,No idea.,A\nReturn?,No.,"Yes, for 30 days.",B\n')
    with pytest.raises(UserError, match="renamed.csv: row 3, preference: says that the chosen answer is not better, found str 'B'; .*response_a and response_b; .*remove preference .1 good row"):
        load_pairs(path)
    path.write_text(path.read_text().replace('chosen,rejected', 'response_a,response_b'))
    assert [p.chosen for p in load_pairs(path)] == ['On Monday.', 'Yes, for 30 days.']

def test_answers_that_are_letters(tmp_path):
    letters = dict(prompt='Q', chosen='B', rejected='A')
    assert load_pairs(lines(tmp_path, letters | dict(winner='B'))) == [Pair(**letters)]
    refused(tmp_path, letters | dict(winner='A'), 'row 1, winner: says that the chosen answer is not better')

def test_the_vote_of_a_tool_is_what_counts(tmp_path):
    "Older votes among the data of an export say nothing, and neither do the names of its columns"
    task = lambda data, selected: dict(data=data, annotations=[dict(result=[dict(from_name='pref', value=dict(selected=selected))])])
    assert load_pairs(lines(tmp_path, task(good, 'right'))) == [Pair('Late?', 'No idea.', 'On Monday.')]
    assert read_pairs(lines(tmp_path, task(good, 'tie'))).left_out == {'tie': 1}
    for old in (dict(winner='a'), dict(winner_model_a=1, winner_model_b=0)):
        assert load_pairs(lines(tmp_path, task(dict(prompt='Q', response_a='x', response_b='y') | old, 'right'))) == [Pair('Q', 'y', 'x')]
    both = task(dict(prompt='Q', response_a='x', response_b='y'), None)
    both['annotations'][0]['result'][0]['value'] = dict(choices=['response_a', 'response_b'])
    assert read_pairs(lines(tmp_path, both)).left_out == {'tie': 1}

def test_options_that_are_not_there(tmp_path):
    numbered = prodigy | dict(options=[dict(id=1, text='No idea.'), dict(id=2, text='On Monday.')])
    assert load_pairs(lines(tmp_path, numbered | dict(accept=['2'])))[0].chosen == 'On Monday.'
    refused(tmp_path, numbered | dict(accept=[9]), 'row 1, accept: names an option that is not there')
    assert load_pairs(lines(tmp_path, prodigy | dict(system='Be brief.')))[0].prompt[0] == dict(role='system', content='Be brief.')

@pytest.mark.parametrize('more, said', [(dict(winner='a', preference='b'), 'row 1, winner and preference: say different things'), (dict(overall_preference=1), 'can mean either answer'),
    (dict(response_a='2', response_b='1', winner='2'), 'row 1, winner: expected'), (dict(response_a='B', response_b='A', winner='A'), 'row 1, winner: expected'), (dict(winner=10**400), 'can mean either answer')])
def test_votes_that_can_be_read_in_two_ways(more, said, tmp_path):
    row = dict(prompt='Q', response_a='x', response_b='y') | more
    refused(tmp_path, row, said)

def test_an_empty_vote_does_not_hide_another(tmp_path):
    assert load_pairs(lines(tmp_path, votes[0] | dict(winner=None)))[0].chosen == 'We open at 9.'

@pytest.mark.parametrize('names', ['rating_{}', 'reward_{}', '{}-rating'])
def test_scores_the_wrong_way_round(names, tmp_path):
    refused(tmp_path, good | {names.format('chosen'): '1,5', names.format('rejected'): '4,5'}, 'wrong way round')

def test_two_conversations_are_not_mixed(tmp_path):
    system = lambda text: dict(role='system', content=text)
    refused(tmp_path, dict(prompt=[user('q1'), assistant('a1'), user('q2')], chosen=talk('q1', 'x'), rejected=talk('q1', 'y')), 'row 1, prompt: is another conversation')
    refused(tmp_path, dict(prompt='q', system='A', chosen=[system('B'), *talk('q', 'x')], rejected=[system('B'), *talk('q', 'y')]), 'row 1, prompt')
    refused(tmp_path, good | dict(system=['A']), 'row 1, system: expected a text')
    refused(tmp_path, dict(prompt=[user('a'), user('b')], chosen='x', rejected='y'), 'row 1, prompt: turn 2: expected assistant')

def test_numbers_that_are_too_large(tmp_path):
    assert load_pairs(lines(tmp_path, good | dict(score_chosen=10**400, score_rejected=1))) == [Pair(**good)]
    refused(tmp_path, dict(prompt='Q', completion='a', label=10**400), 'row 1, label: expected true, false or a number')

def test_a_table_with_numbered_rows(tmp_path):
    path = tmp_path/'pandas.csv'
    path.write_text(',prompt,chosen,rejected\n0,Late?,On Monday.,No idea.\n')
    assert load_pairs(path) == [Pair(**good)]
