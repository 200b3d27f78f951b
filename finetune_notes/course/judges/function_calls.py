"Judges of the exercises of function_calls"
import json
from ..exercises import agree_with_reference, call_answer, exercise, expect, short_repr

@exercise('function_calls-1', 'Two things are to be looked at: every argument that is there, and every parameter that '
                              'is not.',
          'An argument has to be known and its value among those accepted.',
          'A parameter may be absent only if `""` is among its accepted values.')
def accepted_arguments(lesson, answer):
    "May this call count?"
    accepted = {'city': ['Paris', 'Paris, France'], 'nights': [2], 'view': ['', 'sea']}
    reference = lambda given, known: all(p in known and v in known[p] for p, v in given.items()
                                         ) and all(p in given or '' in v for p, v in known.items())
    agree_with_reference(
        answer, reference,
        *((given, accepted)
          for given in ({'city': 'Paris', 'nights': 2}, {'city': 'Paris, France', 'nights': 2, 'view': 'sea'},
                        {'city': 'Paris'}, {'city': 'Rome', 'nights': 2},
                        {'city': 'Paris', 'nights': 2, 'view': 'park'}, {'city': 'Paris', 'nights': 2, 'pool': True},
                        {}, {'city': 'Paris', 'nights': 3})), ({}, {}), ({}, {'a': ['']}))

@exercise('function_calls-2', 'An array with one call: `items`, `minItems` and `maxItems`.',
          'The name can be one text only: `{"const": tool.name}`. The arguments are the schema that the tool has '
          'already.',
          '`"additionalProperties": False` closes an object; both the call and its arguments need it, and the call '
          'needs both of its fields.')
def one_call_grammar(lesson, answer):
    "A grammar for one tool"
    from finetune_notes.generation.decoding import grammar_accepts
    from finetune_notes.core.checkpoints import load_checkpoint
    from finetune_notes.cases.tools.world import Tool
    tool, tokenizer = (Tool(
        'set_oven', 'heat the oven',
        dict(type='object', properties=dict(degrees=dict(type='integer'), fan=dict(type='boolean')),
             required=['degrees'])), load_checkpoint('tiny').tokenizer())
    made = call_answer(answer, tool)
    expect(isinstance(made, str), f'A text is asked for, and this is {short_repr(made)}.')
    one = lambda name='set_oven', **arguments: dict(name=name, arguments=arguments)
    for said, good in (([one(degrees=180)], True), ([one(degrees=180, fan=True)], True), ([], False),
                       ([one(degrees=180)]*2, False), ([one()], False), ([one(degrees=None)], False),
                       ([one(degrees='hot')], False), ([one('oven', degrees=1)], False), ([one(degrees=1,
                                                                                               lamp=True)], False),
                       ([dict(name='set_oven')], False), ([one(degrees=1) | dict(x=1)], False)):
        text = json.dumps(said, separators=(',', ':'))
        expect(grammar_accepts(tokenizer, made, text) == good, f'It {"refuses" if good else "allows"} {text}.')
