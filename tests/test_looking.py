"What the lesson on looking does not show: hostile rows in a real browser, odd files, and searches over many inputs"
import json
import random
import re
import shutil
import subprocess
import tracemalloc
from html.parser import HTMLParser
from pathlib import Path
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from finetune_notes.data.explore import (RowTable, band_keys, browse_rows, candidate_pairs, check_no_leaks, near_duplicate_clusters, distinct_rows, build_lsh_index, jaccard, json_rows, label_counts, leaks, length_summary,
    hash_matrix, prune_candidates, min_hashes, near_duplicates, shingles, readable_text, filter_rows)
from finetune_notes.core.settings import UserError

hostile = ['<script>document.title="RAN"</script>', '<img src=x onerror="document.title=\'RAN\'">', '</td></table><script>document.title="RAN"</script>',
           '"><svg onload="document.title=\'RAN\'">', '</textarea><iframe src="javascript:document.title=1">', '[x](javascript:alert(1))',
           '![x](http://127.0.0.1:9/x.png)', '\x1b[31mred\x1b]8;;http://127.0.0.1:9\x07', '\u202egnp.exe', '$\\href{javascript:alert(1)}{x}$', 'nul\x00', 'lone \ud800',
           '<!-- <b>', 'line\u2028separator', '/etc/passwd', 'x'*100_000]
rows = [{'said': text, f'<b onmouseover=x>{i}': text} for i, text in enumerate(hostile)]

class Tags(HTMLParser):
    "Which tags and attributes a page has"
    def __init__(self): super().__init__(); self.seen = set()
    def handle_starttag(self, tag, attrs): self.seen |= {tag, *(f'{tag}.{name}' for name, _ in attrs)}

def tags(page):
    parser = Tags()
    parser.feed(page)
    return parser.seen

@pytest.mark.parametrize('view', [lambda: RowTable(rows)._repr_html_(), lambda: browse_rows(rows).children[2].value], ids=['table', 'browse'])
def test_hostile_rows_leave_no_tag_of_their_own(view):
    assert tags(view()) == {'table', 'caption', 'tr', 'th', 'td', 'th.style', 'td.style'}
    assert not set('\x00\x1b\x07\u202e\u2028') & set(view())
    view().encode('utf-8')

def test_a_filter_that_is_no_filter_is_shown_as_text():
    box, page, view = browse_rows([dict(a=1)]).children
    box.value = 'x<img:1 "<b>" nofield:<script>'
    assert tags(view.value) <= {'table', 'caption', 'tr', 'th', 'td', 'th.style', 'td.style'}

def test_hostile_rows_run_nothing_in_a_browser(tmp_path):
    chromium = shutil.which('chromium') or shutil.which('chromium-browser')
    if not chromium: pytest.skip('NO BROWSER: install chromium to see hostile rows rendered')
    page = tmp_path/'page.html'
    page.write_text(f'<!doctype html><meta charset=utf-8><title>quiet</title>{RowTable(rows)._repr_html_()}', encoding='utf-8')
    flags = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
    done = subprocess.run([chromium, *flags.split(), f'--user-data-dir={tmp_path/"profile"}', '--virtual-time-budget=3000', '--dump-dom', page.as_uri()],
                          capture_output=True, timeout=120)
    dom = done.stdout.decode()
    assert '<title>quiet</title>' in dom and len(dom) > 100_000
    assert tags(dom) == {'html', 'head', 'meta', 'meta.charset', 'title', 'body', 'table', 'tbody', 'caption', 'tr', 'th', 'td', 'th.style', 'td.style'}

def test_a_page_beyond_the_last_and_no_rows():
    assert 'no rows of 0' in RowTable([])._repr_html_() and 'no rows of 0' in repr(RowTable([]))
    box, page, view = browse_rows([dict(a=i) for i in range(25)]).children
    assert page.max == 3
    page.value = 3
    assert 'rows 21 to 25 of 25' in view.value
    box.value = 'absent'
    assert (page.max, page.value) == (1, 1) and 'no rows of 0' in view.value

@pytest.mark.parametrize('content, said', [(b'', 'is empty'), (b'\n \n', 'is empty'), (b'[1]\n', 'row 1, the line: expected a JSON object'), (b'{"a": 1}\n\n{"a"\n', 'row 3, the line: expected JSON'),
                                           (b'{"a": "\xff"}', 'row 1: expected text in UTF-8'), (b'['*100_000, 'row 1, the line: expected JSON'), (b'null', 'row 1, the line: expected a JSON object'),
                                           (b'{"a": 1, "a": 2}', "the name 'a' stands twice"), (b'{"a": NaN}', 'NaN is not JSON')])
