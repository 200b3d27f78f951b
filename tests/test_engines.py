"Another engine: the export fits its model, its order of rows matters, and a server harms nobody"
import json
import os
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit
import numpy as np
import pytest
from gguf import GGUFReader
from hypothesis import given, strategies as st
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM
from finetune_notes.generation.decoding import grammar_accepts
from finetune_notes.core.checkpoints import load_checkpoint, weights_file
from finetune_notes.core.settings import UserError
from finetune_notes.generation import serving as engines
from finetune_notes.generation.serving import Engine, engine_available, to_llama_lark, gguf_architecture, engine_parity, running_engine, interleave_rope_halves, engine_answers, write_gguf

needed = pytest.mark.skipif(not engine_available(), reason='llama.cpp is not installed')

@pytest.fixture(scope='module')
def model():
    "The toy with such large attention that the order of rows matters"
    model = load_checkpoint('tiny').model('float32')
    for layer in model.model.layers:
        for part in layer.self_attn.children(): part.weight.data *= 15
    return model

@pytest.fixture(scope='module')
def file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp('gguf')/'model.gguf'
    write_gguf(model, path)
    return path

@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 3))
def test_turning_keeps_every_row_in_its_head(heads, half, hidden):
    weight = np.arange(heads*2*half*hidden).reshape(-1, hidden)
    made = interleave_rope_halves(weight, heads)
    assert (np.sort(made.reshape(heads, -1)) == np.sort(weight.reshape(heads, -1))).all()
    assert (made[::2][:half] == weight[:half]).all() and (made[1::2][:half] == weight[half:2*half]).all()

def test_every_number_of_the_layers_is_the_models_own(model, file):
    own = gguf_architecture(model.config)
    assert {k for k in GGUFReader(weights_file()).fields if k.startswith('llama.')} <= set(own)
    stored = GGUFReader(file).fields
    assert {k: stored[k].contents() for k in own} == pytest.approx(own)

def test_every_weight_is_there_once(model, file):
    stored = GGUFReader(file).tensors
    assert len(stored) == len({id(p) for p in model.parameters()}) == len({t.name for t in stored})
    assert sum(int(t.n_elements) for t in stored) == model.num_parameters()

small = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True)
embedded = dict(vocab_size=49152, bos_token_id=1, eos_token_id=2)

def refused(path, part, model, tokenizer=None):
    "The export is refused in one sentence, and nothing is written"
    with pytest.raises(UserError, match='only runs of the embedded SmolLM2.*convert_hf_to_gguf.py') as told: write_gguf(model, path, tokenizer)
    assert part in str(told.value) and '\n' not in str(told.value) and not path.exists()

@pytest.mark.parametrize('changed, part', [
    (dict(vocab_size=300, bos_token_id=5, eos_token_id=7, pad_token_id=9), '300 tokens, the embedded tokenizer 49,152'),
    (dict(bos_token_id=5, eos_token_id=7, pad_token_id=9), 'bos tokens are [5]'), (dict(bos_token_id=5), 'bos tokens are [5]'), (dict(eos_token_id=7), 'eos tokens are [7]'),
    (dict(eos_token_id=[2, 0]), 'eos tokens are [0, 2]'), (dict(vocab_size=49153), '49,153 tokens'), (dict(attention_bias=True), 'built in another way'),
    (dict(rope_parameters=dict(rope_type='linear', factor=2., rope_theta=1e4)), "rotary embedding 'linear'")])
def test_another_llama_is_not_exported(tmp_path, changed, part):
    refused(tmp_path/'model.gguf', part, LlamaForCausalLM(LlamaConfig(**small | embedded | changed)))

def test_another_kind_of_model_is_not_exported(tmp_path):
    refused(tmp_path/'model.gguf', 'qwen2 model', Qwen2ForCausalLM(Qwen2Config(**small | embedded)))

def test_an_end_that_only_the_generation_configuration_names_is_not_exported(tmp_path):
    model = load_checkpoint('tiny').model('float32')
    model.generation_config.eos_token_id = [2, 0]
    refused(tmp_path/'model.gguf', 'eos tokens are [0, 2]', model, load_checkpoint('tiny').tokenizer())

def change(name, value): return lambda tokenizer: setattr(tokenizer, name, value)
def swap_two_merges(tokenizer):
    own = json.loads(tokenizer.backend_tokenizer.to_str())
    merges = own['model']['merges']
    merges[0], merges[1] = merges[1], merges[0]
    tokenizer._tokenizer = type(tokenizer.backend_tokenizer).from_str(json.dumps(own))

@pytest.mark.parametrize('change, part', [
    (lambda t: t.add_tokens(['<query>']), 'other tokens (49,153)'), (lambda t: t.add_special_tokens({'additional_special_tokens': ['<call>']}), 'other tokens (49,153)'),
    (lambda t: t.add_tokens(['hello'], special_tokens=True), 'special ones'), (swap_two_merges, 'cuts words in another way'),
    (change('eos_token', '<|endoftext|>'), 'eos token is 0, that of the embedded one 2'), (change('bos_token', '<|endoftext|>'), 'bos token is 0'),
    (change('chat_template', '{{ messages }}'), 'chat template'), (change('chat_template', None), 'chat template')],
    ids=['token', 'special token', 'old token as special', 'merges', 'eos', 'bos', 'template', 'no template'])
def test_a_run_with_another_tokenizer_is_not_exported(model, tmp_path, change, part):
    tokenizer = load_checkpoint('tiny').tokenizer()
    change(tokenizer)
    refused(tmp_path/'model.gguf', part, model, tokenizer)

