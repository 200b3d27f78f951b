"Sixteen template bugs and their variants named for two tokenizers, and nothing said about a thousand clean conversations"
import copy
import json
import os
import random
import re
import shutil
import string
import subprocess
from dataclasses import replace
from itertools import product
import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given, settings, strategies as st
from scipy.stats import mannwhitneyu
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer
from finetune_notes.templates.bugs import PlainTemplate, PatchedTemplate, TemplateSetup, template_bugs, instruction_layout, masked_row, render_chat
from finetune_notes.templates.skew import delong_auc, template_skew, two_sample_test, auc_interval, extract_prompt_ids
from finetune_notes.templates.inspector import inspect_example, inspector_widget, row_pieces, show_whitespace
from finetune_notes.templates.lint import check_template
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.templates.lint_examples import TokenFault, Finding, Findings, bug_descriptions, chat_layout
from finetune_notes.core.settings import UserError
from finetune_notes.templates.template import ChatTemplate, encode_text, Template, escape_special_tokens, ignored_label

codes = [f'T{i}' for i in range(1, 17)]
template = Template(user='{question}', system='Write the query.')
examples = [dict(question=f'{w} in the last hour', answer=json.dumps(dict(limit=n, wide=n > 5)))
            for n, w in enumerate(('slow requests', 'errors', "what's up", 'Größe ≥ ½ “µs”\r\nby host'), start=4)]

# Two tokenizers

spoken = '''{{ bos_token }}{% if messages[0]['role'] != 'system' %}<|system|>
You are Teddy, a bear who helps.{{ eos_token }}
{% endif %}{% for m in messages %}<|{{ m['role'] }}|>
{{ m['content'] }}{{ eos_token }}
{% endfor %}{% if add_generation_prompt %}<|assistant|>
{% endif %}'''

def other_tokenizer():
    "A byte-level tokenizer of its own making: other special tokens, a BOS that it adds by itself, another default system message"
    marks = ['<unk>', '<s>', '</s>', '<pad>', '<|system|>', '<|user|>', '<|assistant|>']
    t = Tokenizer(models.BPE())
    t.pre_tokenizer, t.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    text = ['### Instruction:\nslow requests in the last hour\n\n### Response: {"limit": 5, "wide": false}', 'Answer with a query.[INST] errors [/INST]', '\n\n\n{"limit": 4}',
            "### Response: {'limit': 5", 'Query={"limit": 5']*20
    t.train_from_iterator(text, trainers.BpeTrainer(vocab_size=500, special_tokens=marks, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.post_processor = processors.TemplateProcessing(single='<s> $A', special_tokens=[('<s>', 1)])
    return PreTrainedTokenizerFast(tokenizer_object=t, bos_token='<s>', eos_token='</s>', pad_token='<pad>', unk_token='<unk>',
                                   additional_special_tokens=marks[4:], chat_template=spoken)

def spaced_tokenizer():
    "A tokenizer of another kind: spaces are a letter, one stands before every text, and unknown characters are bytes"
    marks = ['<unk>', '<s>', '</s>', '<pad>', '<|system|>', '<|user|>', '<|assistant|>']
    t = Tokenizer(models.BPE(byte_fallback=True, unk_token='<unk>'))
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme='first')
    t.decoder = decoders.Sequence([decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(' ', 1, 0)])
    t.train_from_iterator(['Write the query. slow requests in the last hour {"limit": 5}']*20, trainers.BpeTrainer(vocab_size=600, special_tokens=marks + [f'<0x{i:02X}>' for i in range(256)]))
    spec = json.loads(t.to_str())
    spec['added_tokens'] = spec['added_tokens'][:len(marks)]
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(spec)), bos_token='<s>', eos_token='</s>', pad_token='<pad>', unk_token='<unk>',
                                   additional_special_tokens=marks[4:], chat_template=spoken)

@pytest.fixture(scope='module', params=['embedded', 'other'])
def clean(request):
    tokenizer = two_tokenizers[request.param == 'other']
    return TemplateSetup(template, tokenizer, examples, np.random.default_rng(0).normal(size=(len(tokenizer), 32)))

two_tokenizers = [load_checkpoint('tiny').tokenizer(), other_tokenizer()]

def found(setup): return [f.code for f in check_template(**vars(setup))]

