"For each exercise of chat_templates a typical wrong answer, and words of the sentence that its author gets"

no_generation_prompt = """{% for m in messages %}<|{{ m['role'] }}|>
{{ m['content'] }}</s>
{% endfor %}{{ '<|assistant|>\n' }}"""

wrong = {
    'chat_templates-1': (lambda text: text.split('\n')[0].strip(), "it gave 'user'; expected"),
    'chat_templates-2': (no_generation_prompt, 'With add_generation_prompt=False'),
    'chat_templates-3': (lambda row, sent: row['input_ids'][:len(sent)] == sent, 'without its last token'),
}