def test_files_that_are_not_rows(tmp_path, content, said):
    (tmp_path/'mine.jsonl').write_bytes(content)
    with pytest.raises(UserError, match=said) as e: json_rows(tmp_path/'mine.jsonl')
    assert 'mine.jsonl' in str(e.value) and len(str(e.value)) < 400

def test_files_that_are_rows(tmp_path):
    (tmp_path/'mine.jsonl').write_bytes('\ufeff{"a": "x\u2028y"}\r\n\r\n{"a": 2}'.encode())
    (tmp_path/'mine.json').write_bytes('[{"a": "x\u2028y"},\n {"a": 2}]'.encode())
    for name in ('mine.jsonl', 'mine.json'): assert json_rows(tmp_path/name) == [dict(a='x\u2028y'), dict(a=2)]
    with pytest.raises(UserError, match='is a folder'): json_rows(tmp_path)
    with pytest.raises(UserError, match='no such file'): json_rows(tmp_path/'absent.jsonl')

@given(st.text())
def test_what_is_shown_can_be_printed_and_saved(text):
    assert all(c.isprintable() or c == '\n' for c in readable_text(text))
    readable_text(text).encode('utf-8')

def test_filters():
    rows = [dict(a='Straße', b=None), dict(a='x "y" z', b=[1, 'two']), dict(c={'k': 'v'})]
    assert filter_rows(rows, '') == rows
    assert filter_rows(rows, 'STRASSE') == rows[:1]
    assert filter_rows(rows, '-a:x') == [rows[0], rows[2]]
    assert filter_rows(rows, 'b:two a:z') == rows[1:2]
    assert filter_rows(rows, 'c:"k" v') == rows[2:] and filter_rows(rows, '"two words"') == []
    with pytest.raises(UserError, match='put the words in quotes'): filter_rows(rows, '10:30')

def test_profiles():
    table = length_summary([dict(n=1), dict(n=3), dict()], {'n': lambda r: r.get('n')})
    assert table.loc['n'].tolist() == [2, 1, 1, 2, 2.9, 3, 1]
    with pytest.raises(UserError, match='no row has a value'): length_summary([], {'n': len})
    assert label_counts([]).empty
    assert label_counts([[], ['a', 'a'], None, 'a']).rows.to_dict() == {'a': 2, None: 1}
    assert label_counts(['b', 'a']).index.tolist() == ['b', 'a']

texts = st.lists(st.text(alphabet='abc ', max_size=12), max_size=25)

@settings(max_examples=60, deadline=None)
@given(texts, st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_the_search_agrees_with_all_pairs(rows, threshold):
    sets = [shingles(r, 2) for r in rows]
    near = lambda i, j: jaccard(sets[i], sets[j]) >= threshold
    firsts = [i for i in range(len(rows)) if sets[i] not in sets[:i]]
    slow = [(sets.index(sets[i]), i) for i in range(len(rows)) if i not in firsts] + [(i, j) for j in firsts for i in firsts if i < j and near(i, j)]
    pairs = near_duplicates(rows, lambda r: shingles(r, 2), threshold)
    found = set(zip(pairs.a, pairs.b))
    assert found <= set(slow) and len(set(slow) - found) <= 0.02*len(slow)
    kept = distinct_rows(rows, lambda r: shingles(r, 2), threshold)
    assert all(sets[i] != sets[j] for i in kept for j in kept if i < j)
    number = near_duplicate_clusters(rows, lambda r: shingles(r, 2), threshold)
    assert all(number[a] == number[b] for a, b in found) and len(number) == len(rows)

def test_leaks_take_the_nearest_and_the_first_of_equals():
    train = ['errors by host name', 'slow requests by route', 'errors by host', 'errors by host']
    found = leaks(['errors by host', 'nothing alike', 'errors by host names'], train, threshold=0.6)
    assert found[['test', 'train']].values.tolist() == [[0, 2], [2, 0]] and found.similarity[0] == 1
    assert leaks([], train).empty and leaks(['a'], []).empty
    check_no_leaks([], []), check_no_leaks(['a'], ['b'])

@pytest.mark.parametrize('threshold', [0, -1, 1.1, 80, float('nan')])
def test_a_threshold_is_a_share(threshold):
    for search in (near_duplicates, distinct_rows, near_duplicate_clusters): 
        with pytest.raises(UserError, match='threshold'): search(['a', 'b'], threshold=threshold)
    with pytest.raises(UserError, match='threshold'): leaks(['a'], ['b'], threshold=threshold)

def test_many_copies_make_few_pairs():
    assert len(near_duplicates(['what are my errors?']*3000)) == 2999

def test_the_search_misses_less_than_one_pair_in_a_thousand_at_its_threshold():
    rng = random.Random(0)
    base = [{str(x) for x in rng.sample(range(10**9), 90)} for _ in range(1500)]
    copies = [set(list(s)[10:]) | {f'new{i}.{k}' for k in range(10)} for i, s in enumerate(base)]
    found = leaks(copies, base, set, threshold=0.8)
    assert all(jaccard(a, b) == 0.8 for a, b in zip(base, copies))
    assert len(found) >= 1499

@given(st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), max_size=25))
def test_candidates_share_a_number_in_a_band(rows):
    keys = np.array(rows, dtype=np.uint64).reshape(-1, 3)
    wanted = [[a, b] for a in range(len(keys)) for b in range(a + 1, len(keys)) if (keys[a] == keys[b]).any()]
    assert candidate_pairs(keys).tolist() == wanted

