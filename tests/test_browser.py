"""A real browser on the annotation screen in JupyterLab: clicks, keys, rows in the database, and nothing that runs

Needs Chromium on the path and playwright; `.ci/run` installs Debian's. Without them the tests are skipped, loudly."""
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import warnings
from pathlib import Path
from urllib.parse import urlsplit
import pytest
from finetune_notes.annotation.screen import escape_controls

chromium = next((p for p in map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome')) if p), None)
try: from playwright.sync_api import Error, TimeoutError, expect, sync_playwright
except ImportError: sync_playwright = None
if not (chromium and sync_playwright):
    reason = 'THE BROWSER IS NOT TESTED HERE: chromium and playwright are needed'
    warnings.warn(reason)
    pytest.skip(reason, allow_module_level=True)

flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
shots = os.environ.get('FINETUNE_NOTES_SHOTS')
script = Path(sys.executable).with_name('finetune-notes')

hostile = [
    '<script>window.ran = 1; document.title = "gone"</script>',
    '<img src=x onerror="window.ran = 1">',
    '<svg onload="window.ran = 1"></svg><iframe srcdoc="<script>parent.ran = 1</script>"></iframe>',
    '[click](javascript:window.ran=1) ![image](http://outside.example/leak.png)',
    '</div></script></textarea><script>window.ran = 1</script>',
    '\x1b[31mred\x1b[0m \x1b]8;;http://outside.example\x07link\x1b]8;;\x07 \x00 end',
    'user\u202egnp.exe \u2066hidden\u2069 \ufeff',
    '$\\href{javascript:window.ran=1}{x}$ $$\\unicode{x}$$',
    '<link rel=stylesheet href=http://outside.example/a.css><style>@import "http://outside.example/b.css"; * {display: none}</style>',
    '<a href="http://outside.example" ping="http://outside.example/ping">x</a> {{constructor.constructor("window.ran=1")()}} &lt;b&gt; \\u003cscript>']

@pytest.fixture(scope='module')
def browser():
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=flags)
        expect.set_options(timeout=90_000)
        yield browser
        browser.close()

@pytest.fixture
def page(browser):
    "A new profile; every request that would leave this machine is noted and stopped"
    page = browser.new_page(viewport=dict(width=1200, height=900))
    page.outside, page.dialogs = [], []
    def guard(route):
        if urlsplit(route.request.url).hostname in ('127.0.0.1', 'localhost') or route.request.url.startswith(('data:', 'blob:')): return route.continue_()
        page.outside.append(route.request.url)
        route.abort()
    page.route('**/*', guard)
    page.on('dialog', lambda d: (page.dialogs.append(d.message), d.dismiss()))
    page.set_default_timeout(90_000)
    yield page
    page.context.close()

class Lab:
    "`finetune-notes annotate` as a user starts it"
    def __init__(self, file, *options):
        heeds = lambda: signal.signal(signal.SIGINT, signal.default_int_handler) # a shell's background job would ignore it
        self.process = subprocess.Popen([script, 'annotate', file, '--no-browser', *options], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=heeds)
        self.said = ''
        while not (found := re.search(r'http://127\.0\.0\.1:\d+/\S+token=\w+', self.said)):
            line = self.process.stderr.readline()
            assert line, self.said
            self.said += line
        self.address = found[0]
    def __enter__(self): return self
    def __exit__(self, *error):
        os.killpg(self.process.pid, signal.SIGINT)
        self.out = self.process.communicate(timeout=60)[0]

def visit(page, address, tries=10):
    "Open a page; a server tells its address a moment before it listens"
    try: return page.goto(address)
    except Error as e:
        if tries == 1 or 'ERR_CONNECTION_REFUSED' not in str(e): raise
    page.wait_for_timeout(2000)
    visit(page, address, tries - 1)

def open_screen(page, lab):
    "The notebook opened and its cell run, by keys alone"
    visit(page, lab.address)
    expect(page.get_by_text('| Idle')).to_be_visible()
    root = page.locator('.votes')
    for attempt in range(5):
        page.locator('.jp-CodeCell .cm-content').first.click()
        page.keyboard.press('Shift+Enter')
        try: root.wait_for(timeout=30_000)
        except TimeoutError: continue
        break
    expect(root).to_be_visible()
    return root

def counted(page, text): expect(page.locator('.votes-count')).to_have_text(text)
def file_of(tmp_path, rows):
    path = tmp_path/'pairs.jsonl'
    path.write_text('\n'.join(map(json.dumps, rows)))
    return path
def votes(path):
    with sqlite3.connect(f'{path}.votes.db') as db: return db.execute('SELECT item, kind, value, note, left FROM vote ORDER BY id').fetchall()

def test_twenty_pairs_by_click_and_by_key(page, tmp_path):
    file = file_of(tmp_path, [dict(prompt=f'Where is order {i}?', first='On its way.', second=f'Order {i} left us on Monday. Expect it on Friday.', first_by='base', second_by='tuned') for i in range(1, 21)])
    wanted = []
    with Lab(file, '--rater', 'ann') as lab:
        root = open_screen(page, lab)
        cells = page.locator('.jp-Cell').count()
        for i in range(1, 21):
            expect(page.locator('.votes-above .votes-text')).to_have_text(f'Where is order {i}?')
            texts = page.locator('.votes-beside .votes-text').all_inner_texts()
            assert sorted(texts) == ['On its way.', f'Order {i} left us on Monday. Expect it on Friday.']
            note = f'note <b>{i}</b> abt' if i % 5 == 0 else ''
            if i == 1: expect(root).to_be_focused()
            if i == 3 and shots: root.screenshot(path=Path(shots)/'screen.png')
            if note:
                page.keyboard.press('n')
                page.keyboard.type(note)
                page.keyboard.press('Enter')
            side = 'abt'[i % 3]
            if i % 2: page.keyboard.press(side)
            else: page.get_by_role('button', name=dict(a='A is better (A)', b='B is better (B)', t='Tie (T)')[side]).click()
            wanted.append((i, 'vote', 'tie' if side == 't' else 'first' if texts['ab'.index(side)].startswith('On') else 'second', note))
            if i < 20: counted(page, f'{i} of 20 saved')
        counted(page, '20 of 20 saved')
        expect(page.locator('.votes-said')).to_contain_text('All is done')
        assert page.locator('.jp-Cell').count() == cells, 'a key reached JupyterLab and made a cell'
        assert [v[:4] for v in votes(file)] == wanted
        assert not {'base', 'tuned'} & set(re.findall(r'\w+', page.locator('.jp-Notebook').inner_text()))
    assert 'ann: 20 of 20 saved' in lab.out
    assert page.outside == []

def ran(page): return page.evaluate('window.ran') is not None

def run_code(page, code):
    "Replace the first code cell and run it"
    page.locator('.jp-CodeCell .cm-content').first.click()
    page.keyboard.press('Control+A')
    page.keyboard.insert_text(code)
    page.keyboard.press('Shift+Enter')

def screen(task, path, labels=()):
    return f'from finetune_notes.annotation.screen import annotate\nannotate({str(path)!r}, "ann", {task!r}, {list(labels)!r})'

def shown_as_text(page, texts):
    "The texts stand on the screen, letter by letter, in elements that hold nothing but text"
    bodies = page.locator('.votes-text')
    assert bodies.evaluate_all('all => all.map(o => o.textContent)') == [escape_controls(t) for t in texts]
    assert bodies.evaluate_all('all => all.map(o => o.childElementCount)') == [0]*len(texts)
    assert page.locator('.votes').locator('a, img, svg, script, iframe, style, link').count() == 0

@pytest.mark.nightly
def test_hostile_text_is_text_in_every_task(page, tmp_path):
    pairs = file_of(tmp_path, [dict(prompt=f'{h} {i}', first=f'one {h}', second=f'two {h}') for i, h in enumerate(hostile)])
    texts, drafts = tmp_path/'texts.jsonl', tmp_path/'drafts.jsonl'
    texts.write_text('\n'.join(json.dumps(dict(text=h)) for h in hostile))
    drafts.write_text('\n'.join(json.dumps(dict(prompt=h, answer=f'{h}\r\nend')) for h in hostile))
    with Lab(pairs, '--rater', hostile[0]) as lab:
        root = open_screen(page, lab)
        title = page.title()
        root.click(position=dict(x=5, y=5))
        for i, h in enumerate(hostile):
            counted(page, f'{i} of 10 saved')
            prompt, *answers = page.locator('.votes-text').evaluate_all('all => all.map(o => o.textContent)')
            assert sorted(answers) == [escape_controls(f'one {h}'), escape_controls(f'two {h}')]
            shown_as_text(page, [f'{h} {i}', *sorted((f'one {h}', f'two {h}'), key=lambda t: answers.index(escape_controls(t)))])
            page.keyboard.press('t')
        counted(page, '10 of 10 saved')
        run_code(page, screen('label', texts, hostile[:2]))
        counted(page, '0 of 10 saved')
        for i, h in enumerate(hostile):
            shown_as_text(page, [h])
            if i == 0: page.locator('.votes').click(position=dict(x=5, y=5))
            page.keyboard.press('12'[i % 2])
            counted(page, f'{i + 1} of 10 saved')
        assert [v[2] for v in votes(texts)] == hostile[:2]*5
        run_code(page, screen('correct', drafts))
        counted(page, '0 of 10 saved')
        edit = page.locator('.votes-edit')
        for i, h in enumerate(hostile):
            shown_as_text(page, [h])
            edit.click()
            if i % 2: page.keyboard.press('Control+End'); page.keyboard.type(' <i>mended</i>')
            page.keyboard.press('Control+Enter')
            counted(page, f'{i + 1} of 10 saved')
        assert [v[2] for v in votes(drafts)] == [f'{h}\r\nend' + ' <i>mended</i>'*(i % 2) for i, h in enumerate(hostile)]
        assert not ran(page) and page.dialogs == [] and page.outside == [] and page.title() == title
        run_code(page, f'from IPython.display import HTML, Markdown, display\ndisplay(HTML({hostile[1]!r}), Markdown({hostile[3]!r}))')
        page.wait_for_function('window.ran === 1')
        assert page.outside == ['http://outside.example/leak.png'], 'the guard sees a request that leaves'

inspecting = """from finetune_notes.templates.inspector import inspector_widget
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.templates.template import Template
inspector_widget(Template(user='{question}', system='Write the query.'), load_checkpoint('tiny').tokenizer(), dict(question='errors', answer='COUNT'))"""

reading = """from finetune_notes.data.explore import browse_rows
browse_rows([dict(question=q, query='COUNT') for q in ('slow requests', 'errors', 'slow <b>errors</b>')])"""

@pytest.mark.nightly
def test_the_inspector_follows_what_is_typed_and_runs_none_of_it(page, tmp_path):
    with Lab(file_of(tmp_path, [dict(prompt='p', first='a', second='b')])) as lab:
        open_screen(page, lab)
        run_code(page, inspecting)
        question, row = page.locator('.jp-OutputArea textarea').first, page.locator('.jp-OutputArea pre', has_text='im_start')
        expect(row).to_contain_text('errors')
        for text in hostile[:5]:
            question.fill(text)
            expect(row).to_contain_text(text.replace(' ', '·'))
        page.locator('.jp-OutputArea textarea').nth(1).fill("{'limit': None}")
        expect(page.locator('.jp-OutputArea')).to_contain_text(['answers are Python, not JSON'])
        if shots: page.screenshot(path=Path(shots)/'inspector.png')
        assert not ran(page) and page.dialogs == []
    assert page.outside == []

@pytest.mark.nightly
def test_rows_are_filtered_in_the_viewer(page, tmp_path):
    with Lab(file_of(tmp_path, [dict(prompt='p', first='a', second='b')])) as lab:
        open_screen(page, lab)
        run_code(page, reading)
        table = page.locator('.jp-OutputArea table')
        expect(table).to_contain_text('rows 1 to 3 of 3')
        page.locator('.jp-OutputArea input[type=text]').first.fill('slow -requests')
        page.keyboard.press('Enter')
        expect(table).to_contain_text('rows 1 to 1 of 1')
        expect(table).to_contain_text('slow <b>errors</b>')
    assert page.outside == []
