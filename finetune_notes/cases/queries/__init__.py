"The case of the query assistant. `validate`, `equivalent` and `execute` are loaded when they are first used."
from importlib import import_module

_homes = dict(validate='schema', equivalent='equivalence', execute='execution')

def __getattr__(name):
    if name not in _homes: raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_homes[name]}'), name)
