"""Decide whether to fine-tune an LLM, measure it first, and work through three real cases, on a laptop

Modules:

- `finetune_notes.annotation.agreement`: What many judgements say together: agreement, habits of the judges, and a preference data set
- `finetune_notes.annotation.screen`: A screen on which people judge answers: blind, by keyboard, and saved before it says so
- `finetune_notes.annotation.store`: Judgements of people in one SQLite file: what the screen confirmed is never lost
- `finetune_notes.cases.articles.ontology`: Ten thousand classes with a long tail: what starting with 500 covers, and what classical methods reach
- `finetune_notes.cases.articles.tagging`: A fine-tuned model writes labels as JSON: invented classes, constrained decoding, rare classes, and a roll-out
- `finetune_notes.cases.chatbots.guardrails`: A parcel bot under attack: four layers of defence, each alone and together, and their false alarms
- `finetune_notes.cases.chatbots.intents`: Thirty tools behind one box: what people type into it, how much of that no tool can do, and what a classical router makes of it
- `finetune_notes.cases.chatbots.routing`: One chat box for thirty tools against scoped interfaces: routing, assertions on replies, and a careful roll-out
- `finetune_notes.cases.chatbots.triage`: Automate the common email and hand the unusual to a person: calibration, and a threshold for a stated cost
- `finetune_notes.cases.parcels.baselines`: What a model without a language model makes of a label, and the measures by which all are judged
- `finetune_notes.cases.parcels.catalogue`: Eighty-two groups of goods, and how the words on a label move what is in the box
- `finetune_notes.cases.parcels.diagnosis`: Your own file of texts and values: what is wrong with it, how much, and whether fine-tuning is worth trying
- `finetune_notes.cases.parcels.generator`: Declarations with a true value behind them, and four dials that spoil them one fault at a time
- `finetune_notes.cases.parcels.heaping`: How far values crowd onto round numbers, measured against what chance would give
- `finetune_notes.cases.parcels.number_decoding`: The exact probability of every number that a model may write, and which of them to answer with
- `finetune_notes.cases.parcels.prompted`: Show a larger model similar parcels with their values, ask for one more, and keep its answers
- `finetune_notes.cases.parcels.regression`: Training the number itself instead of its spelling: regression-aware fine-tuning, and a linear head
- `finetune_notes.cases.parcels.valuation`: Train models to give values, ask them about many parcels, and keep the answers of every training
- `finetune_notes.cases.queries.assistant`: Answer one question as a user meets it, and score an assistant on a file of questions
- `finetune_notes.cases.queries.choices`: What learning rate, epochs, rank, layers, data quality and material do: one training for each line of a file
- `finetune_notes.cases.queries.dataset`: Training data whose answers follow from the question, splits that do not leak, and a loader for your own file
- `finetune_notes.cases.queries.dsl`: The same query in 43 tokens of JSON or in 18 of a short form: what a model should write, and what code should
- `finetune_notes.cases.queries.equivalence`: When two queries mean the same, and a grammar in which a wrong one cannot be written
- `finetune_notes.cases.queries.execution`: From a checked query to a table of results, without a user's text ever becoming SQL
- `finetune_notes.cases.queries.paraphrases`: The words of questions: what users call things, how they ask, and how they mistype
- `finetune_notes.cases.queries.prompted`: Many prompts for one task, asked of larger models once, and their answers kept
- `finetune_notes.cases.queries.prompts`: What a long prompt is made of, what each part costs, and which columns to send along
- `finetune_notes.cases.queries.question_grammar`: A question is clauses one after another, and its query is their union
- `finetune_notes.cases.queries.repair`: What a grammar cannot see: values that were copied badly, and rules that join two parts of a query
- `finetune_notes.cases.queries.rides`: A few hundred questions of one team in English, each with its query: a task that is learned in minutes, and not perfectly
- `finetune_notes.cases.queries.schema`: A query language as data: what a query may say, and every mistake in one at once
- `finetune_notes.cases.queries.scoring`: How a query that a model wrote is judged, from cheap checks to running it
- `finetune_notes.cases.queries.telemetry`: Where the assistant's columns come from: families of schemas, and tables of spans to run queries on
- `finetune_notes.cases.queries.traffic`: Answers with known errors, for the lesson on monitoring
- `finetune_notes.cases.queries.trained`: Train a query assistant in one of several layouts, ask it many questions, and keep the answers of every training
- `finetune_notes.cases.support.agents`: Two kinds of people who answer mail, seven faults at known rates, and a dial between slips of one person and habits of the house
- `finetune_notes.cases.support.emails`: Customers who ask the same thing in hundreds of ways, and sets of their mails that share no wording, no title and no number
- `finetune_notes.cases.support.houses`: When a model trained on people is better than they are, and when worse: slips against habits, long histories against short ones, and how an answer is drawn
- `finetune_notes.cases.support.manager`: A written rubric, a choice with Bradley-Terry noise, and eleven ways to please the rubric without helping the customer
- `finetune_notes.cases.support.pair_counts`: Style or knowledge, how a model learns to please, and what 25 to 400 preference pairs are worth
- `finetune_notes.cases.support.policies`: Twenty-eight things that customers ask a publisher, what its house rules say, and five assertions that an answer must keep
- `finetune_notes.cases.support.seat`: Judge answers yourself without knowing who wrote them, compare with the rubric, and train on your own preferences
- `finetune_notes.cases.support.service`: Supervised fine-tuning on the answers of imperfect agents, then DPO on a manager's preferences, compared blind
- `finetune_notes.cases.support.traps`: What a loss on choices does besides ranking: drift, collapse, length, noise and swapped labels, on one small problem
- `finetune_notes.cases.support.verdicts`: Answers of the customer-service case with a truth that code knows, and what a judge is asked about them
- `finetune_notes.cases.tools.function_calls`: A small model fine-tuned to call tools that it has never seen, scored in the manner of the public leaderboard
- `finetune_notes.cases.tools.world`: Functions as JSON schemas, a sandbox in which calls really run, generated requests, and logs cleaned by running them
- `finetune_notes.core.artifacts`: A file that was half written must never be taken for whole
- `finetune_notes.core.checkpoints`: A checkpoint is weights, a tokenizer and a configuration; all it does is give probabilities to the next token
- `finetune_notes.core.database`: One transaction on an SQLite file, and what to do when SQLite refuses
- `finetune_notes.core.extras`: A missing package is one sentence that names the extra which brings it
- `finetune_notes.core.http`: One JSON document to a server, and what it says
- `finetune_notes.core.kernels`: Two shortcuts for a laptop's processor, each of them checked against the plain way and used only where it is faster
- `finetune_notes.core.results`: What was computed once is found again as long as nothing has changed that it depends on
- `finetune_notes.core.settings`: One small file says how large a run may be; everything else has one place in code
- `finetune_notes.core.text`: A text with named fields, filled in; a text made safe for a page; and the data files of the package
- `finetune_notes.course.bench`: Every figure on speed in this course in one table: ours beside stock, the target beside what was reached
- `finetune_notes.course.cli`: The same functions from a terminal: run a lesson, ask a question, train and score on your own file
- `finetune_notes.course.doctor`: Is this machine ready for the lessons, and what to do where it is not
- `finetune_notes.course.exercises`: Answers are judged by running them; a wrong one gets a sentence and the next hint, and progress is kept
- `finetune_notes.course.fleet`: Training in several processes, a worker that is lost, answers from many servers, and the arithmetic of cost
- `finetune_notes.course.lessons`: Which notebooks there are, in which order, and which module each exports: read from the manifest
- `finetune_notes.course.machine`: What this computer is, and how much memory and disk it has
- `finetune_notes.course.order`: Where a name is missing in a notebook, say which cell makes it
- `finetune_notes.course.speed`: What makes a training step slow on a laptop, what the processor could do, and what each change brings
- `finetune_notes.course.trials`: Two ways side by side, in turns, each with a process of its own: how to measure speed and memory on a machine that you share
- `finetune_notes.data.explore`: Read rows before training on them; then count lengths and labels, and search for near-duplicates and leaks
- `finetune_notes.data.rewrites`: The questions of the toy task in other words: asked of a larger model, written by hand, and checked by rules
- `finetune_notes.data.synthesize`: From a few rows to many: generate, perturb, filter, repair, count what is thin, and split so that nothing leaks
- `finetune_notes.data.toy`: Questions in a small query language, and twenty general questions, both checked by code
- `finetune_notes.decisions.costs`: When a model of your own is cheaper than a hosted one that is billed by the token, and which input decides
- `finetune_notes.decisions.memo`: Your use case as a file that colleagues can correct, and its assessment as a page that you can send
- `finetune_notes.decisions.use_case`: A use case as fifteen facts; from them the rung of the ladder to stand on now, the fit for training, and what would change both
- `finetune_notes.evaluation.intervals`: How sure a result is: a share, a mean or a difference with its interval, also where rows belong together
- `finetune_notes.evaluation.judge`: Rules at inference, a judge that is checked against a person, and a gold standard that is checked too
- `finetune_notes.evaluation.scoreboard`: Measure first, with an interval, on the same questions; then decide whether to fine-tune
- `finetune_notes.evaluation.statistics`: The intervals, tests and sample sizes an evaluation needs, each checked against a known answer
- `finetune_notes.generation.decoding`: From a table of next tokens to an answer: greedy, sampled, in batches, and inside a grammar
- `finetune_notes.generation.recorder`: Answers of larger models, asked for once and kept together with where they came from
- `finetune_notes.generation.serving`: The same weights in llama.cpp: one file, a server of its own, the same probabilities, and how fast it answers
- `finetune_notes.monitoring.control_chart`: When is a change of a rate more than chance? A CUSUM chart whose false alarms are counted before it is used
- `finetune_notes.monitoring.promotion`: A rule, written down before the comparison, that says whether a new version replaces the old one
- `finetune_notes.monitoring.rehearsal`: Hundreds of simulated half-years say how late an alarm comes, and how often it is false, before it is used
- `finetune_notes.monitoring.request_log`: What a service was asked and what it answered, in one SQLite file, with what a correction needs
- `finetune_notes.monitoring.weekly`: Which checks fail more often than in quiet times, with the interval of the difference, what is new, and what people should read
- `finetune_notes.templates.bugs`: Sixteen ways in which training and serving come to differ, each made on purpose and looked at
- `finetune_notes.templates.gallery`: Each template bug on one card: how it happens, what it looks like, why it hurts, the fix, and what the checker says
- `finetune_notes.templates.inspector`: See a row as the loss sees it: every space, every special token, what is graded, and what a limit cuts off
- `finetune_notes.templates.lint`: A checker that names sixteen template bugs, the tokens at fault, and the fix
- `finetune_notes.templates.lint_examples`: What a training row gives away by itself: labels that miss the answer, ends that are missing, answers that are not what they seem
- `finetune_notes.templates.skew`: Rows that were trained on against rows that are served: the first token where they part, and a classifier that tells them apart
- `finetune_notes.templates.template`: One object turns an example into tokens, for training and for inference alike
- `finetune_notes.training.preferences`: Learning from which of two answers was better: DPO by hand, over TRL, and what goes wrong with it
- `finetune_notes.training.sft`: Supervised fine-tuning with a small adapter, kept as a run that resumes and is never done twice"""

