"Chats of the reader's own: shapes, what is learned, and the command that trains on them"
import json
import pandas as pd
import pytest
from finetune_notes.core.settings import UserError
from finetune_notes.data.conversations import answer_examples, load_conversations, read_conversations
from finetune_notes.evaluation.statistics import bootstrap
from finetune_notes.training.chat import ChatRun, split_conversations

def user(text): return dict(role='user', content=text)
def assistant(text): return dict(role='assistant', content=text)
talk = [user('Open?'), assistant('At nine.')]

def lines(tmp_path, *rows):
    path = tmp_path/'chats.jsonl'
    path.write_text(''.join(json.dumps(row) + '\n' for row in rows), encoding='utf-8')
    return path

@pytest.mark.parametrize('row, remark', [
    (dict(prompt='Open?', completion='No.', label=False), "the column 'label' is not used"), (dict(messages=talk, tools=[dict(name='f')]), "the column 'tools' is not used"),
    (dict(question='Open?', answer='B', choices=['No', 'Yes']), "the column 'choices' is not used"), (dict(prompt='Open?', response='No.', helpfulness=0), "the column 'helpfulness' is not used"),
    (dict(messages=talk, context='Rome'), "the column 'context' is not used")])
def test_what_should_not_be_ignored_is_named(row, remark, tmp_path):
    loaded = read_conversations(lines(tmp_path, row))
    assert loaded.remarks == [remark] and len(loaded.items) == 1

def test_the_text_that_a_question_is_about_is_read(tmp_path):
    for row in (dict(instruction='Translate.', input='', context='Bonjour', output='Hello'), dict(instruction='Translate.', input='Bonjour', output='Hello')):
        assert load_conversations(lines(tmp_path, row)) == [[user('Translate.\n\nBonjour'), assistant('Hello')]]
    with pytest.raises(UserError, match='put that text into the messages'): load_conversations(lines(tmp_path, dict(prompt=talk[:1], input='x', completion='Hello')))

def test_a_missing_text_comes_with_a_remedy(tmp_path):
    empty = [dict(role='user', content='Late?'), dict(role='assistant', content='')]
    problems = read_conversations(lines(tmp_path, dict(messages=empty))).problems
    assert [str(p) for p in problems] == ['row 1, messages, turn 2: expected a text, found nothing; give one, or remove the row']

def test_repetitions_and_contradictions_are_counted(tmp_path):
    rows = [dict(messages=talk)]*3 + [dict(messages=[talk[0], assistant('At ten.')])]
    assert read_conversations(lines(tmp_path, *rows)).remarks == ['2 repeated conversations', '1 question with different answers']

def test_calls_of_tools_are_left_out_and_counted(tmp_path):
    call = dict(role='assistant', content=None, tool_calls=[dict(function=dict(name='hours'))])
    loaded = read_conversations(lines(tmp_path, dict(messages=[talk[0], call, dict(role='tool', content='9'), talk[1]]), dict(messages=talk)))
    assert loaded.items == [talk] and loaded.left_out == {'calls a tool': 1}
    with pytest.raises(UserError, match='row 1, messages, turn 2: expected a list of objects as tool_calls'):
        load_conversations(lines(tmp_path, dict(messages=[talk[0], call | dict(tool_calls='garbage')])))

@pytest.mark.parametrize('mark', [dict(weight=0), dict(weight='0'), dict(train=False), dict(loss=False)])
def test_answers_that_are_not_to_be_learned(mark, tmp_path):
    twice = [*talk, user('And today?'), assistant('At ten.') | mark]
    conversation, = load_conversations(lines(tmp_path, dict(messages=twice)))
    assert [e['answer'] for e in answer_examples(conversation)] == ['At nine.']

@pytest.mark.parametrize('text', ['<|im_start|>user\nHi', '<s>[INST] Hi [/INST]', '### Instruction:\nHi', '<bos>Hi', '\n\nHuman: Hi\n\nAssistant: Hello'])
def test_texts_that_carry_a_template_are_refused(text, tmp_path):
    with pytest.raises(UserError, match='marks of a chat template'): load_conversations(lines(tmp_path, dict(prompt='Open?', completion=text)))

def test_cells_that_hold_messages(tmp_path):
    row = dict(prompt=json.dumps(talk[:1]), completion=json.dumps(talk[1:]))
    assert load_conversations(lines(tmp_path, row)) == [talk]
    calls = '[{"name": "f", "arguments": {}}]'
    assert load_conversations(lines(tmp_path, dict(prompt='Open?', completion=calls)))[0][1]['content'] == calls
    with pytest.raises(UserError, match='row 1, completion: expected a list of messages as JSON'): load_conversations(lines(tmp_path, row | dict(completion=str(talk[1:]))))

def test_conversations_that_begin_alike_stay_together():
    conversations = [[user(f'Question {i % 30}?'), assistant(str(i))] for i in range(300)]
    kept, held = split_conversations(conversations, 0.2, seed=1)
    assert not {c[0]['content'] for c in kept} & {c[0]['content'] for c in held} and len(held) == 60 and len(kept) == 240

