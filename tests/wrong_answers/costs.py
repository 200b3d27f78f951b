"For each exercise of costs a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'costs-1': (lambda hosted, own, per_month: own.monthly(per_month)/per_month*1e6/hosted.input_price.amount, 'expected 1,600'),
    'costs-2': (lambda own, per_month: own.capacity()*own.peak/per_month, 'it gave 2; expected'),
}