def test_the_two_tokenizers_differ(clean):
    assert chat_layout(clean.tokenizer).default in ('You are a helpful AI assistant named SmolLM, trained by Hugging Face', 'You are Teddy, a bear who helps.')
    assert encode_text('é 😀', clean.tokenizer) and len(other_tokenizer()) < 600 < len(load_checkpoint('tiny').tokenizer())

# One text on both sides

def conversation(turns, system):
    "User and assistant in alternation, the user last"
    talk = [dict(role=('user', 'assistant')[i % 2], content=f'{("question", "answer")[i % 2]} {i // 2}') for i in range(2*turns - 1)]
    return [dict(role='system', content=system)]*bool(system) + talk

@pytest.mark.parametrize('system', ['', 'Write the query.'])
@pytest.mark.parametrize('turns', [1, 2, 3])
def test_a_trained_conversation_is_the_served_prompt_and_the_answer(clean, turns, system):
    "Also as a trainer renders the whole conversation, and at each of its turns"
    tokenizer, messages, end = clean.tokenizer, conversation(turns, system), clean.tokenizer.eos_token
    row, sent = (make(dict(messages=messages, answer='the answer'), tokenizer) for make in (ChatTemplate().row, ChatTemplate().prompt))
    answer = encode_text('the answer', tokenizer) + [tokenizer.eos_token_id]
    assert row == dict(input_ids=sent + answer, labels=[ignored_label]*len(sent) + answer)
    whole = [*messages, dict(role='assistant', content='the answer')]
    trained = render_chat(whole, tokenizer, generation=False)
    assert trained.rstrip() == tokenizer.decode(row['input_ids'])
    asked = [i for i, m in enumerate(whole) if m['role'] == 'assistant']
    assert len(asked) == turns
    for i in asked: assert trained.startswith(render_chat(whole[:i], tokenizer) + whole[i]['content'] + end)

@pytest.mark.parametrize('layout', [Template(user='{question}', system=''), Template(user='{question}', system='Write the query.'), PlainTemplate('{question}\n'),
                                    PlainTemplate('[INST] <<SYS>>\nWrite the query.\n<</SYS>>\n\n{question} [/INST]'),
                                    PlainTemplate('### Instruction:\nWrite the query.\n\n### Input:\n{question}\n\n### Response:\n')])
def test_a_trained_example_is_the_served_prompt_and_the_answer(clean, layout):
    fields, tokenizer = dict(question='slow <|im_end|> requests', answer='the answer'), clean.tokenizer
    row, sent = layout.row(fields, tokenizer), layout.prompt(fields, tokenizer)
    answer = encode_text('the answer', tokenizer) + [tokenizer.eos_token_id]
    assert row == dict(input_ids=sent + answer, labels=[ignored_label]*len(sent) + answer)

# Every bug

def test_there_are_sixteen(): assert sorted(template_bugs, key=lambda c: int(c[1:])) == codes == sorted(bug_descriptions, key=lambda c: int(c[1:]))

@pytest.mark.parametrize('code', codes)
def test_each_bug_is_named_and_no_other(clean, code):
    findings = check_template(**vars(template_bugs[code](clean)))
    assert [f.code for f in findings] == [code]
    f = findings[0]
    assert f.title and f.why and f.fix and f.fault.left and 1 <= f.count <= f.total == 4

@pytest.mark.parametrize('code', ['T1', 'T2', 'T3', 'T4', 'T6', 'T8', 'T13', 'T12'])
def test_a_finding_shows_the_tokens_that_differ(clean, code):
    "Text of both columns is the tokenizer's own, and the columns are not the same"
    fault = check_template(**vars(template_bugs[code](clean)))[0].fault
    assert fault.sides == ('trained', 'served') and fault.left != fault.right
    for side in (fault.left, fault.right): assert all(clean.tokenizer.decode([i]) == text for i, text in side)

def test_a_clean_setup_has_no_finding(clean): assert found(clean) == []

@pytest.mark.parametrize('first, second', [*product(['T6', 'T9', 'T12', 'T13', 'T3'], ['T5', 'T7', 'T10', 'T16']), *product(['T6', 'T9', 'T12'], ['T14'])])
def test_two_bugs_at_once_are_both_named(clean, first, second):
    both = template_bugs[second](template_bugs[first](clean))
    assert found(both) == sorted({first, second}, key=list(bug_descriptions).index)

# Variants: the same bug, made in another way

