"Judges of the exercises of finetuning"
from ..exercises import agree_with_reference, exercise, expect, short_repr, to_plain

_kinds = ['wrong filter', 'wrong time', 'column that does not exist', 'right', 'wrong order or limit']

@exercise('finetuning-1', 'Compare part by part: calculation, filters, groups, order and limit, time. Is every column one of the company?',
          'Filters that only change places mean the same.')
def sorted_answers(lesson, answer):
    "Five answers, sorted by what is wrong with them"
    kinds = to_plain(answer)
    expect(isinstance(kinds, list) and len(kinds) == 5 and all(isinstance(k, str) for k in kinds),
           f'A list of five texts is asked for, and this is {short_repr(answer)}.')
    for i, (given, wanted) in enumerate(zip(kinds, _kinds), 1):
        given = given.strip().lower()
        expect(given in {*_kinds, 'wrong calculation', 'wrong grouping', 'not a query'}, f'{given!r} is not one of the kinds.')
        expect(given == wanted, f'{given!r} is not what is to be said of answer {i}.')
    return 'The wrong column can be refused by code before the query runs; the other mistakes look like right queries.'

@exercise('finetuning-2', 'A model learns to write what is not masked. What should it not learn to write?',
          'The first `start` labels are -100; the others are the tokens themselves, the end token included.')
def fixed_labels(lesson, answer):
    "A mask that hides the question and nothing else"
    def reference(ids, start): return [-100]*start + list(ids[start:])
    agree_with_reference(answer, reference, ([1, 7, 8, 2, 9, 4, 2], 4),
                         ([5, 6, 7, 2], 2), ([3, 2], 0))
    return 'The question is masked; the answer and its end count.'

@exercise('finetuning-3', 'The query must use columns of the rides, such as city, trip.fare or duration_ms; look at the training pairs.',
          'Hand in a dictionary with the texts question, query and answer, such as "errors by city" and "COUNT where error = true by city".')
def own_question(lesson, answer):
    "Your own question to the model that you trained"
    from finetune_notes.cases.queries.rides import query_mistake, ride_pairs
    from finetune_notes.data.toy import QueryPair
    parts = to_plain(answer)
    expect(isinstance(parts, dict) and all(isinstance(parts.get(k), str) and parts[k].strip() for k in ('question', 'query', 'answer')),
           f"A dictionary with the texts 'question', 'query' and 'answer' is asked for, and this is {short_repr(answer)}.")
    pair = QueryPair(parts['question'].strip(), parts['query'].strip())
    used = {p.question.lower() for part in ride_pairs(200, 60, 100) for p in part}
    expect(pair.question.lower() not in used, f'{pair.question!r} is one of the questions of the lesson. Write a new one.')
    problem = query_mistake(pair.answer, pair)
    expect(not problem, f'Your query {pair.answer!r} is not one that the company could run: {problem}.')
    mistake = query_mistake(parts['answer'], pair)
    return f'The answer is not right: {mistake}.' if mistake else 'The model is right about your question.'

@exercise('finetuning-4', 'What was the test set used for between the two trainings?',
          'A set that helped to choose something measures how well the choice fits this set.')
def spent_test_set(lesson, answer):
    "A test set that was looked at"
    choice = str(answer).strip().lower().strip('()')
    expect(choice in ('a', 'b', 'c'), "One of the letters 'a', 'b' and 'c' is asked for.")
    expect(choice != 'a', '80 % was measured on questions that chose the 50 examples.')
    expect(choice == 'c', 'A mean of two numbers from a test set that was looked at is no better than the numbers.')
    return 'Draw fresh test questions, and report what they give.'
