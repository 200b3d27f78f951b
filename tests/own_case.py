"The lines that a lesson gives for one's own file"
import json
import re
from pathlib import Path

def own_case(lesson): # The notebook's name without its ending
    "A lesson's example row, its code (one piece behind the other), and the file that both name"
    book = json.loads((Path(__file__).parents[1]/f'nbs/lessons/{lesson}.ipynb').read_text(encoding='utf-8'))
    text = next(t for c in book['cells'] if '## For your own case' in (t := ''.join(c['source'])))
    text = text.split('## For your own case')[1].split('\n## ')[0]
    row, code = ('\n'.join(re.findall(rf'```{kind}\n(.*?)```', text, re.S)) for kind in ('json', 'python'))
    file = re.search(r"load_rows\('(.*?)'", code)[1]
    assert f'`{file}`' in text
    return row, code, file
