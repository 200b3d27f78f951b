"Judges of the exercises of generator"
from ..exercises import agree_with_reference, exercise

def leaked(train, test):
    "Share of texts of the second list that are in the first, but for capitals and blanks"
    key = lambda text: ' '.join(text.lower().split())
    seen = set(map(key, train))
    return sum(key(t) in seen for t in test)/len(test)

@exercise('generator-1', 'Make a set of the texts of the first list, and count those of the second that are in it.',
          'Compare them in lower case, with `" ".join(text.lower().split())`.',
          'A text that comes twice in the second list counts twice.')
def leak_share(lesson, answer):
    "The share that leaks"
    agree_with_reference(answer, leaked, (['lamp', 'red lamp'], ['lamp', 'desk']), (['lamp'], ['desk']),
                         (['Lamp', 'a  desk'], ['LAMP ', 'A desk', 'chair', 'desk']),
                         (['lamp'], ['lamp', 'lamp', 'desk', 'lamp ']))