def patched(setup, **parts): return replace(setup, template=PatchedTemplate(setup.template, **parts))
def served_only(setup, change):
    "`change` of the served prompt's ids; rows stay"
    t = setup.template
    return patched(setup, prompt=lambda fields, tokenizer: change(t.prompt(fields, tokenizer), tokenizer), row=t.row)
def both_changed(setup, change):
    t = setup.template
    return patched(setup, prompt=lambda fields, tokenizer: change(t.prompt(fields, tokenizer), tokenizer))
def trained_only(setup, change):
    t = setup.template
    return patched(setup, row=PatchedTemplate(t, prompt=lambda fields, tokenizer: change(t.prompt(fields, tokenizer), tokenizer)).row)
def row_changed(setup, change):
    t = setup.template
    return patched(setup, row=lambda fields, tokenizer: change(dict(t.row(fields, tokenizer)), tokenizer))
def mark(tokenizer): return encode_text(chat_layout(tokenizer).generation, tokenizer)
def masked(row, keep): return row | dict(labels=[i if keep(k, i) else ignored_label for k, i in enumerate(row['input_ids'])])
def plain(setup, trained, served=None, answer='{answer}'):
    return replace(setup, template=PatchedTemplate(PlainTemplate(served or trained, answer), row=PlainTemplate(trained, answer).row))
def split_marks(ids, tokenizer): return tokenizer(tokenizer.decode(ids), add_special_tokens=False, split_special_tokens=True)['input_ids']
def eats_space(setup):
    "Special tokens that take the newline before them; training tokenises piece by piece, serving at once"
    t = copy.deepcopy(setup.tokenizer)
    layout = PlainTemplate('Query for {question}\n' + t.all_special_tokens[-1] + '\n')
    pieces = lambda fields, tokenizer: [i for o in fields['question'].join(layout.text.split('{question}')).partition(t.all_special_tokens[-1]) for i in encode_text(o, tokenizer)]
    t.backend_tokenizer.add_special_tokens([AddedToken(t.all_special_tokens[-1], lstrip=True, special=True)])
    return replace(setup, tokenizer=t, template=PatchedTemplate(layout, row=PatchedTemplate(layout, prompt=pieces).row))
def no_system(setup): return template_bugs['T9'](setup)

