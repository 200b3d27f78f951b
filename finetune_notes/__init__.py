"""Decide whether to fine-tune an LLM, measure it first, and work through three real cases, on a laptop

Modules:

- `finetune_notes.foundations.settings`: One small file says how large a run may be; everything else has one place in code"""

__version__ = "0.1.0"
