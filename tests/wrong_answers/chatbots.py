"For each exercise of chatbots a typical wrong answer, and words of the sentence that its author gets"
import re

wrong = {
    'chatbots-1': (lambda reply: not re.search(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', reply), 'expected False'),
    'chatbots-2': (lambda box, card: sum(card)/len(card) - sum(box)/len(box), 'expected 0.3333'),
}
