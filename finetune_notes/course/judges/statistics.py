"Judges of the exercises of statistics"
from ..exercises import WrongAnswer, call_answer, exercise, expect, is_number, to_plain, short_repr

def vote_cases():
    "Votes, their emails, and a word on them"
    import numpy as np
    rng = np.random.default_rng(5)
    won = rng.random(40) < 2/3
    yield np.repeat(won, 5), np.repeat(np.arange(40), 5), 'emails on which all five vote alike'
    yield rng.random(200) < 2/3, np.arange(200), 'votes on an email each'
    for emails,each in ((40, 5), (60, 3), (100, 2)):
        clear = rng.beta(4/3, 2/3, emails)
        yield (rng.random(emails*each) < np.repeat(clear, each), np.repeat(np.arange(emails), each),
               f'{emails} emails with {each} votes each')

def worth(lesson, values, clusters):
    "Votes on an email each whose interval would be as wide"
    alone, together = (e.hi - e.lo for e in (lesson.bootstrap(values), lesson.bootstrap(values, clusters)))
    return len(values)*(alone/together)**2

@exercise('statistics-1', 'Take the interval of `bootstrap(votes)` and that of `bootstrap(votes, emails)`. How do '
                          'their widths compare?',
          'An interval becomes half as wide with four times the votes.',
          '`len(votes)*(plain/clustered)**2`, where both are `hi - lo`.')
def votes_worth(lesson, answer):
    "What clustered votes are worth"
    for values,clusters,what in vote_cases():
        got, wanted = to_plain(call_answer(answer, values.astype(int), clusters)), worth(lesson, values, clusters)
        near = is_number(got) and abs(got/wanted - 1) < 0.15
        expect(near, f'{len(values)} votes, {what}: they are worth about {wanted:.0f} votes of their own, and it gave '
                     f'{short_repr(got)}.')

@exercise('statistics-2', '`power(n, share)` says how often n comparisons show a share. Which share is shown in 80 %?',
          'The power grows with the share: try shares from 0.51 up to 1, and take the first that is enough.',
          '`next(s for s in np.linspace(0.51, 1, 1000) if power(n, s) >= 0.8)`.')
def smallest_lead(lesson, answer):
    "The smallest lead that a study can show"
    for n in (30, 71, 200, 1000):
        share = to_plain(call_answer(answer, n))
        expect(is_number(share) and 0.5 < share <= 1,
               f'For {n} comparisons it gave {short_repr(share)}; expected a share above one half.')
        found = float(lesson.win_rate_power(n, share))
        expect(found > 0.78, f'With {n} comparisons a true share of {share:.3f} is shown in {found:.0%} of studies, '
                             'not in 80%.')
        expect(found < 0.82, f'With {n} comparisons a true share of {share:.3f} is shown in {found:.0%} of studies: a '
                             'smaller one would do.')

@exercise('statistics-3', 'A system can lose against one and still be the strongest: what does it do against the '
                          'third?',
          'Let a lose 4 to 6 against b and win 9 to 1 against c. How must b and c fare?',
          'Let b and c win five each.')
def strongest_loser(lesson, answer):
    "The strongest may lose"
    expect(isinstance(answer, (list, tuple)) and 0 < len(answer) <= 1000,
           f'A list of at most 1,000 votes is asked for, and this is {short_repr(answer)}.')
    try: found = lesson.bradley_terry(answer)
    except lesson.UserError as e: raise WrongAnswer(f'Bradley and Terry cannot be asked: {e}.') from None
    expect(set(found.systems) == {'a', 'b', 'c'}, f'The systems are {short_repr(found.systems)}; expected a, b and c.')
    won = sum(w if x == 'a' else 1 - w for x,y,w in answer if {x, y} == {'a', 'b'})
    n, line = sum({x, y} == {'a', 'b'} for x,y,_ in answer), found.to_frame().strength
    expect(2*won < n, f'Against b system a wins {won:g} of {n} votes; it should lose more than half of them.')
    expect(line['a'] > max(line['b'], line['c']) + 1e-6,
           f'The strengths are {", ".join(f"{s} {line[s]:.2f}" for s in "abc")}: a is not the strongest.')
    return (f'Against b it wins {won:g} of {n}, and the model says {found.beats("a", "b").estimate:.0%}. A ranking is '
            'a summary: look at the pairs too.')