variants = {
    'T1 newline eaten before a special token': eats_space,
    'T1 the answer is begun in the served prompt': lambda s: replace(s, template=PatchedTemplate(PlainTemplate('Query='), row=joined_row)),
    'T2 special tokens split into letters when serving': lambda s: served_only(s, split_marks),
    'T2 special tokens split into letters in training': lambda s: trained_only(s, split_marks),
    'T2 special tokens split into letters on both sides': lambda s: both_changed(s, split_marks),
    'T2 a mark of another model': lambda s: plain(s, '<|begin_of_text|>{question}<|eot_id|>\n'),
    'T3 line ends of another system': lambda s: plain(s, instruction_layout + '\n', instruction_layout.replace('\n', '\r\n') + '\n'),
    'T3 two newlines for one': lambda s: plain(s, instruction_layout + '\n', instruction_layout.replace('\n\n', '\n') + '\n'),
    'T4 another system message': lambda s: patched(s, prompt=Template(user='{question}', system='You help.').prompt, row=s.template.row),
    'T4 only the question is served': lambda s: patched(s, prompt=PlainTemplate('{question}').prompt, row=s.template.row),
    'T4 a heading in other words': lambda s: plain(s, instruction_layout + '\n', instruction_layout.replace('Response', 'Answer') + '\n'),
    'T5 the answer is no text at all': lambda s: replace(s, examples=[e | dict(answer=json.loads(e['answer'])) for e in s.examples]),
    'T6 in training': lambda s: trained_only(s, lambda ids, t: [t.bos_token_id] + ids),
    'T6 on both sides': lambda s: both_changed(s, lambda ids, t: [t.bos_token_id] + ids),
    'T7 no end token': lambda s: row_changed(s, lambda r, t: {k: v[:-1] for k, v in r.items()}),
    'T7 another token at the end': lambda s: row_changed(s, lambda r, t: {k: v[:-1] + [t.pad_token_id] for k, v in r.items()}),
    'T7 padded with the end token, all of it masked': lambda s: template_bugs['T7'](row_changed(s, lambda r, t: dict(input_ids=r['input_ids'] + [t.eos_token_id]*5, labels=r['labels'] + [ignored_label]*5))),
    'T8 missing on both sides': lambda s: both_changed(s, lambda ids, t: ids[:-len(mark(t))]),
    'T8 twice when serving': lambda s: served_only(s, lambda ids, t: ids + mark(t)),
    'T8 twice on both sides': lambda s: both_changed(s, lambda ids, t: ids + mark(t)),
    'T8 a heading missing in a plain layout': lambda s: plain(s, instruction_layout + '\n', '### Instruction:\n{question}'),
    'T9 in training alone': lambda s: patched(no_system(s), prompt=lambda f, t: [i for o in f['messages'] for i in encode_text(render_chat([dict(role='system', content='')] + f['messages'], t), t)],
                                              row=no_system(s).template.row),
    'T10 nothing graded': lambda s: row_changed(s, lambda r, t: masked(r, lambda k, i: False)),
    'T10 the first token of the answer masked': lambda s: row_changed(s, lambda r, t: r | dict(labels=[ignored_label if k == r['labels'].count(ignored_label) else l for k, l in enumerate(r['labels'])])),
    'T10 labels shifted by one': lambda s: row_changed(s, lambda r, t: r | dict(labels=r['labels'][1:] + [ignored_label])),
    'T10 the last token of the prompt graded': lambda s: row_changed(s, lambda r, t: masked(r, lambda k, i: k >= r['labels'].count(ignored_label) - 1)),
    'T11 in the prompt': lambda s: row_changed(s, lambda r, t: {k: v[:9] for k, v in r.items()}),
    'T11 with an end token put behind the cut': lambda s: row_changed(s, lambda r, t: {k: v[:-4] + v[-1:] for k, v in r.items()}),
    'T11 one token of the answer missing': lambda s: row_changed(s, lambda r, t: {k: v[:-2] for k, v in r.items()}),
    'T12 on both sides': lambda s: both_changed(s, lambda ids, t: encode_text(render_chat([dict(role='user', content=t.decode(ids))], t), t)),
    'T12 when serving': lambda s: served_only(s, lambda ids, t: encode_text(render_chat([dict(role='user', content=t.decode(ids))], t), t)),
    'T12 with the inner marks defused': lambda s: trained_only(s, lambda ids, t: encode_text(render_chat([dict(role='user', content=escape_special_tokens(t.decode(ids), t))], t), t)),
    'T12 a plain layout rendered by the trainer': lambda s: trained_only(replace(s, template=PlainTemplate(instruction_layout + '\n')), lambda ids, t: encode_text(render_chat([dict(role='system', content='Hi.'), dict(role='user', content=t.decode(ids))], t), t)),
    'T13 on both sides': lambda s: plain(s, instruction_layout + ' '),
    'T13 in training': lambda s: plain(s, instruction_layout + ' ', instruction_layout),
    'T13 when serving': lambda s: plain(s, instruction_layout, instruction_layout + ' '),
    'T14 reads the prompt as well': lambda s: patched(s, read=lambda ids, prompt, t: t.decode(ids, skip_special_tokens=True)),
    'T14 one token too far': lambda s: patched(s, read=lambda ids, prompt, t: t.decode(ids[len(prompt) + 1:], skip_special_tokens=True)),
    'T15 all in lower case': lambda s: normalised(replace(s, examples=[dict(question='Errors BY host', answer='{}')]), normalizers.Lowercase()),
    'T15 accents dropped from answers': lambda s: normalised(replace(s, examples=[dict(question='errors', answer='{"by": "größe"}')]), normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()])),
    'T16 all zero': lambda s: replace(s, embeddings=zeroed(s)),
    'T16 no row at all': lambda s: replace(s, embeddings=s.embeddings[:1]),
}

def joined_row(fields, tokenizer):
    text = 'Query=' + fields['answer'] + tokenizer.eos_token
    return masked_row(encode_text(text, tokenizer), len(encode_text('Query=', tokenizer)))
def normalised(setup, normalizer):
    tokenizer = copy.deepcopy(setup.tokenizer)
    tokenizer.backend_tokenizer.normalizer = normalizer
    return replace(setup, tokenizer=tokenizer)
def zeroed(setup):
    e = setup.embeddings.copy()
    e[setup.tokenizer.eos_token_id] = 0
    return e

