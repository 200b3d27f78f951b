"""Decide whether to fine-tune an LLM, measure it first, and work through three real cases, on a laptop

Modules:

- `finetune_notes.cases.assistant`: Prompting against fine-tuning on a narrow task, measured: a question in, a query that runs out
- `finetune_notes.cases.baselines`: What a model without a language model makes of a label, and the measures by which all are judged
- `finetune_notes.cases.catalogue`: Eighty-two groups of goods, and how the words on a label move what is in the box
- `finetune_notes.cases.clauses`: A question is clauses one after another, and its query is their union
- `finetune_notes.cases.diagnosis`: Your own file of texts and values: what is wrong with it, how much, and whether fine-tuning is worth trying
- `finetune_notes.cases.dialect`: A query language as data: what a query may say, and every mistake in one at once
- `finetune_notes.cases.examples`: Training data whose answers follow from the question, splits that do not leak, and a loader for your own file
- `finetune_notes.cases.faults`: What each fault of the data costs, which a better loss can mend and which only better data can, and what the company decided
- `finetune_notes.cases.heaping`: How far values crowd onto round numbers, measured against what chance would give
- `finetune_notes.cases.meaning`: When two queries mean the same, and a grammar in which a wrong one cannot be written
- `finetune_notes.cases.numbers`: The exact probability of every number that a model may write, and which of them to answer with
- `finetune_notes.cases.parcels`: Declarations with a true value behind them, and four dials that spoil them one fault at a time
- `finetune_notes.cases.preferences`: Learning from which of two answers was better: DPO by hand, over TRL, and what goes wrong with it
- `finetune_notes.cases.prompts`: What a long prompt is made of, what each part costs, and which columns to send along
- `finetune_notes.cases.queries`: From a checked query to a table of results, without a user's text ever becoming SQL
- `finetune_notes.cases.raft`: Training the number itself instead of its spelling: regression-aware fine-tuning, and a linear head
- `finetune_notes.cases.scoring`: How a query that a model wrote is judged, from cheap checks to running it
- `finetune_notes.cases.shorthand`: The same query in 43 tokens of JSON or in 18 of a short form: what a model should write, and what code should
- `finetune_notes.cases.telemetry`: Where the assistant's columns come from: families of schemas, and tables of spans to run queries on
- `finetune_notes.cases.traps`: What a loss on choices does besides ranking: drift, collapse, length, noise and swapped labels, on one small problem
- `finetune_notes.cases.valuation`: The value of a parcel from 80 characters: every method on the same parcels, against what was declared and what was true
- `finetune_notes.cases.wordings`: The words of questions: what users call things, how they ask, and how they mistype
- `finetune_notes.foundations.annotate`: A screen on which people judge answers: blind, by keyboard, and saved before it says so
- `finetune_notes.foundations.artefacts`: A file that was half written must never be taken for whole
- `finetune_notes.foundations.bugs`: Sixteen ways in which training and serving come to differ, each made on purpose and looked at
- `finetune_notes.foundations.drift`: Rows that were trained on against rows that are served: the first token where they part, and a classifier that tells them apart
- `finetune_notes.foundations.evals`: Measure first, with an interval, on the same questions; then decide whether to fine-tune
- `finetune_notes.foundations.generate`: From a table of next tokens to an answer: greedy, sampled, in batches, and inside a grammar
- `finetune_notes.foundations.inspector`: See a row as the loss sees it: every space, every special token, what is graded, and what a limit cuts off
- `finetune_notes.foundations.judge`: Rules at inference, a judge that is checked against a person, and a gold standard that is checked too
- `finetune_notes.foundations.looking`: Read rows before training on them; then count lengths and labels, and search for near-duplicates and leaks
- `finetune_notes.foundations.mismatch`: A checker that names sixteen template bugs, the tokens at fault, and the mend
- `finetune_notes.foundations.models`: A checkpoint is weights, a tokenizer and a template; all it does is weigh the next token
- `finetune_notes.foundations.rows`: What a training row gives away by itself: labels that miss the answer, ends that are missing, answers that are not what they seem
- `finetune_notes.foundations.settings`: One small file says how large a run may be; everything else has one place in code
- `finetune_notes.foundations.statistics`: The intervals, tests and sample sizes an evaluation needs, each checked against a known answer
- `finetune_notes.foundations.synthesize`: From a few rows to many: generate, perturb, filter, repair, count what is thin, and split so that nothing leaks
- `finetune_notes.foundations.templates`: One object turns an example into tokens, for training and for inference alike
- `finetune_notes.foundations.train`: Supervised fine-tuning with a small adapter, kept as a run that resumes and is never done twice
- `finetune_notes.foundations.verdicts`: What many judgements say together: agreement, habits of the judges, and a preference data set
- `finetune_notes.foundations.votes`: Judgements of people in one SQLite file: what the screen confirmed is never lost
- `finetune_notes.workbench.basics`: What each answer is run on: the judges of the lessons from settings to training
- `finetune_notes.workbench.choices`: What each answer is run on: the judges of the lessons on preferences and their traps
- `finetune_notes.workbench.cli`: The same functions from a terminal: run a lesson, ask a question, train and score on your own file
- `finetune_notes.workbench.corpus`: What each answer is run on: the judges of the lessons from telemetry to the assistant
- `finetune_notes.workbench.exercises`: Answers are judged by running them; a wrong one gets a sentence and the next hint, and progress is kept
- `finetune_notes.workbench.freight`: What each answer is run on: the judges of the lessons on parcels
- `finetune_notes.workbench.language`: What each answer is run on: the judges of dialect, meaning, queries, the short form and the command line
- `finetune_notes.workbench.layouts`: What each answer is run on: the judges of the lessons on template bugs, rows, mismatch, drift and the inspector
- `finetune_notes.workbench.measures`: What each answer is run on: the judges of the lessons on statistics, judges and data
- `finetune_notes.workbench.people`: What each answer is run on: the judges of the lessons on votes, the screen and verdicts
- `finetune_notes.workbench.values`: What each answer is run on: the judges of the lessons on numbers, RAFT, valuation and faults"""

__version__ = "0.1.0"
