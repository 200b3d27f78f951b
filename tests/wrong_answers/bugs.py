"For each exercise of bugs a typical wrong answer, and words of the sentence that its author gets"
from dataclasses import replace
from finetune_notes.templates.template import encode_text
from finetune_notes.templates.bugs import PatchedTemplate

def both_sides_change(s):
    def prompt(fields, tokenizer): return encode_text(tokenizer.decode(s.template.prompt(fields, tokenizer)).replace('. ', '.  '), tokenizer)
    return replace(s, template=PatchedTemplate(s.template, prompt=prompt))

wrong = {
    'bugs-1': (both_sides_change, 'both sides have two spaces'),
}
