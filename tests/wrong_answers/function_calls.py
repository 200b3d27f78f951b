"For each exercise of functions a typical wrong answer, and words of the sentence that its author gets"
import json

wrong = {
    'function_calls-1': (lambda arguments, accepted: all(arguments.get(p) in values for p,values in accepted.items()), 'expected'),
    'function_calls-2': (lambda tool: json.dumps(dict(type='array', items=dict(type='object', properties=dict(name=dict(const=tool.name), arguments=tool.parameters)), minItems=1, maxItems=1)), 'It allows'),
}
