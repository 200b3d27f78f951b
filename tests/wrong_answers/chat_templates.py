"For each exercise of chat_templates a typical wrong answer, and words of the sentence that its author gets"

def without_end(row, sent, end):
    "Looks at the prompt only"
    n = len(sent)
    return row['input_ids'][:n] == sent and row['labels'][:n] == [-100]*n and any(i != -100 for i in row['labels'][n:n + 1])

wrong = {
    'chat_templates-1': (lambda text: text.split('\n')[0].strip(), "it gave 'user'; expected"),
    'chat_templates-2': (without_end, 'Of a row whose end token is masked it says True'),
}
