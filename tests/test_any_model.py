"Any causal model: the batch writes what each prompt gets alone, training has the model's own loss, and what cannot be done is one sentence"
import copy
import pytest
import torch
import transformers
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.core.settings import UserError
from finetune_notes.generation.decoding import Answer, counts_places, end_tokens, generate, grammar_accepts
from finetune_notes.templates.lint import check_template
from finetune_notes.templates.template import Template
from finetune_notes.training.sft import CompletionOnlyTrainer, Recipe, linear_names, render_examples, sft, sft_config, with_adapter
from finetune_notes.data.pairs import Pair
from finetune_notes.training.preferences import PreferenceRecipe, answer_logps, dpo, log_ratio_margins, pair_rows

tokenizer = load_checkpoint('tiny').tokenizer()
vocabulary = dict(vocab_size=len(tokenizer), bos_token_id=1, eos_token_id=2)
old = vocabulary | dict(hidden_size=64, n_layer=2, n_head=4)
sizes = vocabulary | dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
                          num_key_value_heads=2, max_position_embeddings=2048, pad_token_id=0)
window = sizes | dict(sliding_window=16, tie_word_embeddings=False)
families = {
    'GPT2': vocabulary | dict(n_embd=64, n_layer=2, n_head=4, n_positions=2048),
    'Gemma2': window | dict(head_dim=16, attn_logit_softcapping=20., final_logit_softcapping=10.),
    'GPTNeoX': sizes, 'Qwen2': sizes, 'Phi3': sizes, 'Olmo2': sizes, 'Mistral': window, 'Cohere2': window,
    'Granite': sizes | dict(logits_scaling=4., attention_multiplier=.3, residual_multiplier=.5),
    'Cohere': sizes | dict(logit_scale=.25), 'Qwen3': sizes | dict(head_dim=16), 'Gemma3': window | dict(head_dim=16),
    'OPT': sizes | dict(ffn_dim=128, word_embed_proj_dim=64, dropout=0.), 'Falcon': sizes | dict(alibi=True), 'Bloom': old,
    'Mpt': vocabulary | dict(d_model=64, n_layers=2, n_heads=4)}
usual = ('GPT2', 'Gemma2')

def random_model(family, **options):
    "A model of two layers whose weights are large enough that every place of a prompt counts"
    config = getattr(transformers, f'{family}{"Text"*(family == "Gemma3")}Config')(**options)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = transformers.AutoModelForCausalLM.from_config(config).eval()
        for n,p in model.named_parameters():
            if p.ndim > 1: torch.nn.init.normal_(p, std=1. if 'attn' in n else .3)
    return model

rare = [pytest.param(f, marks=pytest.mark.nightly) for f in families if f not in usual]

@pytest.fixture(scope='module', params=[*usual, *rare])
def model(request): return random_model(request.param, **families[request.param])

def prompts_of(lengths, shared=20):
    "Prompts with a common beginning"
    rng = torch.Generator().manual_seed(0)
    draw = lambda n: torch.randint(10, len(tokenizer), (n,), generator=rng).tolist()
    begin = draw(shared)
    return [begin + draw(n) for n in lengths]

def alone(model, prompt, limit=12):
    "What `model.generate` writes behind one prompt"
    ends, prompt = end_tokens(tokenizer, model), torch.tensor([prompt])
    made = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=limit, do_sample=False,
                          pad_token_id=0, eos_token_id=sorted(ends))[0, prompt.shape[1]:].tolist()
    text = tokenizer.decode([i for i in made if i not in ends], skip_special_tokens=True)
    return Answer(text, len(made), made[-1] in ends)

def together(model, prompts, **options): return generate(model, tokenizer, prompts, limit=12, label=None, **options)

def test_a_batch_writes_what_each_prompt_gets_alone(model):
    prompts = prompts_of([1, 30, 7, 300, 12])
    expected = [alone(model, p) for p in prompts]
    assert len({a.text for a in expected}) == 5
    assert together(model, prompts) == together(model, prompts, batch_size=2) == expected

