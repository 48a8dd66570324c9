"""The checks of tools/tidy. To add one: write a function from a Tree to findings, and name it here."""
from .bans import bans
from .budgets import budgets
from .dead import dead_files
from .examples import examples
from .headers import missing_headers
from .maps import stale_maps
from .mutants import mutants
from .rings import edges, rings
from .words import words

CHECKS = [rings, edges, missing_headers, budgets, bans, dead_files, stale_maps, words, mutants, examples]
