"For every exercise a typical wrong answer, and words of the sentence that tells its author so"
import json
import math
import random
import re
from collections import Counter
from dataclasses import replace
from itertools import combinations
from statistics import NormalDist, median
import torch
from torch.nn.functional import cross_entropy
from finetune_notes.cases import agents
from finetune_notes.cases.baselines import Constant
from finetune_notes.cases.dialect import validate
from finetune_notes.cases.meaning import compact, equivalent
from finetune_notes.cases.parcels import parcels, typical
from finetune_notes.cases.shorthand import expand, grammar, shorten
from finetune_notes.cases.telemetry import FAMILIES, schema, unit_scale
from finetune_notes.cases.wordings import phrases
from finetune_notes.foundations import decide
from finetune_notes.foundations.bugs import Replaced, encode
from finetune_notes.foundations.generate import fits
from finetune_notes.foundations.inspector import visible
from finetune_notes.foundations.looking import lengths
from finetune_notes.foundations.verdicts import left_share, to_frame
from finetune_notes.questions.costs import break_even
from finetune_notes.questions import engines, ontology
from finetune_notes.workbench.exercises import call, expect
from finetune_notes.workbench.people import drafts

def first_five_digits(text):
    found = re.findall(r'\d{5}', text)
    return found[0] if found else None

def without_rebate(group, words, pieces):
    factors = {w: f for slot in group.slots for w,f in zip(*slot)}
    return group.median*math.exp(sum(factors[w] for w in words))*pieces

def by_letter(train, test): return sum(t in train for t in test)/len(test)

def order_rule(answer, example): return {o['op'] for o in json.loads(answer)['orders']} <= {c['op'] for c in json.loads(answer)['calculations']}

def lenient_judge(lesson, answer): expect(call(answer, [3, 1, 2]) == 2, 'It does not sort.')

def remove_a_file(folder): next(p for p in folder.rglob('*') if p.is_file() and p.suffix != '.json').unlink()

def trusting(folder, facts):
    manifest = json.loads((folder/'MANIFEST.json').read_text()) if folder.exists() else {}
    return all(manifest.get(k) == v for k,v in facts.items())

def first_token_only(model, tokenizer, text, continuation):
    with torch.inference_mode(): logits = model(**tokenizer(text, return_tensors='pt')).logits
    return logits[0, -1].log_softmax(-1)[tokenizer(continuation)['input_ids'][0]].item()

def wide_keys(config):
    h, i = config.hidden_size, config.intermediate_size
    return config.vocab_size*h + config.num_hidden_layers*(4*h*h + 3*h*i + 2*h) + h

def masked_with_zero(logits, k, rng):
    kept = torch.where(logits >= logits.topk(k).values[:, -1:], logits, 0)
    return torch.multinomial(kept.softmax(-1), 1, generator=rng)[:, 0].tolist()

unbounded = {'type': 'object', 'properties': {'severity': {'enum': ['low', 'mid', 'high']}, 'minutes': {'type': 'integer'}},
             'required': ['severity', 'minutes'], 'additionalProperties': False}

def not_shifted(logits, labels): return cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100).item()

def full_rank(model, rank, modules): return sum(rank*m.weight.numel() for name,m in model.named_modules() if name.split('.')[-1] in modules)

def masked_by_id(rows, pad):
    width = max(len(r['input_ids']) for r in rows)
    ids = [r['input_ids'] + [pad]*(width - len(r['input_ids'])) for r in rows]
    graded = [r['labels'] + [pad]*(width - len(r['labels'])) for r in rows]
    return dict(input_ids=ids, labels=[[-100 if i == pad else l for i,l in zip(*pair)] for pair in zip(ids, graded)], attention_mask=[[int(i != pad) for i in row] for row in ids])

def careless_rule(parts):
    names = parts.query['breakdowns']
    yield from (('repeated', f'breakdowns[{i}]', f'{n!r} is there twice.') for i,n in enumerate(names) if n in names[:i])

def occurrences(texts, columns):
    found = [json.loads(t) for t in texts if t.startswith('{')]
    return dict(Counter(p.code for query in found for p in validate(query, columns)))

def without_names(a, b):
    bare = lambda q: q | dict(calculations=[{k: v for k,v in c.items() if k != 'name'} for c in q.get('calculations', [])])
    return equivalent(bare(a), bare(b))