def test_a_search_finds_what_an_index_finds():
    rng = random.Random(1)
    rows = [' '.join(rng.choices('alpha beta gamma delta epsilon zeta'.split(), k=6)) for _ in range(300)]
    sets = [shingles(r) for r in rows]
    index = build_lsh_index(min_hashes(sets), .6)
    wanted = {(i, j) for j,h in enumerate(min_hashes(sets)) for i in index.query(h) if i < j}
    assert set(map(tuple, candidate_pairs(band_keys(sets, .6)).tolist())) == wanted and len(wanted) > 100

def test_a_search_keeps_little_in_memory():
    "A row more takes less than two kilobytes"
    rng = random.Random(2)
    rows = [f'{rng.getrandbits(128):032x}' for _ in range(6000)]
    def peak(n):
        tracemalloc.start()
        try:
            near_duplicates(rows[:n])
            return tracemalloc.get_traced_memory()[1]
        finally: tracemalloc.stop()
    peak(100)
    assert (peak(6000) - peak(2000))/4000 < 2000

@given(st.lists(st.sets(st.text(alphabet='abcd', min_size=1, max_size=2), min_size=1), min_size=2, max_size=15), st.sampled_from([0.3, 0.5, 0.8, 1.0]), st.integers(1, 7))
def test_what_is_left_out_is_far_from_the_threshold(sets, threshold, at_once):
    pairs = np.array([(a, b) for b in range(len(sets)) for a in range(b)])
    kept = prune_candidates(hash_matrix(sets), pairs, threshold, at_once).tolist()
    share = {(a, b): jaccard(sets[a], sets[b]) for a,b in pairs.tolist()}
    assert kept == [list(p) for p in share if share[p] >= threshold - 0.05] or any(abs(s - threshold + 0.05) < 1e-9 for s in share.values())

@pytest.mark.parametrize('label', ["'kind'", 'None'])
def test_the_lines_for_your_own_case_run_with_a_label_and_without(label, tmp_path, monkeypatch, capsys):
    book = json.loads((Path(__file__).parents[1]/'nbs/lessons/21_look_at_your_data.ipynb').read_text(encoding='utf-8'))
    cells = [''.join(c['source']) for c in book['cells']]
    text = next(t for t in cells if '## For your own case' in t)
    blocks = re.findall(r'```python\n(.*?)```', text[text.index('## For your own case'):], re.S)
    assert blocks[0].startswith("label = 'kind'") and "'my_file.csv'" in blocks[0]
    monkeypatch.chdir(tmp_path)
    fields = 'text,answer,kind' if label != 'None' else 'text,answer'
    lines = [f'"{name}, how long does {what} take? Thanks.","{what} takes {n % 7 + 2} days.",{what}' for n, (what, name) in
             enumerate((what, name) for what in ('delivery', 'a refund', 'an exchange', 'the repair') for name in 'ABCDEFGHIJKL')]
    if label == 'None': lines = [l.rpartition(',')[0] for l in lines]
    Path('my_file.csv').write_text('\n'.join([fields, *lines]) + '\n', encoding='utf-8')
    names = {}
    imports = next(t for t in cells if 'from sklearn' in t)
    core = re.search(r'def core.*?\n\n', next(t for t in cells if 'def core' in t), re.S)[0]
    copier = re.search(r'copier = .*?\)\)\n', next(t for t in cells if 'copier = ' in t), re.S)[0]
    for code in (imports, core, copier, *blocks): exec(code.replace("label = 'kind'", f'label = {label}'), names)
    out = capsys.readouterr().out
    assert 'groups at random' in out and ('copying is right' in out) == (label != 'None')
    assert len(set(names['groups'])) == 4 and not set(names['groups'][names['train']]) & set(names['groups'][names['test']])
    assert names['core']('Wie kündige ich mein Abonnement?') == shingles(' kündige ich mein ?')