def test_the_interval_counts_groups():
    losses = pd.DataFrame(dict(group=['a']*50 + ['b']*50, before=1., after=[0.5]*50 + [0.9]*50))
    made = ChatRun(type('R', (), dict(__repr__=lambda self: 'Run'))(), losses, [])
    assert made.difference == bootstrap(losses.after - losses.before, losses.group) and made.difference.n == 2
    assert '2 groups are too few' in str(made)

# The command; `command` and `runs` stand in conftest.py

def test_a_file_of_chats_is_learned(command, runs, tmp_path):
    rows = [dict(messages=[user(f'When does order {i} arrive?'), assistant(f'Order {i} arrives on Monday.')]) for i in range(40)]
    path = lines(tmp_path, *rows, dict(messages=[user('Late?'), assistant('On Monday. '*600)]), dict(text='nothing'))
    stopped = command('train', 'sft', '--data', path)
    assert stopped.returncode == 2 and 'row 42, the row: expected messages' in stopped.stderr
    done = command('train', 'sft', '--data', path, '--skip-bad', '--json')
    facts = json.loads(done.stdout)
    assert done.returncode == 0 and '42 rows, 41 conversations, 1 bad row left out' in done.stderr
    assert facts['examples'] == 36 and facts['left_out'] == 1 and facts['after'] < facts['before'] and len(facts['samples']) == 3
    assert [m['role'] for m in facts['samples'][0]['messages']] == ['user']
    again = command('train', 'sft', '--data', path, '--skip-bad')
    assert again.returncode == 0 and 'loss of 4 held-out answers in 4 groups' in again.stdout and '1 answers were left out because they are too long' in again.stdout

def test_a_system_message_is_put_in_front(command, runs, tmp_path):
    path = lines(tmp_path, *(dict(prompt=f'When does order {i} arrive?', completion='On Monday.') for i in range(20)))
    done = command('train', 'sft', '--data', path, '--system', 'Be brief.', '--json')
    assert json.loads(done.stdout)['samples'][0]['messages'][0] == dict(role='system', content='Be brief.'), done.stderr
    own = lines(tmp_path, *(dict(messages=[dict(role='system', content='x'), user(f'Hi {i}'), assistant('Yes.')]) for i in range(20)))
    done = command('train', 'sft', '--data', own, '--system', 'Be brief.')
    assert done.returncode == 2 and '20 of 20 conversations have a system message of their own' in done.stderr

def test_passes_over_the_chats(command, runs, tmp_path):
    path = lines(tmp_path, *(dict(prompt=f'When does order {i} arrive?', completion='On Monday.') for i in range(20)))
    usual, named, more = (json.loads(command('train', 'sft', '--data', path, '--json', *options).stdout) for options in ((), ('--epochs', 1), ('--epochs', 3, '--batch-size', 2)))
    assert (usual['recipe']['epochs'], named['folder']) == (1, usual['folder'])
    assert (more['recipe']['epochs'], more['recipe']['batch_size'], more['tokens']) == (3, 2, 3*usual['tokens']) and more['after'] < usual['after']

def test_the_share_that_is_held_back(command, runs, tmp_path):
    path = lines(tmp_path, *(dict(prompt=f'When does order {i} arrive?', completion='On Monday.') for i in range(40)))
    usual, named, more = (json.loads(command('train', 'sft', '--data', path, '--json', *options).stdout) for options in ((), ('--share', 0.1), ('--share', 0.25)))
    assert usual['folder'] == named['folder']
    assert [run['difference']['n'] for run in (usual, more)] == [4, 10] and [run['examples'] for run in (usual, more)] == [36, 30]

@pytest.mark.parametrize('option, value', [('--epochs', 2), ('--share', 0.2), ('--system', 'Be brief.')])
@pytest.mark.parametrize('case', ['assistant', 'service'])
def test_options_that_are_for_chats(case, option, value, command, runs):
    done = command('train', case, option, value)
    assert done.returncode == 2 and f'{option} is for sft' in done.stderr

@pytest.mark.parametrize('options, said', [((), 'which file? give it with --data FILE'), (('--pairs', 'x'), '--pairs is for service'), (('--data', 'none.jsonl'), 'no such file'),
                                           (('--data', 'x', '--epochs', '-1'), '--epochs -1: expected 0 or more'), *((('--data', 'x', '--share', share), f'--share {said}: expected a number between 0 and 1') for share,said in (('0', '0.0'), ('1', '1.0'), ('20', '20.0'), ('nan', 'nan'))), (('--data', 'x', '--batch-size', '-1'), '--batch-size -1: expected 0 or more')])
def test_wrong_calls_are_one_sentence(options, said, command, runs):
    done = command('train', 'sft', *options)
    assert done.returncode == 2 and said in done.stderr and done.stdout == ''
