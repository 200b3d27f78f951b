"For each exercise of policies a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'policies-1': ('Reference 61704: you may copy 20 pages for a class. A school licence costs 60 euros. Please use form C2.', 'It breaks states_policy: it does not say 21 pages'),
    'policies-2': ('You may copy 21 pages for a class. A school licence costs 60 euros. Please use form C2.', 'it leaves the number out'),
}
