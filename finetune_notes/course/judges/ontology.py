"Judges of the exercises of ontology"
from types import SimpleNamespace
from ..exercises import agree_with_reference, call_answer, exercise, expect, is_number, to_plain, short_repr

@exercise('ontology-1', '`frequent(labelled, k)` gives the commonest k classes; ask it for all of them.',
          'The share is of labels, not of articles: count the labels that are among the first k, over all labels.',
          'Try k = 0, 1, 2 ... and return the first one whose share is at least what is asked.')
def enough_classes(lesson, answer):
    "Where to start"
    def reference(labelled, share):
        order, every = lesson.most_frequent_classes(labelled, 10**6), [l for a in labelled for l in a.labels]
        return next(k for k in range(len(order) + 1) if sum(l in order[:k] for l in every) >= share*len(every) - 1e-9)
    made = [SimpleNamespace(labels=l) for l in (('a', 'b'), ('a',), ('a', 'c', 'd'), ('b', 'a'), ('e',), ('a',))]
    for share in (0, .5, .6, .7, 1):
        got, wanted = to_plain(call_answer(answer, made, share)), reference(made, share)
        expect(is_number(got) and got == wanted,
               f'For a share of {share} it gave {short_repr(got)}; expected {wanted}.')

@exercise('ontology-2', 'A class that nobody should have found has no F1; take the classes of `truth` only.',
          'For one class, F1 is twice the hits over how often it is in `truth` plus how often it is in `said`.',
          'Collect the classes with `set().union(*truth)`, and take the mean over them, not over the articles.')
def macro_f1(lesson, answer):
    "F1 of each class, then the mean"
    def reference(truth, said):
        classes = sorted(set().union(*truth))
        return lesson.label_metrics(truth, said, classes, draws=1)['macro'].estimate

    cases = [([{'a'}, {'a', 'b'}, {'b'}], [{'a'}, {'a'}, {'a', 'z'}]), ([{'a'}, {'b'}], [set(), {'b', 'c'}]),
             ([{'a'}], [{'a'}]), ([{'a', 'b', 'c'}, {'a'}, {'a'}, {'b'}], [{'a', 'b'}, {'a'}, {'c'}, {'a'}])]
    agree_with_reference(answer, reference, *cases)
