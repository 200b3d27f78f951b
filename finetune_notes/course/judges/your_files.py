"Judges of the exercises of your_files"
from pathlib import Path
from tempfile import TemporaryDirectory
from ..exercises import exercise, expect, short_repr

@exercise('your_files-1', 'A tie prefers nothing, and `neither` is a tie. What do the other rows give?',
          'The column says which *place* won. In two of the rows the answers stand in the other order.',
          'Five votes are no ties. One of them is for "No.", and one is about order 3.')
def pairs_of_votes(lesson, answer):
    "How many pairs seven votes give, and what was chosen in them"
    expect(isinstance(answer, (tuple, list)) and len(answer) == 2 and all(type(n) is int for n in answer),
           'Two whole numbers are asked for, as a tuple.')
    pairs, chosen = answer
    expect(pairs != 7, 'Seven pairs: the two ties would be trained on as preferences.')
    expect(pairs == 5, f'{pairs} pairs: each of the seven rows that is no tie gives one.')
    expect(chosen != 2, 'Two: these are the rows in which it stands second and won. It also stands first somewhere.')
    expect(chosen == 3, f'"For 30 days." is not chosen in {chosen} of the five pairs.')
    return 'Five pairs. Three choose "For 30 days." and one chooses "No.": the votes contradict each other, so look at them.'

_kept = [('May I return it?', 'Yes, within 30 days.'), ('Where is order 3?', 'It left us on Monday.'),
         ('Is it red?', 'No, it is blue.'), ('What does "express" mean?', 'Tomorrow.')]

@exercise('your_files-2', 'Read the file as it is: `read_conversations(path).problems` names three rows.',
          'A text with a comma in it stands in double quotes, and nothing stands before the first quote.',
          'A line with the names of the columns belongs at the top, once.')
def repaired_csv(lesson, answer):
    "A CSV file repaired without losing a word"
    from finetune_notes.data.conversations import read_conversations
    expect(isinstance(answer, str), f'The text of a file is asked for, and this is {short_repr(answer)}.')
    with TemporaryDirectory() as place:
        path = Path(place)/'mine.csv'
        path.write_text(answer, encoding='utf-8')
        found = _read(read_conversations, path)
    expect(not found.problems, f'{len(found.problems)} rows cannot be read; the first: {found.problems[0] if found.problems else ""}.')
    said = [tuple(m['content'] for m in c) for c in found.items]
    expect(len(said) == 4, f'{len(said)} conversations can be read; four are asked for.')
    lost = [(q, a) for q,a in _kept if (q, a) not in said]
    expect(not lost, f'This conversation is not there, or was changed: {lost[0] if lost else ""}.')
    return 'All four are read, and no word is lost. A tolerant reader would have kept "Yes" of the first answer.'

def _read(read, path):
    "What a file holds; `WrongAnswer` where it cannot be read"
    from finetune_notes.core.settings import UserError
    try: return read(path)
    except UserError as e: said = str(e).replace(str(path), 'mine.csv')
    expect(False, f'It cannot be read: {said}.')

_first = dict(a=('sft', 'has questions with good answers: that is what supervised fine-tuning learns from'),
              b=('annotate', 'has pairs without a judgement: somebody must say which answer is better'),
              c=('record', 'has one answer to each question, so its labels give no pair; a second answer to each question '
                           'is needed first'),
              d=('record', 'has questions and no answers: ask the model once, and keep what it said'))

@exercise('your_files-3', 'Which of the files say which of two answers is better?',
          'A label becomes a pair only where one prompt has a good and a bad answer.',
          'Only one file needs nothing but people. Another lacks answers to compare.')
def first_step(lesson, answer):
    "What to do first with four files"
    words = {'sft', 'pairs', 'annotate', 'record'}
    expect(isinstance(answer, dict) and set(answer) == set(_first) and all(isinstance(v, str) for v in answer.values()),
           'A dictionary with the keys a, b, c and d is asked for.')
    strange = [v for v in answer.values() if v not in words]
    expect(not strange, f'{short_repr(strange[0]) if strange else ""} is none of the four words.')
    for letter,(right, why) in _first.items():
        if letter == 'c' and answer[letter] == 'annotate': continue # A person can write the second answer while annotating
        expect(answer[letter] == right, f'{letter}: not {answer[letter]}. This file {why}.' if letter != 'c' or answer[letter] != 'pairs'
               else 'c: read it with `load_pairs`, and it makes pairs for none of the prompts.')
    return 'Only the first file can be trained on today, with these commands. The others need answers or comparisons first.'