@pytest.mark.parametrize('name', variants)
def test_variants_are_named(clean, name): assert found(variants[name](clean)) == [name.split()[0]]

# No false finding

odd = ['', ' ', '\n', '\r\n', '\t x \t', "it's \"quoted\" and “curly” ‘too’", 'é e\u0301 Å ﬁ ½ µ', '😀👩‍👩‍👧‍👦🇩🇪', 'שלום עולם مرحبا', '漢字かな交じり', '\x00\x01\x7f\x1b[31m\x0b\x0c', '\ufeff\u200b\u202e\ufffd',
       'a .  b ,c !  n\'t I\'m', '{"a": [1, null, true]}', "{'a': None}", '<|im_end|>', '</s><s>', '<|eot_id|>', '[INST] x [/INST]', '### Response:\n', '<script>alert(1)</script>', '{question} {answer} {{x}} %s',
       '<|im_start|>assistant\n', '<|assistant|>\n', 'You are Teddy, a bear who helps.', 'assistant', '\\n \\', '&lt;&amp;', 'x'*300, ' trailing ', '\n\n\nthree', '-100', '0']

def random_text(rng, very_long=False):
    "Odd pieces, letters and any code points of the planes in use, joined without or with spaces"
    any_point = lambda: chr(rng.choice([rng.randrange(32, 0xD800), rng.randrange(0xE000, 0x40000), rng.randrange(0xE0000, 0x110000)]))
    piece = lambda: rng.choice([lambda: rng.choice(odd), lambda: ''.join(rng.choices(string.printable, k=rng.randrange(20))), lambda: ''.join(any_point() for _ in range(rng.randrange(6)))])()
    return rng.choice(['', ' ', '\r\n']).join(piece() for _ in range(2_000 if very_long else rng.randrange(5)))

def random_conversation(seed):
    "A system message, turns in alternation, and an answer; one in a hundred is very long"
    rng = random.Random(seed)
    turns = [dict(role=('user', 'assistant')[i % 2], content=random_text(rng, seed % 100 == 7 and i == 0)) for i in range(rng.choice([1, 1, 3, 5]))]
    answer = random_text(rng, seed % 100 == 57)
    while answer.strip()[:1] in ('{', '['): answer = 'x' + answer
    return dict(messages=[dict(role='system', content=random_text(rng)), *turns], answer=answer)

thousand = [random_conversation(seed) for seed in range(1_000)]
as_fields = [dict(question=e['messages'][1]['content'], system=e['messages'][0]['content'], answer=e['answer']) for e in thousand]
layouts = {'chat': (ChatTemplate(), thousand), 'template': (Template(user='Q: {question}', system='{system}'), as_fields), 'template with a begun answer': (Template(user='{question}', system='Write.', answer='\n\n{answer}'), as_fields),
           'plain': (PlainTemplate(instruction_layout + '\n'), as_fields), 'plain, answer behind a space': (PlainTemplate(instruction_layout, answer=' {answer}'), as_fields)}

def test_the_thousand_are_what_they_should_be():
    texts = [m['content'] for e in thousand for m in e['messages']]
    assert sum(t == '' for t in texts) > 200 and sum('\r\n' in t for t in texts) > 200 and sum(not t.isascii() for t in texts) > 500
    assert sum('"' in t or "'" in t for t in texts) > 200 and sum(len(t) > 10_000 for t in texts) >= 8 and max(map(len, texts)) < 200_000
    assert sum('<|im_end|>' in t for t in texts) > 50 and {len(e['messages']) for e in thousand} == {2, 4, 6}

@pytest.mark.parametrize('layout', layouts)
def test_a_thousand_clean_conversations_have_no_finding(clean, layout):
    if clean.tokenizer is two_tokenizers[1] and not os.environ.get('FINETUNE_NOTES_SLOW'): pytest.skip('in the nightly run')
    template, conversations = layouts[layout]
    assert check_template(template, clean.tokenizer, conversations, clean.embeddings) == []

@pytest.mark.parametrize('lost', ['\x13 HYPERLINK \x14', '\x1d', '\U0004d6f2'])
def test_what_the_embedded_tokenizer_loses_is_named(lost):
    "Its vocabulary has no token for some control characters, nor for the first byte of planes that nobody uses"
    tokenizer = load_checkpoint('tiny').tokenizer()
    assert [f.code for f in check_template(template, tokenizer, [dict(question=f'see {lost} here', answer='{}')])] == ['T15']
    assert check_template(template, other_tokenizer(), [dict(question=f'see {lost} here', answer='{}')]) == []

