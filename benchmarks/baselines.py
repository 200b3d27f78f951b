"""Time and memory of the classical baselines on parcels, each in a process of its own

    python benchmarks/baselines.py [--sizes 10000,100000,1000000] [--systems "TF-IDF + ridge,boosted trees"]

Prints one line of JSON a system and size: seconds to fit, seconds for 1,000 answers, the process's peak memory in MiB,
and the mean absolute error against true values. The seconds to generate the parcels are not counted; their memory is."""
import argparse
import json
import resource
import subprocess
import sys

quick = 'constant', 'bag of words + ridge', 'TF-IDF + ridge', 'boosted trees'

def one(system, n):
    "Measure in this process"
    from finetune_notes.cases.parcels.baselines import time_baseline
    found = time_baseline(system, n)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(found | dict(peak_mib=round(peak/(2**20 if sys.platform == 'darwin' else 2**10)))), flush=True)

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--sizes', default='10000,100000,1000000')
    parser.add_argument('--systems', default=','.join(quick))
    parser.add_argument('--one', nargs=2, metavar=('SYSTEM', 'ROWS'), help='measure one in this process')
    given = parser.parse_args()
    if given.one: one(given.one[0], int(given.one[1]))
    else:
        for n in given.sizes.split(','):
            for system in given.systems.split(','): subprocess.run([sys.executable, __file__, '--one', system, n], check=True)
