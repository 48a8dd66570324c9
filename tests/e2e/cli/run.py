#!/usr/bin/python3
"""The command line end to end: the real `parley` against a real parleyd.

    tests/e2e/cli/run.py [WORD ...]      only cases whose name contains one of the words
"""
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "support" / "py")]

import accounts
import blocks
import documented
import editing
import forwarding
import guidance
import json_lines
import links
import offline
import own_settings
import presence
import prompts
import reports
import restoring
import rich_text
import roles
import safety
import talking
import together
from proof.cases import Cases
from proof.server import Server


def main(words):
    cases = Cases("command line", words)
    # Most of the time they wait for something, so they do it beside each other.
    cases.run_lanes([talk_to_one_server, *(replaces_servers(family) for family in (offline, restoring))])
    cases.finish()


def talk_to_one_server(cases):
    with Server() as server:
        families = (accounts, blocks, documented, editing, forwarding, guidance, json_lines, links)
        families += (own_settings, prompts, talking, together, presence, rich_text, roles, safety, reports)
        for family in families:
            for body in family.CASES:
                cases.run(name_of(family, body), body, server)


def replaces_servers(family):
    """Of cases that stop, kill and replace their server."""

    def run(cases):
        for body in family.CASES:
            if cases.wanted(name_of(family, body)):
                with Server() as server:
                    cases.run(name_of(family, body), body, server)

    return run


def name_of(family, body):
    return f"{family.__name__}: {body.__name__.replace('_', ' ')}"


if __name__ == "__main__":
    main(sys.argv[1:])
