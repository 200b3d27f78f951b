"For each exercise of parcels a typical wrong answer, and words of the sentence that its author gets"

def by_letter(train, test): return sum(t in train for t in test)/len(test)

wrong = {
    'generator-1': (by_letter, "it gave 0.0; expected 0.5"),
}
