"""Votes under load, in a process of its own: `python tests/votes_load.py kills 200` or `python tests/votes_load.py speed`

`kills` lets a child vote and kills it at a random moment, over and over, on one file. `speed` fills a store with
10,000 items and 20,000 votes of two people and times the next pair and the commits. Both print one JSON document."""
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from finetune_notes.annotation.store import VoteStore

def pairs(n): return [dict(prompt=f'Refund for order {i}?', first=f'Done {i}. '*40, second=f'Order {i} is refunded. '*40) for i in range(n)]

def vote_on(path, say):
    "Vote without end, and tell the number of each row once it is confirmed"
    store, i = VoteStore(path), 0
    while True:
        i += 1
        row = store.undo('ann') and None if i % 7 == 0 else store.vote(random.randint(1, 50), 'ann', random.choice(['first', 'second', 'tie']), 'n'*random.randint(0, 20_000))
        if row: os.write(say, f'{row}\n'.encode())

def kill_once(path, seconds):
    "Rows that a child was told are saved before it was killed"
    hear, say = os.pipe()
    child = os.fork()
    if child == 0:
        try: vote_on(path, say)
        finally: os._exit(1)
    os.close(say)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(hear) as f: return [int(line) for line in f.read().split('\n')[:-1]]

def kills(n, seed=0):
    "How many confirmed rows are gone, and what SQLite says of the file, after each of `n` kills"
    rng, lost, damaged, journals, confirmed, start = random.Random(seed), 0, 0, 0, 0, time.time()
    with TemporaryDirectory() as place:
        path = Path(place)/'votes.db'
        VoteStore(path, 'pair').add(pairs(50))
        for _ in range(n):
            told = kill_once(path, rng.uniform(0.002, 0.1))
            journals += path.with_name('votes.db-journal').exists()
            with VoteStore(path).transaction() as db:
                rows = {r for r, in db.execute('SELECT id FROM vote')}
                damaged += db.execute('PRAGMA integrity_check').fetchone()[0] != 'ok' or rows != set(range(1, len(rows) + 1))
            confirmed += len(told)
            lost += len(set(told) - rows)
        return dict(kills=n, confirmed=confirmed, lost=lost, damaged=damaged, journals_left=journals, rows=len(rows), seconds=round(time.time() - start, 1))

def timed(calls):
    "Milliseconds of each call: median, 95th percentile; and calls a second"
    taken = []
    for call in calls:
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    cuts = quantiles(taken, n=100)
    return dict(n=len(taken), median_ms=round(cuts[49]*1e3, 2), p95_ms=round(cuts[94]*1e3, 2), a_second=round(len(taken)/sum(taken)))

def speed(items=10_000, commits=1000):
    "Times on a store of `items` items with two votes each"
    with TemporaryDirectory() as place:
        store = VoteStore(Path(place)/'votes.db', 'pair')
        store.add(pairs(items))
        with store.transaction(write=True) as db:
            for rater in ('ann', 'ben'):
                for i in range(1, items + 1): store.append(db, 'vote', i, rater, 'first')
            for i in range(items - 49, items + 1): store.append(db, 'undo', i, 'ann')
        def next_pair(): return store.next('ann'), store.progress('ann')
        rng = random.Random(0)
        return dict(next_pair=timed([next_pair]*200), first_pair=timed([lambda: store.next('cleo')]*200), file_mb=round(store.path.stat().st_size/1e6, 1),
                    commits=timed([lambda: store.vote(rng.randint(1, items), 'ann', 'tie')]*commits), undos=timed([lambda: store.undo('ben')]*100))

if __name__ == '__main__': print(json.dumps(kills(int(sys.argv[2])) if sys.argv[1] == 'kills' else speed()))