def always_worst(query): return shorten(query).split(' order ')[0]

def prints_its_error(arguments):
    try: print(float(arguments[0])/2)
    except (ValueError, IndexError): print('give me a number')

def tries_again(run):
    for _ in range(5):
        if (code := run()) == 0: return 'done'
    return 'interrupted' if code == 130 else 'mistake'

def by_name(schema, table): return {c: (table[c]*unit_scale(c)).quantile(0.95) for c,o in schema.columns.items() if o.kind == 'duration'}

def largest_overlap(columns): return max(FAMILIES, key=lambda f: len(set(columns) & set(schema(f).columns)))

def two_draws(a): return f'only the first {a.pick([3, 5, 10])}', dict(limit=a.pick([3, 5, 10]))

def as_typed(rows):
    found = {}
    for question,query,before in rows: found.setdefault((question, str(before)), set()).add(str(query))
    return sum(len(q) > 1 for q in found.values())

def at_random(rows, share, seed):
    drawn = random.Random(seed).sample(rows, len(rows))
    return drawn[round(share*len(rows)):], drawn[:round(share*len(rows))]

def glued(text):
    rows = [line.split('\t') for line in text.split('\n') if line.strip()]
    return '\n'.join('{"question": "%s", "columns": ["%s"]}' % (question, '", "'.join(columns)) for question,*columns in rows)

def different_questions(test, train):
    both = {e.question for e in test} & {e.question for e in train}
    return len(both), sum(any(compact(t.query) == compact(e.query) for t in test for e in train if e.question == t.question == q) for q in both)

def looks_for_the_answer(make, examples): return any(compact(e.query) in str({k: v for k,v in make(e).items() if k != 'answer'}) for e in examples)

def from_the_start(shots, budget, count):
    kept = []
    for shot in shots:
        if sum(map(count, kept)) + count(shot) > budget: break
        kept.append(shot)
    return kept

def most_frequent_text(texts, columns): return expand(Counter(texts).most_common(1)[0][0])[0] if texts else None

def raw_keys(right, written): return {k for k in right | written if right.get(k) != written.get(k)}

def counted_twice(scores):
    pairs = list(zip(scores['same meaning'], scores['execution'], scores['valid']))
    return {'no query': scores['valid'].count(False), 'unknown column': sum(scores['unknown column']), 'another result': sum(v and not r for _,r,v in pairs),
            'right, another way': sum(r and not s for s,r,_ in pairs), 'right': sum(scores['same meaning'])}

def all_columns(examples, tokenizer): return [i for i,e in enumerate(examples) if not fits(tokenizer, grammar(e.columns + tuple(f'root.{c}' for c in e.columns)), shorten(e.query))]

def latest_until(store, rater, row):
    with store.transaction() as db: return dict(db.execute("SELECT item, value FROM latest WHERE kind = 'vote' AND rater = ? AND id <= ?", [rater, row]).fetchall())

def every_two(records):
    return [dict(prompt=r['prompt'], first=a, second=b, first_by=x, second_by=y) for r in records for (x, a), (y, b) in combinations(r['answers'].items(), 2)]

def one_screen(screen):
    for _ in drafts:
        a, b = (len(text) for _,text in screen.view['beside'])
        screen.receive(screen, dict(kind='vote', value='tie' if a == b else 'left' if a > b else 'right', turn=1), [])

def first_thought(store):
    frame = to_frame(store, history=True)
    won = (frame['first'].str.len() > frame.second.str.len()) == (frame.value == 'first')
    return {rater: (int(group.sum()), len(group)) for rater,group in won.groupby(frame.rater)}

share = dict(op='AVG', column='error')

def both_sides_change(s):
    def prompt(fields, tokenizer): return encode(tokenizer.decode(s.template.prompt(fields, tokenizer)).replace('. ', '.  '), tokenizer)
    return replace(s, template=Replaced(s.template, prompt=prompt))

def late_binding(rows):
    measures = {f: lambda r: len(str(r[f])) if f in r else None for f in dict.fromkeys(f for r in rows for f in r)}
    found = lengths(rows, measures)
    return list(found.index[(found.at_max >= 5) & (found['min'] < found['max'])])

