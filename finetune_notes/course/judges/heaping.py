"Judges of the exercises of heaping"
from ..exercises import agree_with_reference, exercise

def tens(values):
    "Share of people who round to tens"
    return max(0, (sum(v % 10 == 0 for v in values)/len(values) - 0.1)/0.9)

@exercise('heaping-1', 'By chance one value in ten is a multiple of 10: of those who do not round as well.',
          'If h is the share who round, the share of multiples of 10 is `h + (1 - h)/10`. Solve for h.',
          'Luck may bring fewer multiples than chance expects; then say 0.')
def rounders(lesson, answer):
    "How many round to tens"
    agree_with_reference(answer, tens, ([10, 20, 30],), (list(range(1, 101)),), ([10]*55 + [11]*45,),
                         ([11, 12, 13, 14],), ([100, 7, 8, 9],))
