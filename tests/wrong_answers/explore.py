"For each exercise of looking a typical wrong answer, and words of the sentence that its author gets"
from finetune_notes.data.explore import length_summary

def late_binding(rows):
    measures = {f: lambda r: len(str(r[f])) if f in r else None for f in dict.fromkeys(f for r in rows for f in r)}
    found = length_summary(rows, measures)
    return list(found.index[(found.at_max >= 5) & (found['min'] < found['max'])])

wrong = {
    'explore-1': (late_binding, 'cut off were title'),
    'explore-2': (lambda text: set(text.lower().replace('?', '').replace(',', '').replace('!', '').split()), 'are two questions'),
}