def test_every_end_counts_and_rows_that_end_leave_the_batch(model, monkeypatch):
    prompts = prompts_of([1, 30, 7, 12])
    third = model.generate(torch.tensor(prompts[:1]), max_new_tokens=3, do_sample=False, pad_token_id=0)[0, -1].item()
    for listed in (third, [5, third]):
        monkeypatch.setattr(model.generation_config, 'eos_token_id', listed)
        made = together(model, prompts)
        assert made == [alone(model, p) for p in prompts] and made[0].finished and made[0].tokens <= 3

def test_inside_a_grammar_each_row_is_itself(model):
    prompts = prompts_of([1, 30, 7])
    grammars = ['start: "a long beginning that is forced " /[a-z]{30}/', 'start: /[a-z]{40}/',
                'start: /[a-z]{3}/ "and the middle is forced" /[a-z]{9}/']
    made = generate(model, tokenizer, prompts, 20, grammars, label=None)
    assert made == [generate(model, tokenizer, [p], 20, [g], label=None)[0] for p,g in zip(prompts, grammars)]

def test_a_window_that_holds_every_row_changes_nothing():
    model = random_model('Mistral', **(window | dict(sliding_window=64)))
    prompts = prompts_of([1, 9, 20])
    assert [counts_places(model, n) for n in (64, 65)] == [False, True]
    assert together(model, prompts) == [alone(model, p) for p in prompts]

@pytest.mark.parametrize('family, options', [('Mamba', {}), ('Lfm2', dict(layer_types=['conv', 'full_attention']))])
def test_a_recurrent_state_is_refused(family, options):
    model = random_model(family, **(sizes | options | dict(vocab_size=100)))
    with pytest.raises(UserError, match=f'{family}ForCausalLM keeps a recurrent state'): together(model, [[1, 2]])

# Tokenizers

def other(**changes):
    "The tokenizer, changed"
    made = copy.deepcopy(tokenizer)
    for k,v in changes.items(): setattr(made, k, v)
    return made

def test_no_padding_token_is_needed():
    model, prompts = load_checkpoint('tiny').model('float32'), prompts_of([1, 9, 30])
    bare = other(pad_token=None)
    assert bare.pad_token_id is None
    assert generate(model, bare, prompts, 8, label=None) == generate(model, tokenizer, prompts, 8, label=None)

def test_without_an_end_token():
    model, silent = load_checkpoint('tiny').model('float32'), other(eos_token=None)
    template, fields = Template('{q}', ''), dict(q='1?', answer='1')
    with pytest.raises(UserError, match='has no end token'): template.row(fields, silent)
    prompt = template.prompt(fields, silent)
    said = [generate(model, t, [prompt], 4, label=None) for t in (silent, tokenizer)]
    assert said[0] == said[1], 'the model names one'
    model.generation_config.eos_token_id = None
    for ask in (lambda: generate(model, silent, [prompt], 4), lambda: grammar_accepts(silent, 'start: "a"', 'a')):
        with pytest.raises(UserError, match='no token ends an answer'): ask()

refuses = ("{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
           + tokenizer.chat_template)

def test_a_refused_system_message_begins_what_the_user_says():
    strict, fields = other(chat_template=refuses), dict(q='slow <|im_end|>', columns='a, b', answer='b')
    told, folded = Template('{q}', 'Columns: {columns}'), Template('Columns: {columns}\n\n{q}', '')
    assert told.prompt(fields, strict) == folded.prompt(fields, tokenizer) != told.prompt(fields, tokenizer)
    assert told.row(fields, strict) == folded.row(fields, tokenizer)
    assert check_template(told, strict, [fields]) == check_template(folded, strict, [fields])

def test_no_system_message_is_sent_where_there_is_none():
    plain = other(chat_template="{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}")
    assert plain.decode(Template('{q}', '').prompt(dict(q='1?'), plain)) == 'user: 1?\n'

@pytest.mark.parametrize('layout, says', [
    (None, 'has no chat template'),
    ("{{ raise_exception('Never') }}", r'refuses messages of the roles system, user \(Never\)')])
def test_what_a_chat_template_cannot_do_is_one_sentence(layout, says):
    told = Template('{q}', 'Count.')
    with pytest.raises(UserError, match=says): told.prompt(dict(q='1?'), other(chat_template=layout))

