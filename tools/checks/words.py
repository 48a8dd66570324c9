"""Words and characters that do not belong into the project."""
import re

from .tree import Finding, matches

# The brackets keep these patterns from finding themselves.
WORDS = [
    (
        "a path of one machine",
        re.compile(r"(?<![\w.~$})*/-])/(?:hom[e]|roo[t]|User[s]|mn[t]|tm[p]|wor[k])/\w"),
        "take it from the environment, or make a temporary folder",
    ),
    (
        "a package registry's host",
        re.compile(r"registr[y]\.\w+\.\w+|de[b]\.debian|\"resolve[d]\": *\"http"),
        "leave it to the configuration of the machine",
    ),
    ("a conflict marker", re.compile(r"^(?:<{7} |>{7} |={7}$)"), "resolve the conflict"),
    (
        "a private key",
        re.compile(r"BEGI[N] [A-Z ]*PRIVATE KEY"),
        "make keys when they are needed; none is committed",
    ),
]
SPACE = [
    ("a carriage return", re.compile(r"\r"), "end lines with a line feed"),
    ("space at the end of the line", re.compile(r"[ \t]+$"), "remove it"),
]
# Bytes in these are data, not text of ours.
DATA = ("protocol/golden/**", "protocol/generated/**", "tests/**/corpus/**", "tests/**/data/**", "LICENSE")


def words(tree):
    """no machine paths, registry hosts, private keys, conflict markers, stray spaces"""
    for path in tree.files:
        rules = WORDS if matches(path, DATA) else WORDS + SPACE
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            for what, pattern, instead in rules:
                if pattern.search(line):
                    yield Finding(path, number, what, instead)
        text = tree.text(path)
        if text and not text.endswith("\n") and not matches(path, DATA):
            yield Finding(path, text.count("\n") + 1, "no line feed at the end", "end the file with one")
