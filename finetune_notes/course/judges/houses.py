"Judges of the exercises of houses"
from ..exercises import agree_with_reference, exercise

@exercise('houses-1', 'Each kind has a share of faulty answers.',
          'The model makes one answer a kind: faulty where that share is one half or more.',
          'The people make them all: with as many answers of every kind, the mean of the shares.')
def vote_of_the_house(lesson, answer):
    "When a model is better than its teachers"
    def right(faulty):
        shares = [sum(f)/len(f) for f in faulty.values()]
        return sum(s >= .5 for s in shares)/len(shares), sum(shares)/len(shares)

    agree_with_reference(answer, right, ({'a': [True, False], 'b': [False, False]},),
                         ({'a': [True, True, False], 'b': [True, False, False], 'c': [False]*3},),
                         ({'x': [True]*4, 'y': [False]*4},))
    return 'Slips below one half vanish, habits above one half become the rule.'
