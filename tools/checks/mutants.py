"""Deliberate defects: where they may stand, and that each stands somewhere."""
import re

from .tree import CPP, Finding, matches

LIST = "base/mutant.hpp"
# What decides; hosts and edges have none, so that what is shipped differs in nothing else.
WHERE = ("core/**", "server/domain/**", "server/store/**", "server/api/**")
# Who may know more of them than what `mutant(Mutant::name)` says.
MACHINERY = (LIST, "sim/mutants.cpp", "tests/unit/base/mutant_test.cpp")

LISTED = re.compile(r"^\s*MUTANT\((\w+),")
CALL = re.compile(r"\bmutant\s*\(\s*(Mutant::(\w+)\s*\))?")
INNARDS = re.compile(r"\b(?:PARLEY_MUTANTS?|PARLEY_EACH_\w+|chosen_mutant|all_mutants|has_mutants)\b")


def mutants(tree):
    """deliberate defects stand in what decides, one of the list each; no build but their own has them"""
    if LIST not in tree.files:
        return
    listed = {}
    for number, line in enumerate(tree.lines(LIST), 1):
        if found := LISTED.match(line):
            listed[found.group(1)] = number
    used = set()
    for path in tree.having(*CPP):
        if matches(path, MACHINERY):
            continue
        for number, line in enumerate(tree.code(path), 1):
            yield from _line(path, number, line, listed, used)
    for name in sorted(set(listed) - used):
        yield Finding(LIST, listed[name], f"the mutant {name} stands nowhere", "put it into the code")
    yield from _presets(tree)


def _line(path, number, line, listed, used):
    if INNARDS.search(line):
        yield Finding(path, number, "the machinery of the mutants", "use `mutant(Mutant::name)` alone")
    for call in CALL.finditer(line):
        name = call.group(2)
        if not matches(path, WHERE):
            instead = "only what decides has mutants: " + " ".join(WHERE)
            yield Finding(path, number, "a mutant out of place", instead)
        elif name not in listed:
            yield Finding(path, number, "a mutant that is not listed", f"name it in {LIST}")
        used.add(name)


def _presets(tree):
    """One preset switches them on."""
    if "CMakePresets.json" not in tree.files:
        return
    lines = [n for n, line in enumerate(tree.lines("CMakePresets.json"), 1) if "PARLEY_MUTANTS" in line]
    for number in lines[1:]:
        instead = "only the preset `mutants` has them"
        yield Finding("CMakePresets.json", number, "mutants in a second preset", instead)