__version__ = "0.1.0"

_homes = { # Name → module that defines it; written from nbs/names.toml by make pages
    'Estimate': 'evaluation.intervals',
    'wilson': 'evaluation.intervals',
    'proportion_estimate': 'evaluation.intervals',
    'bootstrap': 'evaluation.intervals',
    'paired_bootstrap': 'evaluation.intervals',
    'Scoreboard': 'evaluation.scoreboard',
    'assertion': 'evaluation.scoreboard',
    'run_assertions': 'evaluation.scoreboard',
    'claim': 'evaluation.scoreboard',
    'mcnemar': 'evaluation.statistics',
    'holm': 'evaluation.statistics',
    'precision_recall': 'evaluation.statistics',
    'cohen_kappa': 'evaluation.statistics',
    'bradley_terry': 'evaluation.statistics',
    'comparisons_needed': 'evaluation.statistics',
    'judge_pairs': 'evaluation.judge',
    'judge_agreement': 'evaluation.judge',
    'Template': 'templates.template',
    'ChatTemplate': 'templates.template',
    'check_template': 'templates.lint',
    'check_rows': 'templates.lint',
    'inspect_example': 'templates.inspector',
    'template_skew': 'templates.skew',
    'RowFile': 'core.files',
    'load_rows': 'core.files',
    'UserError': 'core.settings',
    'Checkpoint': 'core.checkpoints',
    'load_checkpoint': 'core.checkpoints',
    'near_duplicates': 'data.explore',
    'leaks': 'data.explore',
    'synthesize': 'data.synthesize',
    'endpoint_generator': 'data.synthesize',
    'split_groups': 'data.synthesize',
    'annotate': 'annotation.screen',
    'VoteStore': 'annotation.store',
    'rater_agreement': 'annotation.agreement',
    'preference_pairs': 'annotation.agreement',
    'Recipe': 'training.sft',
    'Run': 'training.sft',
    'sft': 'training.sft',
    'load_conversations': 'data.conversations',
    'Pair': 'data.pairs',
    'load_pairs': 'data.pairs',
    'train_chat': 'training.chat',
    'PreferenceRecipe': 'training.preferences',
    'dpo': 'training.preferences',
    'generate': 'generation.decoding',
    'export_run': 'generation.serving',
    'load_parcels': 'cases.parcels.diagnosis',
    'diagnose': 'cases.parcels.diagnosis',
    'UseCase': 'decisions.use_case',
    'assess': 'decisions.use_case',
    'HostedModel': 'decisions.costs',
    'OwnModel': 'decisions.costs',
    'break_even': 'decisions.costs',
}
__all__ = [*_homes]

def __getattr__(name):
    "A name of the package, from its module when it is first used"
    if name not in _homes: raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from .core.extras import load_name
    globals()[name] = found = load_name(name, _homes[name])
    return found

def __dir__(): return sorted({*globals(), *__all__})
