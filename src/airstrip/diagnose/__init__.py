"""Why something does not work: facts are collected once, rules are pure functions of them.

A probe reads and never changes anything; a rule reads only `Facts`. May import kube, result and
errors.
"""

from airstrip.diagnose.database import DATABASE
from airstrip.diagnose.diagnosis import diagnose
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.probe import collect_facts
from airstrip.diagnose.rules import RULES, Rule

__all__ = ["DATABASE", "RULES", "Facts", "Rule", "collect_facts", "diagnose"]