# Training

template = Template('{q}', 'Count.')
examples = [dict(q=f'how many {"very "*(i % 3)}old {i}?', answer=f'{i} and {i + 1}') for i in range(8)]

@pytest.fixture(scope='module')
def saved(model, tmp_path_factory):
    "A checkpoint of the model, as somebody's own folder, and a recipe with its layers' names"
    from finetune_notes.core.checkpoints import Checkpoint
    folder = tmp_path_factory.mktemp('own')
    with torch.random.fork_rng():
        torch.manual_seed(2)
        small = transformers.AutoModelForCausalLM.from_config(model.config) # As it is before training
    small.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Checkpoint(type(model).__name__, str(folder), type(model).__name__), Recipe(epochs=6, learning_rate=3e-3, batch_size=4, modules=tuple(linear_names(small)), layers=1)

def test_the_loss_is_the_models_own(saved, tmp_path):
    "Capped and scaled logits among them: what a model does behind its last layer is done"
    from datasets import Dataset
    base, recipe = saved
    rows = render_examples(examples, template, tokenizer, 200)
    trainer = CompletionOnlyTrainer(model=with_adapter(base, recipe, base.model('float32')), args=sft_config(recipe, tmp_path, 9), train_dataset=Dataset.from_list(rows), processing_class=tokenizer)
    batch = trainer.data_collator(rows[:4])
    count = (batch['labels'][:, 1:] >= 0).sum()
    wanted = trainer.model(**batch, use_cache=False).loss.item()
    assert trainer.compute_loss(trainer.model, batch, num_items_in_batch=count).item() == pytest.approx(wanted, rel=1e-5)
    assert trainer.model(**batch).logits.shape[:2] == batch['input_ids'].shape, 'behind a training the model is as it was'

def test_it_is_trained_found_and_asked(saved, tmp_path):
    base, recipe = saved
    run = sft(examples, template, base, recipe, folder=tmp_path)
    assert run.history.loss.tail(2).mean() < run.history.loss.head(2).mean() and sft(examples, template, base, recipe, folder=tmp_path).folder == run.folder
    assert generate(run.model(), base.tokenizer(), [template.prompt(examples[0], tokenizer)], 3, label=None)[0].tokens

def test_it_learns_from_pairs(saved, tmp_path):
    base, recipe = saved
    pairs = [Pair(f'Where is order {i}?', f'It comes on day {i}.', 'We do not know.') for i in range(8)]
    how = PreferenceRecipe(epochs=2, learning_rate=1e-3, batch_size=4, modules=recipe.modules, layers=1)
    prompts = Template('{prompt}', 'Answer.')
    run = dpo(pairs, prompts, base, how, folder=tmp_path)
    assert len(run.history) == 4 and run.history['rewards/margins'].iloc[0] == pytest.approx(0, abs=1e-3)
    assert run.facts['shortcut'].startswith('pairs are read')
    assert (log_ratio_margins(pairs, prompts, run).margin > 0).mean() > .5

def test_scores_are_the_models_own(saved):
    base, _ = saved
    model = base.model('float32')
    row, = pair_rows([Pair('Where?', 'Here it is.', 'No.')], Template('{prompt}', 'Answer.'), tokenizer)
    def logp(answer):
        ids = torch.tensor([row['prompt_ids'] + answer])
        with torch.inference_mode(): all_ = model(ids, use_cache=False).logits[0, :-1].float().log_softmax(-1)
        return sum(all_[len(row['prompt_ids']) - 1 + i, t].item() for i,t in enumerate(answer))
    wanted = [logp(row['chosen_ids']), logp(row['rejected_ids'])]
    assert answer_logps(model, tokenizer, [row])[0].tolist() == pytest.approx(wanted, rel=1e-4)

def test_names_of_another_family_are_refused_with_those_there_are():
    import types
    model = random_model('GPT2', **families['GPT2'])
    base = types.SimpleNamespace(name='mine')
    with pytest.raises(UserError, match="mine has no linear layer 'v_proj'; it has: c_attn, c_fc, c_proj"): with_adapter(base, Recipe(), model)
