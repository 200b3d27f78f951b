"For each exercise of your_files a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'your_files-1': ((7, 6), 'the two ties would be trained on'),
    'your_files-2': ('question,answer\nMay I return it?,Yes\nWhere is order 3?,"It left us on Monday."\nIs it red?,"No, it is blue."\nWhat does "express" mean?,Tomorrow.\n', "('May I return it?', 'Yes, within 30 days.')"),
    'your_files-3': (dict(a='sft', b='annotate', c='pairs', d='record'), 'makes pairs for none of the prompts'),
}
