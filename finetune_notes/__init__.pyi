# Written from nbs/names.toml by make pages
from .evaluation.intervals import Estimate as Estimate, wilson as wilson, proportion_estimate as proportion_estimate, bootstrap as bootstrap, paired_bootstrap as paired_bootstrap
from .evaluation.scoreboard import Scoreboard as Scoreboard, assertion as assertion, run_assertions as run_assertions, claim as claim
from .evaluation.statistics import mcnemar as mcnemar, holm as holm, precision_recall as precision_recall, cohen_kappa as cohen_kappa, bradley_terry as bradley_terry, comparisons_needed as comparisons_needed
from .evaluation.judge import judge_pairs as judge_pairs, judge_agreement as judge_agreement
from .templates.template import Template as Template, ChatTemplate as ChatTemplate
from .templates.lint import check_template as check_template, check_rows as check_rows
from .templates.inspector import inspect_example as inspect_example
from .templates.skew import template_skew as template_skew
from .core.files import RowFile as RowFile, load_rows as load_rows
from .core.settings import UserError as UserError
from .core.checkpoints import Checkpoint as Checkpoint, load_checkpoint as load_checkpoint
from .data.explore import near_duplicates as near_duplicates, leaks as leaks
from .data.synthesize import synthesize as synthesize, endpoint_generator as endpoint_generator, split_groups as split_groups
from .annotation.screen import annotate as annotate
from .annotation.store import VoteStore as VoteStore
from .annotation.agreement import rater_agreement as rater_agreement, preference_pairs as preference_pairs
from .training.sft import Recipe as Recipe, Run as Run, sft as sft
from .data.conversations import load_conversations as load_conversations
from .data.pairs import Pair as Pair, load_pairs as load_pairs
from .training.chat import train_chat as train_chat
from .training.preferences import PreferenceRecipe as PreferenceRecipe, dpo as dpo
from .generation.decoding import generate as generate
from .generation.serving import export_run as export_run
from .cases.parcels.diagnosis import load_parcels as load_parcels, diagnose as diagnose
from .decisions.use_case import UseCase as UseCase, assess as assess
from .decisions.costs import HostedModel as HostedModel, OwnModel as OwnModel, break_even as break_even

__version__: str
__all__ = [
    'Estimate',
    'wilson',
    'proportion_estimate',
    'bootstrap',
    'paired_bootstrap',
    'Scoreboard',
    'assertion',
    'run_assertions',
    'claim',
    'mcnemar',
    'holm',
    'precision_recall',
    'cohen_kappa',
    'bradley_terry',
    'comparisons_needed',
    'judge_pairs',
    'judge_agreement',
    'Template',
    'ChatTemplate',
    'check_template',
    'check_rows',
    'inspect_example',
    'template_skew',
    'RowFile',
    'load_rows',
    'UserError',
    'Checkpoint',
    'load_checkpoint',
    'near_duplicates',
    'leaks',
    'synthesize',
    'endpoint_generator',
    'split_groups',
    'annotate',
    'VoteStore',
    'rater_agreement',
    'preference_pairs',
    'Recipe',
    'Run',
    'sft',
    'load_conversations',
    'Pair',
    'load_pairs',
    'train_chat',
    'PreferenceRecipe',
    'dpo',
    'generate',
    'export_run',
    'load_parcels',
    'diagnose',
    'UseCase',
    'assess',
    'HostedModel',
    'OwnModel',
    'break_even',
]