def test_a_tokenizer_that_puts_a_space_first_has_no_finding():
    tokenizer = spaced_tokenizer()
    keeps = [e for e in thousand if all(tokenizer.decode(encode_text(escape_special_tokens(t, tokenizer), tokenizer)) == escape_special_tokens(t, tokenizer) for t in [e['answer'], *(m['content'] for m in e['messages'])])]
    assert len(keeps) > 500 and check_template(ChatTemplate(), tokenizer, keeps) == []

words = st.text(alphabet=st.characters(max_codepoint=0x3FFFF, exclude_categories=['Cs', 'Cc']) | st.sampled_from('\n\r\t {}"\'<|>[]/#'), max_size=40)

@settings(max_examples=150, deadline=None)
@given(system=words, turns=st.lists(words, min_size=1, max_size=3), answer=words.filter(lambda t: t.strip()[:1] not in ('{', '[')))
def test_any_clean_conversation_has_no_finding(system, turns, answer):
    messages = [dict(role='system', content=system), *(dict(role=('user', 'assistant')[i % 2], content=t) for i, t in enumerate(turns))]
    for tokenizer in two_tokenizers: assert check_template(ChatTemplate(), tokenizer, [dict(messages=messages, answer=answer)]) == []

@settings(max_examples=40, deadline=None)
@given(question=words, number=st.integers(), code=st.sampled_from(['T1', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7', 'T8', 'T10', 'T11', 'T12', 'T13']))
def test_a_bug_is_named_whatever_was_asked(question, number, code):
    for tokenizer in two_tokenizers:
        codes = found(template_bugs[code](TemplateSetup(template, tokenizer, [dict(question=question, answer=json.dumps(dict(limit=number, wide=False)))])))
        assert codes == [code] or code == 'T13' and codes == []

# Rows of another library

def trl_rows(tmp_path, conversations, prompted):
    "Rows as TRL's own trainer prepares them from conversations"
    tokenizer = load_checkpoint('tiny').tokenizer()
    told = [dict(prompt=e['messages'], completion=[dict(role='assistant', content=e['answer'])]) if prompted
            else dict(messages=[*e['messages'], dict(role='assistant', content=e['answer'])]) for e in conversations]
    args = SFTConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to='none', max_length=None)
    trainer = SFTTrainer(model=load_checkpoint('tiny').model('float32'), args=args, train_dataset=Dataset.from_list(told), processing_class=tokenizer)
    return tokenizer, [dict(input_ids=r['input_ids'], labels=r.get('labels') or r['input_ids']) for r in trainer.train_dataset]

@pytest.mark.parametrize('prompted, codes', [(True, []), (False, ['T10'])])
def test_rows_that_trl_makes(tmp_path, prompted, codes):
    "Prompt and completion are right; of whole conversations it grades the prompt as well"
    talks = [dict(messages=[dict(role='system', content='Write the query.'), dict(role='user', content=e['question'])], answer=e['answer']) for e in examples]
    tokenizer, rows = trl_rows(tmp_path, talks, prompted)
    made = {e['answer']: r for e, r in zip(talks, rows)}
    assert [f.code for f in check_template(PatchedTemplate(ChatTemplate(), row=lambda fields, tokenizer: made[fields['answer']]), tokenizer, talks)] == codes

# Bad input

@pytest.mark.parametrize('examples, says', [([], 'the list of examples is empty'), ([dict(answer='a')], "example 0: the template needs a field 'question'"), ([dict(question='q', answer='{}'), dict(question='q')], 'example 1'),
                                            ([dict(question='half \ud83d', answer='{}')], 'example 0: half of a character'), ([dict(question='q', answer='\udc00')], 'U\\+DC00')])
def test_bad_examples_are_named(clean, examples, says):
    with pytest.raises(UserError, match=says): check_template(template, clean.tokenizer, examples)

def test_rows_and_tokenizers_that_cannot_be_checked_are_named(clean):
    with pytest.raises(UserError, match='give each token a label'): check_template(**vars(row_changed(clean, lambda r, t: r | dict(labels=[1]))))
    silent = copy.deepcopy(clean.tokenizer)
    silent.eos_token = None
    with pytest.raises(UserError, match='ends='): check_template(PlainTemplate('{question}\n'), silent, examples)
    with pytest.raises(UserError, match='`messages`'): check_template(ChatTemplate(), clean.tokenizer, examples)

def test_a_tokenizer_without_chat_template_is_checked(clean):
    bare = copy.deepcopy(clean.tokenizer)
    bare.chat_template = None
    assert chat_layout(bare).generation == '' and check_template(PlainTemplate(instruction_layout + '\n'), bare, examples) == []

hostile = ['<script>window.ran=1</script>', '<img src=x onerror="window.ran=1">', '<svg onload=window.ran=1>', '"><script>window.ran=1</script>', "' onmouseover='window.ran=1", '</pre></span><script>window.ran=1</script>',
           '<iframe srcdoc="<script>parent.ran=1</script>">', '&lt;script&gt;', '<a href="javascript:window.ran=1">x</a>', '<style>*{background:url(http://127.0.0.1:9/x)}</style>', '\x1b[31m\u202e<b>']

@pytest.mark.parametrize('text', hostile)
def test_what_was_typed_is_never_html(clean, text):
    fault = TokenFault([(text, text)], [(1, text)], (text, text))
    example = dict(question=text, answer=text)
    both = [Findings([Finding('T1', 0, 1, 1, fault)])._repr_html_(), inspect_example(template, clean.tokenizer, example)._repr_html_(), inspect_example(template, clean.tokenizer, example, 20)._repr_html_()]
    rows = [template.row(dict(question=f'{text} {i}', answer='a'), clean.tokenizer) for i in range(20)]
    both.append(template_skew(rows, [PlainTemplate(f'{text}{{question}}').prompt(dict(question=str(i)), clean.tokenizer) for i in range(20)], clean.tokenizer)._repr_html_())
    panel = inspector_widget(template, clean.tokenizer, example)
    for shown in [*both, panel.children[-1].value]: assert not re.search(r'<(?!/?(p|b|div|span|pre|table|tr|th|td|code)\b)', shown) and not re.search(r'<[^>]*\son\w+=', shown)

# Rows against what is served

def test_prompts_of_rows(clean):
    row = template.row(examples[0], clean.tokenizer)
    prompt = template.prompt(examples[0], clean.tokenizer)
    assert extract_prompt_ids(row) == extract_prompt_ids(dict(input_ids=prompt)) == extract_prompt_ids(prompt) == extract_prompt_ids(dict(input_ids=prompt, labels=[ignored_label]*len(prompt))) == prompt
    with pytest.raises(UserError, match='row 3'): extract_prompt_ids(masked_row(row['input_ids'], 0), 3)

@pytest.mark.parametrize('a, b, kwargs, says', [([], [[1]], {}, '0 training rows'), ([[1]], [], {}, '0 served rows'), ([[1]], [[1], [2]], dict(paired=True), 'cannot be paired')])
def test_compare_refuses(clean, a, b, kwargs, says):
    with pytest.raises(UserError, match=says): template_skew(a, b, clean.tokenizer, **kwargs)

def test_drift_needs_twenty_different_prompts(clean):
    few = [[1, i] for i in range(19)]*3
    with pytest.raises(UserError, match='19 different'): two_sample_test(few, [[1, i] for i in range(60)], clean.tokenizer)
    assert template_skew(few, few, clean.tokenizer).drift is None

@pytest.mark.parametrize('code', ['T3', 'T4', 'T6', 'T8', 'T12', 'T13'])
def test_a_bug_in_the_prompt_is_drift_too(clean, code):
    "Different questions on the two sides, one template bug: the sets are told apart"
    many = replace(clean, examples=[dict(question=f'{w} by {g} in {n} days', answer='{"limit": 1}') for w in ('errors', 'waits') for g in ('host', 'user') for n in range(20)])
    broken = template_bugs[code](many)
    rows = [broken.template.row(e, clean.tokenizer) for e in broken.examples[::2]]
    served = [broken.template.prompt(e, clean.tokenizer) for e in broken.examples[1::2]]
    fair = two_sample_test(*[[template.prompt(e, clean.tokenizer) for e in many.examples[k::2]] for k in (0, 1)], clean.tokenizer)
    seen = template_skew(rows, served, clean.tokenizer, paired=False).drift
    assert seen.found and seen.auc > 0.95

def test_auc_and_its_variance_agree_with_pairs_counted_one_by_one():
    rng = np.random.default_rng(0)
    for m, n in ((5, 7), (30, 12), (2, 2)):
        a, b = rng.integers(0, 6, m), rng.integers(0, 6, n)
        wins = (a[:, None] > b) + (a[:, None] == b)/2
        value, variance = delong_auc(a, b)
        assert value == pytest.approx(wins.mean()) == pytest.approx(mannwhitneyu(a, b).statistic/(m*n))
        assert variance == pytest.approx(wins.mean(1).var(ddof=1)/m + wins.mean(0).var(ddof=1)/n)

def test_samples_of_one_source_are_not_called_drift():
    "Of 400 pairs of samples, about 95 in 100 intervals cover 0.5, and drift is called in next to none"
    tokenizer, rng = two_tokenizers[1], np.random.default_rng(0)
    def sample(): return [list(r) for r in rng.integers(10, 60, size=(60, 8))]
    made = [two_sample_test(sample(), sample(), tokenizer) for _ in range(400)]
    covered, called = np.mean([d.lo <= 0.5 <= d.hi for d in made]), np.mean([d.found for d in made])
    assert 0.92 <= covered <= 0.98 and called <= 0.05, (covered, called)
    assert np.mean([d.auc for d in made]) == pytest.approx(0.5, abs=0.02)

def test_equal_lists_are_not_told_apart():
    rows = [[1, i, i + 1] for i in range(40)]
    d = two_sample_test(rows, rows, two_tokenizers[1])
    assert d.auc == pytest.approx(0.5, abs=1e-6) and not d.found

def test_an_auc_that_does_not_vary_has_an_interval():
    assert auc_interval(1., 0., 40) == pytest.approx((0.912, 1), abs=1e-3)

# The inspector

@settings(max_examples=100, deadline=None)
@given(question=words, answer=words, limit=st.none() | st.integers(1, 60))
def test_pieces_are_the_row(question, answer, limit):
    for tokenizer in two_tokenizers:
        row = template.row(dict(question=question, answer=answer), tokenizer)
        shown = row_pieces(row, tokenizer, limit)
        assert [i for p in shown for i in p.ids] == row['input_ids']
        assert [i for p in shown if p.kind in ('answer', 'end') for i in p.ids] == [l for l in row['labels'] if l != ignored_label]
        assert sum(len(p.ids) for p in shown if p.cut) == (0 if limit is None else max(0, len(row['input_ids']) - limit))
        if limit is None: assert ''.join(p.text for p in shown) == tokenizer.decode(row['input_ids'])

@given(st.text())
def test_what_is_visible_has_no_blank_but_line_breaks(text):
    shown = show_whitespace(text)
    assert all(c == '\n' or c.isprintable() and c != ' ' for c in shown)

def test_the_widget_follows_what_is_typed(clean):
    panel = inspector_widget(template, clean.tokenizer, dict(question='errors', answer='{"limit": 1}'))
    question, answer, slider, view = panel.children
    question.value = 'waits'
    assert panel.example['question'] == 'waits' and 'waits' in re.sub('<[^>]*>', '', view.value) and 'No finding' in view.value
    answer.value = "{'limit': None}"
    assert 'T5' in view.value
    slider.value = 3
    assert 'cut off' in view.value

def test_the_page_in_a_browser(tmp_path, clean):
    "Hostile strings in a real browser: no script ran, no request left"
    browser = shutil.which('chromium')
    if not browser: pytest.skip('NO BROWSER: install chromium to see that hostile text stays text')
    body = ''.join(inspect_example(template, clean.tokenizer, dict(question=t, answer=t))._repr_html_() for t in hostile)
    page = tmp_path/'page.html'
    page.write_text(f'<meta charset="utf-8"><body>{body}<script>document.title = "ran:" + (window.ran || "nothing") + " fetched:" + performance.getEntriesByType("resource").length</script>', encoding='utf-8')
    flags = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --virtual-time-budget=2000 --dump-dom'.split()
    dom = subprocess.run([browser, *flags, f'--user-data-dir={tmp_path}/profile', page.as_uri()], capture_output=True, text=True, timeout=120).stdout
    assert '<title>ran:nothing fetched:0</title>' in dom and dom.count('class="answer"') > len(hostile)
