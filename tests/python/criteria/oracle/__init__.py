"""The criteria language, evaluated row by row in plain Python.

Written from the definition of the language alone, never from the macros that
render it to SQL: where the two differ, one of them is wrong. Nothing here is
fast or clever on purpose. An operator is a predicate over a known value and the
answer that it gives where the value is unknown, so that no three-valued logic
is left anywhere above it.

`members(rule, world)` is the way in. A new kind of leaf is one function with
`@leaf("word")`, a new operator one function with `@operator("word", ...)`.
"""

# every module that declares leaves is loaded with the package
from criteria.oracle.attributes import distance
from criteria.oracle.basics import (
    WEEKDAYS,
    RuleError,
    first_instant,
    fold,
    local_day,
    period,
    shift,
)
from criteria.oracle.core import TREE_WORDS, Account, Row, Tally, Tree, World, members, parse
from criteria.oracle.facts import history, most_frequent, now_and_before, selected
from criteria.oracle.others import bucket_of, spells

__all__ = [
    "TREE_WORDS",
    "WEEKDAYS",
    "Account",
    "Row",
    "RuleError",
    "Tally",
    "Tree",
    "World",
    "bucket_of",
    "distance",
    "first_instant",
    "fold",
    "history",
    "local_day",
    "members",
    "most_frequent",
    "now_and_before",
    "parse",
    "period",
    "selected",
    "shift",
    "spells",
]