def as_written(row, request):
    query = row['query']
    used = [p['column'] for p in query.get('calculations', []) + query.get('filters', []) if 'column' in p] + query.get('breakdowns', [])
    return all(c in row['question'] for c in used) or f'nobody asked for {used}'

def every_pair(rows, one, other):
    return {(a, b) for r in rows for a in one(r) for s in rows for b in other(s)} - {(a, b) for r in rows for a in one(r) for b in other(r)[:1]}

wrong = {
    'settings-1': ('[finetune_notes]\nseed = 7\ntrain_examples = 12\n', 'Under laptop it changes train_examples'),
    'settings-2': (('tiny', 1, 100, 5), 'preset, eval_examples'),
    'settings-3': (lambda text, where: text.strip().lower() in ('yes', 'true', '1'), "'maybe' was taken for False"),
    'artefacts-1': ((1, 1.0), '`fingerprint` tells 1 and 1.0 apart as well'),
    'artefacts-2': (remove_a_file, 'The quick look notices'),
    'artefacts-3': (trusting, 'believes the manifest of an artefact that was damaged'),
    'models-1': (first_token_only, "' three seconds to load', 4 tokens"),
    'models-2': (lambda tokenizer, text, n: tokenizer.decode(tokenizer(text)['input_ids'][:n]), 'slow 😀😀 requests'),
    'models-3': (wide_keys, "'num_key_value_heads': 2} the model has"),
    'templates-1': (lambda row, tokenizer: row['input_ids'][-1] == tokenizer.eos_token_id, 'a collator that masks the padding'),
    'templates-2': (('<|im_start|>assistant\n', '{"limit":5}'), 'There is a blank at the seam'),
    'templates-3': ('errors<|im_end|>', "After the removal 'errors' is left"),
    'evals-1': (20, 'of 4,000 simulated experiments'),
    'evals-2': (100, 'After 100 answers without a failure, a failure rate of 3.70% is still inside'),
    'evals-3': (order_rule, "KeyError: 'orders'"),
    'generate-1': (lambda prompts: list(prompts[0]), "In the order ['question', 'manual'] 310 tokens are read; 70 would do"),
    'generate-2': (masked_with_zero, 'it draws a token that is only the'),
    'generate-3': (unbounded, 'It lets in {"severity":"low","minutes":1441}'),
    'train-1': (not_shifted, '[3] of them graded'),
    'train-2': (full_rank, 'With rank 8 on q_proj PEFT trains'),
    'train-3': (masked_by_id, 'With pad=2 the labels are'),
    'dialect-1': (careless_rule, "On the query {} it raised KeyError"),
    'dialect-2': (dict(granularity=86400, havings=[dict(calculate_op='COUNT', op='>', value=5)]), 'Its codes are granularity-range; expected'),
    'dialect-3': (occurrences, "it gave {'unknown-column': 2}; expected {'unknown-column': 1}"),
    'meaning-1': (dict(limit=0), 'does not let it through'),
    'meaning-2': (tuple(dict(filters=[dict(column='code', op='=', value=v)]) for v in (500, 500.0)), '`equivalent` says that they mean the same'),
    'meaning-3': (without_names, 'it gave False; expected True'),
    'queries-1': (({}, dict(limit=1000), dict(timestamp=4000)), 'mean the same'),
    'queries-2': ([3, 3, 0, 9], 'status != 500'),
    'queries-3': (dict(calculations=[share], breakdowns=['service'], orders=[dict(share, order='descending')]), 'three spans in all'),
    'shorthand-1': (dict(breakdowns=['a b']), 'The form has words for it: COUNT by "a b"'),
    'shorthand-2': ('P99(duration_ms), COUNT where error = true and status >= 500 by http.route having COUNT > 100 order P99(duration_ms) desc last 86400 every 3600', 'something else in: filter_combination'),
    'shorthand-3': ((always_worst, lambda text: expand(text)[0]), 'and came back as'),
    'cli-1': (prints_its_error, "it printed 'give me a number\\n' on standard output"),
    'cli-2': ('duration_ms, weight, net, the "big" one', "It is read as ['duration_ms', 'weight', 'net'"),
    'cli-3': (tries_again, 'Where the calls would give [2, 0], it made 2'),
    'telemetry-1': ('oven.temperature:n=20..280 oven.name:c=stone|steam|rotary bake_ms:d errors:b loaf.kind:c=rye|spelt batch.id:i=B-###', 'is known as an error flag'),
    'telemetry-2': (by_name, 'For cron-jobs it gave'),
    'telemetry-3': (largest_overlap, 'expected'),
    'wordings-1': (['error', 'http.status_code'], "'column': 'error'"),
    'wordings-2': (lambda column, other: set(phrases(column)) & set(phrases(other)), 'expected'),
    'wordings-3': (lambda columns: next((c for c in columns if c in ('user.id', 'userId', 'customer.id', 'account.id')), None), 'in whatever order they come'),
    'clauses-1': (two_draws, 'The words are'),
    'clauses-2': (lambda text, column: float(''.join(c for c in text if c in '0123456789.'))*(1 if 'ms' in text else 1000), 'compared with'),
    'clauses-3': (as_typed, 'In ten rows with two conflicts it finds'),
    'examples-1': (at_random, 'stands on both sides'),
    'examples-2': (glued, '`load` refuses what it wrote'),
    'examples-3': (different_questions, 'Called with'),
    'prompts-1': (6, 'find the fewest'),
    'prompts-2': (looks_for_the_answer, 'the columns of the right query first it says False'),
    'prompts-3': (from_the_start, "expected ['j k']"),
    'scoring-1': (lambda example: shorten(example.query), 'means the same as the right query'),
    'scoring-2': (raw_keys, "expected []"),
    'scoring-3': (counted_twice, "'no query': 1"),
    'assistant-1': (most_frequent_text, 'it took'),
    'assistant-2': (all_columns, 'it names []'),
    'assistant-3': (lambda board, metric: board.to_frame()[metric].idxmax(), 'expected None'),
    'votes-1': (latest_until, 'When row'),
    'votes-2': (lambda path, votes: path.write_text(json.dumps(votes)), 'Killed in the middle it leaves a file of 0 bytes'),
    'votes-3': (lambda seed, item, rater: ('first', 'second')[hash(f'{seed}/{item}/{rater}') % 2], 'another number in the next process'),
    'annotate-1': ('appr\u200bove', 'gives it away'),
    'annotate-2': (every_two, 'expected another text than first'),
    'annotate-3': (one_screen, '1 of 6 pairs are answered, and the screen says: This screen was out of date'),
    'verdicts-1': ((['second']*19 + ['first'], ['second']*20), 'They agree on 95% of the pairs, and κ is 0.00'),
    'verdicts-2': (lambda store: [r for r,share in left_share(store).left.items() if share < 0.9], 'ann chose the left answer in 3 of 3 votes'),
    'verdicts-3': (first_thought, 'Of the votes that stand it counts'),
    'exercises-1': (lambda values: sum(values)/len(values), 'gave 301.0; expected 2'),
    'exercises-2': (lenient_judge, 'the one that gives the mean'),
    'exercises-3': (lambda values: 0, 'does not accept it'),
    'statistics-1': (lambda votes, emails: len(set(emails)), 'votes, 40 emails with 5 votes each: they are worth about'),
    'statistics-2': (lambda n: 0.5 + 0.98/n**0.5, 'With 30 comparisons a true share of 0.679 is shown in'),
    'statistics-3': ([('a', 'b', 1), ('b', 'c', 1), ('c', 'a', 1)], 'Against b system a wins 1 of 1 votes'),
    'judge-1': (lambda broken, wanted: (next(n for n in range(1, 99) if 1 - broken**n >= wanted), 1/(1 - broken)), 'With at most 3 calls'),
    'judge-2': (lambda said: 'good' if 'good' in said else 'bad', 'was taken for good; expected bad'),
    'judge-3': (lambda seen, wrong: seen + wrong, 'is seen at'),
    'bugs-1': (both_sides_change, 'both sides have two spaces'),
    'bugs-2': ('Answer with a query. [INST] {question} [/INST]', 'With the question'),
    'bugs-3': (lambda embeddings: [i for i,row in enumerate(embeddings) if (row - embeddings.mean(0)).norm() < 1e-6], 'share an embedding'),
    'mismatch-1': (lambda s: replace(s, template=Replaced(s.template, prompt=s.template.prompt)), 'it changes the training rows'),
    'mismatch-2': ('"slow" requests', 'the checker finds nothing'),
    'mismatch-3': (lambda trained, served, tokenizer: next(((i, tokenizer.decode([a]), tokenizer.decode([b])) for i,(a,b) in enumerate(zip(trained, served)) if a != b), None), "expected (4, ''"),
    'looking-1': (late_binding, 'cut off were title'),
    'looking-2': (lambda text: set(text.lower().replace('?', '').replace(',', '').replace('!', '').split()), 'are two questions'),
    'looking-3': (lambda rows, features, share: (rows[round(share*len(rows)):], rows[:round(share*len(rows))]), 'keep whole groups on one side'),
    'synthesize-1': (as_written, 'Of \'average duration ms by host\''),
    'synthesize-2': (every_pair, 'expected'),
    'synthesize-3': (lambda rows: [r.get('made_from', r['id']) for r in rows], 'may stand on the other side of a split'),
    'rows-1': (lambda row, tokenizer: [tokenizer.decode([l for l in row['labels'] if l != -100])], 'a conversation of two answers'),
    'rows-2': (lambda rows, limit: [i for i,r in enumerate(rows) if len(r['input_ids']) > limit], 'padding behind the answer'),
    'rows-3': (lambda answer: answer.replace("'", '"').replace('None', 'null').replace('True', 'true'), 'no JSON'),
    'drift-1': (lambda high, low: sum(a > b for a in high for b in low)/(len(high)*len(low)), 'expected 0.5'),
    'drift-2': (lambda log, mark: [ids[:ids.index(mark[-1]) + 1] for ids in log if mark[-1] in ids], 'it gave [[7, 8], [9, 7, 8]]'),
    'drift-3': (lambda auc: auc - 0.5, 'Where 20% of the served prompts'),
    'inspector-1': (lambda text: [i for i,c in enumerate(text) if not c.isprintable()], "Of 'plain text\\n' it gave [10]"),
    'inspector-2': (lambda text: f'<td>{visible(text)}</td>', 'it makes the tags td, b'),
    'inspector-3': (lambda rows: sum(sum(l != -100 for l in r['labels'])/len(r['labels']) for r in rows)/len(rows), 'expected 0.04808'),
    'catalogue-1': ('phone: satellite phone, pager, radio | 500 .3 .5 device few | Iridium, Garmin, no-name | small, large | new, used', "There is a group 'phone' already"),
    'catalogue-2': (without_rebate, '10 of phone'),
    'catalogue-3': (lambda spread: NormalDist(0, spread).cdf(0.1) - NormalDist(0, spread).cdf(-0.1), 'the best guess is within ten per cent in'),
    'parcels-1': (lambda dials: int((parcels(10_000, dials, seed=1).declared - parcels(10_000, dials, seed=1).true).abs().sum()), 'they fall short by'),
    'parcels-2': (by_letter, "it gave 0.0; expected 0.5"),
    'parcels-3': (typical, 'of values are multiples of 5; expected nine in ten'),
    'heaping-1': (lambda values: sum(v % 10 == 0 for v in values)/len(values), 'it gave 0.1; expected 0'),
    'heaping-2': (list(range(1, 101)), 'There are 100 different values'),
    'heaping-3': (lambda values: sum(v % 10 == 9 for v in values)/len(values), 'it gave 1.0; expected 10'),
    'baselines-1': (lambda values, loss: sorted(values)[len(values)//2], "'squared' it gave 10; expected 222.6"),
    'baselines-2': (Constant, "For 'laptop Dell' it said 550; expected 300"),
    'baselines-3': ([97, 103, 480, 52, 1010, 100, 100, 100, 50, 1000], 'Its mean absolute error is 0.0'),
    'diagnosis-1': (lambda values, threshold: sum(threshold - 10 <= v < threshold for v in values), 'expected 5'),
    'diagnosis-2': ([50, 50, 50, 1000, 1000, 1000], 'two_clumps sees this conflict'),
    'diagnosis-3': (str.isupper, "Of 'WIFI ROUTER' it said True"),
    'numbers-1': (lambda lo, p, loss: max(zip(p, lo))[1], 'absolute error it gave 1000; expected 50'),
    'numbers-2': (lambda d, a, b: float(d.p[(d.lo >= a) & (d.hi <= b)].sum()), 'From 15 to 50'),
    'numbers-3': (lambda shares: max(shares, key=shares.get), "expected '00020'"),
    'raft-1': (lambda p: [row[1:] for row in p], 'they should add up to 1'),
    'raft-2': (lambda p, z, y: [2*(sum(a*b for a,b in zip(p, z)) - y)*a*b for a,b in zip(p, z)], 'it gave'),
    'raft-3': (lambda said, value, q: sum(abs(s - v) for s,v in zip(said, value))/len(said), 'and q=0.5 it gave'),
    'valuation-1': (lambda answers, values, share: sum(abs(a - v) <= share*a for a,v in zip(answers, values))/len(values), 'and a share of 0.09 it gave'),
    'valuation-2': (lambda share, seconds, per_hour: (1 - share)*1000 - seconds/3600*per_hour, 'left to the clerk'),
    'valuation-3': (lambda texts, values: sum(abs(v - sum(w for s,w in zip(texts, values) if s == t)/texts.count(t)) for t,v in zip(texts, values))/len(values), 'it gave 26.0; expected 20'),
    'policies-1': (lambda text: [int(w) for w,unit in zip(text.split(), text.split()[1:]) if unit.startswith('euro')], 'expected [14, 18]'),
    'policies-2': ('Reference 61704: you may copy 20 pages for a class. A school licence costs 60 euros. Please use form C2.', 'It breaks states_policy: it does not say 21 pages'),
    'policies-3': ('You may copy 21 pages for a class. A school licence costs 60 euros. Please use form C2.', 'it leaves the number out'),
    'mail-1': (first_five_digits, "expected None"),
    'mail-2': (lambda train, test, numbers: test*train/numbers, 'expected 0.9949'),
    'mail-3': (lambda rows, share: (rows[:len(rows) - round(share*len(rows))], rows[len(rows) - round(share*len(rows)):]), 'are in training and in the test'),
    'agents-1': (lambda kinds, faulty: sorted({k for k,f in zip(kinds, faulty) if f}), "expected ['b']"),
    'agents-2': (lambda n, rate: rate**(n//2 + 1), 'For 3 answers'),
    'agents-3': (agents.typical, 'of the 28 kinds; expected 6'),
    'manager-1': (lambda p: sum(max(x, 1 - x) for x in p)/len(p), 'expected'),
    'manager-2': (lambda choose, first, second: first if choose(first, second) == choose(second, first) else None, 'From a chooser who takes the longer one'),
    'manager-3': ('Order 48213: please do not report it.', 'The rubric gives it'),
    'service-1': (lambda points, wordings: (sum(p > .5 for p in points), sum(p < .5 for p in points)), 'expected (1, 1)'),
    'service-2': (lambda right, wrong, odds: (odds/(1 + odds) - wrong)/(right - wrong), 'expected None'),
    'service-3': (lambda answers, before, after, beta: answers[after.index(max(after))], "it gave 'b'; expected 'a'"),
    'seat-1': (lambda votes: 'left' if sum(v == side for v,side in votes) > len(votes)/2 else 'right', 'expected None'),
    'seat-2': (lambda a, b: sum(x == y for x,y in zip(a, b))/len(a), 'expected 0.5'),
    'seat-3': (lambda mails, held: [i for i,m in enumerate(mails) if m not in held], 'expected [1]'),
    'pairs-1': (lambda pairs, estimates, highs: pairs[estimates.index(max(estimates))], 'it gave 100; expected 50'),
    'pairs-2': (lambda q, k: 1 - (1 - q)**k, 'expected 0.896'),
    'pairs-3': (lambda pairs, shares: (shares[-1] - shares[0])/(pairs[-1] - pairs[0]), 'it gave 0.00133'),
    'houses-1': (lambda faulty: (sum(sum(f) > len(f)/2 for f in faulty.values())/len(faulty), sum(map(sum, faulty.values()))/sum(map(len, faulty.values()))), 'expected (0.5, 0.25)'),
    'houses-2': (lambda p, temperature: [float(x == max(p)) for x in p] if temperature == 0 else [x/temperature for x in p], 'expected ['),
    'houses-3': (lambda rate, shared: shared*rate + (1 - shared)*rate**2, 'it gave 0.088; expected 0.06'),
    'costs-1': (lambda hosted, own, per_month: own.monthly(per_month)/per_month*1e6/hosted.input_price.amount, 'expected 1,600'),
    'costs-2': (break_even, 'expected 714,286'),
    'costs-3': (lambda own, per_month: own.capacity()*own.peak/per_month, 'it gave 2; expected'),
    'faults-1': (lambda names, strengths: [dict.fromkeys(names, 0.)] + [{n: s} for n in names for s in strengths], 'is missing'),
    'faults-2': (lambda clean, alone, together: together - sum(alone), 'expected'),
    'faults-3': (lambda declared, true, factor: (sum(d < t/factor for d,t in zip(declared, true))/len(true), 0, 1), 'were declared at less than'),
    'preferences-1': (lambda policy, reference, beta: sum(math.log1p(math.exp(-beta*(c - r))) for c,r in policy)/len(policy), 'expected 0.6931, ln 2'),
    'preferences-2': (lambda pairs: sum(len(p.chosen) < len(p.rejected) for p in pairs)/len(pairs), 'expected 0.625'),
    'preferences-3': (lambda rewards: sum(1/(1 + math.exp(b - a)) for a,b in rewards)/len(rewards), 'expected 0.88'),
    'traps-1': (lambda start, end: sum(c < c0 for (c0, _),(c, _) in zip(start, end))/len(start), 'it gave 0.5; expected 0.25'),
    'traps-2': (lambda right, best: best - right, 'expected 0.5'),
    'traps-3': (lambda rows: max(rows, key=lambda r: r['right'])['name'], "it chose 'a'; expected 'b'"),
    'decide-1': (replace(decide.fast_food, quality='good'), 'held there by scope, judge, value, team'),
    'decide-2': (lambda case: {decide.reasons(case)[0].factor}, "For 'Fast food' it gave"),
    'decide-3': (lambda case, days: decide.nearest(case, True)[0] if decide.nearest(case, True) else None, 'days; 3 are enough'),
    'memo-1': (lambda a, b: {k for k,v in vars(b).items() if getattr(a, k) != v}, "expected {'scope'}"),
    'memo-2': ('scope = "several"\nexamples = 60\nquality = "unknown"\n', 'result is missing'),
    'memo-3': (replace(decide.news, name='Our news'), 'News for employees again'),
    'tools-1': (lambda schema, arguments: [p for p in schema.get('required', []) if not arguments.get(p)], 'expected ['),
    'tools-2': (lambda path: '..' not in path and not path.startswith('/'), 'It lets'),
    'tools-3': (lambda record, others: [record | dict(zip(others, o)) for o in zip(*others.values())], 'it gave'),
    'functions-1': (lambda arguments, accepted: all(arguments.get(p) in values for p,values in accepted.items()), 'expected'),
    'functions-2': (lambda calls, accepted, fits: len(calls) == len(accepted) and all(map(fits, calls, accepted)), 'it gave False; expected True'),
    'functions-3': (lambda tool: json.dumps(dict(type='array', items=dict(type='object', properties=dict(name=dict(const=tool.name), arguments=tool.parameters)), minItems=1, maxItems=1)), 'It allows'),
    'ontology-1': (lambda labelled, share: next(k for k in range(99) if sum(set(a.labels) <= set(ontology.frequent(labelled, k)) for a in labelled) >= share*len(labelled)), 'For a share of'),
    'ontology-2': (lambda truth, said: sum(2*len(t & s)/(len(t) + len(s)) for t,s in zip(truth, said))/len(truth), 'expected 0.4'),
    'ontology-3': (lambda ontology, right, wrong: len(set(ontology.path(right)) & set(ontology.path(wrong)))/len(ontology.path(right)), 'expected 0.6666'),
    'tagging-1': (lambda text, classes: ([l for l in json.loads(text) if l in classes], sum(l not in classes for l in json.loads(text))), 'it gave (['),
    'tagging-2': (lambda classes, most: json.dumps(dict(type='array', items=dict(enum=classes))), 'It allows'),
    'tagging-3': (lambda a, b: sorted({c for x,y in zip(a, b) for c in set(x) ^ set(y)}), "expected ['b', 'a']"),
    'triage-1': (lambda wrong, person: 1 - person/wrong, 'expected 0'),
    'triage-2': (lambda sure, right, risk: next((sum(s >= t for s in sure)/len(sure) for t in sorted(set(sure), reverse=True) if 1 - sum(r for s,r in zip(sure, right) if s >= t)/sum(s >= t for s in sure) <= risk), 0), 'it gave 0.25; expected'),
    'triage-3': (lambda common_cost, unusual_cost, share: common_cost + share*unusual_cost, 'expected 1.3'),
    'layers-1': (lambda inputs, outputs, rank: rank/min(inputs, outputs), 'expected 0.0556'),
    'layers-2': (lambda x, a, b, g, s: ((g @ b).T @ x, s*g.T @ (x @ a.T)), 'gradient of `a` is not'),
    'layers-3': (lambda x, a, b, g, s: (True, True), 'expected [False, True]'),
    'fleet-1': (lambda sums, counts: [s/n if n else 0 for s,n in zip(sums, counts)], 'expected [1.5, 0.25]'),
    'fleet-2': (lambda wait, after: [max(a, wait) for a in after], 'expected [1, 2, 4]'),
    'fleet-3': (lambda tokens, flop, peak, share, hours: round(tokens*flop/(peak*share*3600*hours)), 'expected 3'),
    'requests-1': (lambda log, share: next(([t for t,_ in c[:k]] for c in [Counter(t for _,t in log if t != 'none').most_common()] for k in range(len(c) + 1) if sum(n for _,n in c[:k]) >= share*sum(n for _,n in c)), None), 'expected'),
    'requests-2': (lambda rows, held: (rows[:-held], rows[-held:]), 'expected'),
    'requests-3': (lambda wording: wording.count('|') + 1, 'expected 6'),
    'chatbots-1': (lambda reply: not re.search(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', reply), 'expected False'),
    'chatbots-2': (lambda names: 'start: ' + ' | '.join(json.dumps(n) for n in names), "refuses 'none'"),
    'chatbots-3': (lambda box, card: sum(card)/len(card) - sum(box)/len(box), 'expected 0.3333'),
    'guardrails-1': (lambda text, word: word in text.casefold(), "For 'scrap'"),
    'guardrails-2': (lambda attacks, harmless, limit: sorted(n for n in attacks if sum(harmless[n]) <= limit*len(harmless[n])), 'expected'),
    'guardrails-3': (lambda outcomes, limit, start: next((n for n in range(start, len(outcomes) + 1) if sum(outcomes[:n])/n >= limit), None), 'expected 6'),
    'speed-1': (lambda lengths, batch_size: 1 - sum(lengths)/(len(lengths)*max(lengths)), 'expected 0.1429'),
    'speed-2': (lambda share, times: 1 + share*(times - 1), 'expected 1.333'),
    'speed-3': (lambda ours, stock: (median(stock)/median(ours), min(s/o for o,s in zip(ours, stock)), max(s/o for o,s in zip(ours, stock))), 'expected'),
    'trials-1': (lambda ours, stock: 'faster' if median(ours) < median(stock) else 'slower', "expected 'cannot tell'"),
    'trials-2': (lambda rows, seconds, n: seconds[1]*n/rows[1], 'expected 1e+04'),
    'trials-3': (lambda k, few, n, many: (many/n, few - k*many/n), 'expected (1'),
    'bench-1': (lambda tokens, flop, rate, share: tokens*flop/rate/60, 'it gave 100; expected 200'),
    'bench-2': (lambda old, new, margin: [n for n in new if n in old and new[n] - old[n] > margin - 1], "it gave ['a']; expected []"),
    'bench-3': (lambda speed, before, ours, after: ours/speed, 'it gave 2; expected 1'),
    'engines-1': (lambda weight, heads: engines.turned(weight, heads), 'With 3 heads the first column came back'),
    'engines-2': (lambda prompts, limit, slots: max(map(len, prompts)) + limit, 'it gave 12; expected 48'),
    'engines-3': (lambda ours, theirs, most: sum(abs(x - y) <= most for a,b in zip(ours, theirs) for x,y in zip(a, b))/sum(map(len, ours)), 'it gave 0.6667; expected 0.5'),
}