def test_a_run_of_the_embedded_model_is_exported_with_its_own_padding(model, tmp_path):
    write_gguf(model, tmp_path/'model.gguf', load_checkpoint('tiny').tokenizer())
    stored = GGUFReader(tmp_path/'model.gguf').fields
    assert [stored[f'tokenizer.ggml.{o}_token_id'].contents() for o in ('bos', 'eos', 'padding')] == [1, 2, model.config.pad_token_id]

@needed
def test_probabilities_agree_and_those_of_a_wrong_file_do_not(model, file, tmp_path):
    prompts = [load_checkpoint('tiny').tokenizer()('how many slow requests ' + 'by route '*k)['input_ids'] for k in range(1, 5)]
    wrong = tmp_path/'wrong.gguf'
    write_gguf(model, wrong, turn=lambda weight, heads: weight)
    found = []
    for path in (file, wrong):
        with running_engine(path, threads=1) as engine: found.append(engine_parity(model, prompts, engine_answers(engine, prompts, 6)))
    assert found[0].tokens.tolist() == [6]*4 and found[0].largest.max() < .05
    assert found[1].largest.max() > 5*found[0].largest.max()

def test_spaces_that_a_schema_allows_are_allowed_in_both_engines():
    asked = lambda schema: json.loads(to_llama_lark(json.dumps(schema)).split('%json ')[1])['x-guidance']
    assert asked({'type': 'object'}) == {'whitespace_flexible': False}
    assert asked({'x-guidance': {'whitespace_flexible': True}}) == {'whitespace_flexible': True}
    assert asked({'x-guidance': {'key_separator': ': '}}) == {'whitespace_flexible': False, 'key_separator': ': '}

def test_repetitions_are_written_as_the_engine_reads_them():
    made = to_llama_lark(r'''start: A~1..3 ("b")  ~ 0..9 "x~1..3\"~1..3" B~2
A: /[a~1..2]\/~1..2/''').partition('\n')[2]
    assert made == r'''start: A{1,3} ("b"){0,9} "x~1..3\"~1..3" B~2
A: /[a~1..2]\/~1..2/'''

@needed
def test_grammars_of_both_kinds_are_kept(file):
    tokenizer = load_checkpoint('tiny').tokenizer()
    schema = json.dumps(dict(type='object', properties=dict(a=dict(enum=['x', 'y'])), required=['a'], additionalProperties=False))
    grammars = [schema, 'start: "ab" | "cd"', 'start: "ab" ("cd")~1..3']
    with running_engine(file, threads=1) as engine: made = engine_answers(engine, [tokenizer('which?')['input_ids']]*3, 24, grammars)
    assert [grammar_accepts(tokenizer, g, w['text']) for g,w in zip(grammars, made)] == [True]*3
    assert to_llama_lark(grammars[1]).startswith('%llguidance {}\nstart:')

@needed
def test_a_setting_that_ends_the_server_is_one_sentence(file):
    with pytest.raises(UserError, match='could not serve .* ended with code') as told:
        with running_engine(file, threads=1, n_batch=1) as engine: engine_answers(engine, [[1, 2, 3]], 2)
    assert '\n' not in str(told.value)

@needed
def test_strangers_are_refused_and_the_key_is_in_no_argument(file, monkeypatch):
    started, stock = [], subprocess.Popen
    monkeypatch.setattr(engines.subprocess, 'Popen', lambda *a, **k: started.append(stock(*a, **k)) or started[-1])
    with running_engine(file, threads=1) as engine:
        assert engine.key not in ' '.join(started[0].args) and urlsplit(engine.url).hostname == '127.0.0.1'
        for key in ('', 'x', engine.key[:-1]):
            with pytest.raises(UserError, match='status 401'): Engine(engine.url, key).post('/completion', dict(prompt=[1, 2], n_predict=1))
        for body in ({}, dict(messages=5), dict(messages=[dict(role='user', content='x')], response_format=dict(type='json_schema', json_schema=dict(schema=dict(type='no type'))))):
            with pytest.raises(UserError, match='status [45]'): engine.post('/v1/chat/completions', body)
        assert engine_answers(engine, [[1, 2, 3]], 2)[0]['tokens']
    assert started[0].poll() is not None

def test_a_refusal_does_not_repeat_the_key(monkeypatch):
    monkeypatch.setattr(engines, 'post_json', lambda url, body, key, timeout: (401, f'no such key: {key}, {key[:6]}***', None))
    with pytest.raises(UserError, match='status 401: no such key: ') as told: Engine('http://127.0.0.1:9', 'Zk3vQ9xW7tLm').post('/completion', {})
    assert 'Zk3v' not in str(told.value)

def closed(url):
    with socket.socket() as s: return s.connect_ex((urlsplit(url).hostname, urlsplit(url).port)) != 0

@needed
def test_the_server_ends_with_whoever_started_it(file):
    program = f'''import sys, time
from finetune_notes.generation.serving import running_engine
with running_engine({str(file)!r}, threads=1) as engine:
    print(engine.url, flush=True)
    time.sleep(60)'''
    child = subprocess.Popen([sys.executable, '-c', program], stdout=subprocess.PIPE, text=True)
    url = child.stdout.readline().strip()
    assert not closed(url)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    for _ in range(100):
        if closed(url): return
        time.sleep(.1)
    raise AssertionError('the server outlived its parent by ten seconds')

def test_without_the_engine_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(engines, 'engine_available', lambda: False)
    with pytest.raises(UserError, match=r"pip install 'finetune_notes\[serve\]'"):
        with running_engine('model.gguf'): pass
