"For each exercise of baselines a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'baselines-1': (lambda values, loss: sorted(values)[len(values)//2], "'squared' it gave 10; expected 222.6"),
    'baselines-2': ([97, 103, 480, 52, 1010, 100, 100, 100, 50, 1000], 'Its mean absolute error is 0.0'),
}
