"""The parts of `make test` and what may run at the same time."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from testing.parts import PARTS, Part, groups


def named(parts):
    return [[part.name for part in group] for group in groups(parts)]


class Groups(unittest.TestCase):
    def test_parts_run_one_after_the_other(self):
        self.assertEqual(named([Part("a", []), Part("b", [])]), [["a"], ["b"]])

    def test_a_part_that_mostly_waits_joins_the_one_before_it(self):
        parts = [Part("a", []), Part("b", [], beside=True), Part("c", [], beside=True), Part("d", [])]
        self.assertEqual(named(parts), [["a", "b", "c"], ["d"]])

    def test_a_part_never_runs_at_the_same_time_as_what_it_needs(self):
        parts = [Part("a", []), Part("b", [], needs="a", beside=True), Part("c", [], needs="a", beside=True)]
        self.assertEqual(named(parts), [["a"], ["b", "c"]])


class Parts(unittest.TestCase):
    def test_names_are_unique(self):
        names = [part.name for part in PARTS]
        self.assertEqual(len(names), len(set(names)))

    def test_what_a_part_needs_has_run_before_it(self):
        before = {""}
        for group in groups(PARTS):
            for part in group:
                self.assertIn(part.needs, before, part.name)
            before |= {part.name for part in group}


if __name__ == "__main__":
    unittest.main()
