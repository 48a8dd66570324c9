"""The parts of `make test`, and which of them run at the same time."""
import pathlib
import sys
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from testing.parts import PARTS, Part
from testing.schedule import run_all, startable


def named(parts):
    return [part.name for part in parts]


class Startable(unittest.TestCase):
    def test_of_parts_that_use_all_cores_one_runs_at_a_time(self):
        a, b = Part("a", []), Part("b", [])
        self.assertEqual(named(startable([a, b], [])), ["a"])
        self.assertEqual(named(startable([b], [a])), [])
        self.assertEqual(named(startable([b], [])), ["b"])

    def test_beside_them_runs_one_that_mostly_waits(self):
        a, b, c = Part("a", []), Part("b", [], beside=True), Part("c", [], beside=True)
        self.assertEqual(named(startable([a, b, c], [])), ["a", "b"])
        self.assertEqual(named(startable([c], [a, b])), [])
        self.assertEqual(named(startable([c], [a])), ["c"])

    def test_a_part_starts_after_what_it_needs_and_holds_up_no_other_beside(self):
        a, b, c = Part("a", []), Part("b", [], needs="a", beside=True), Part("c", [], beside=True)
        self.assertEqual(named(startable([a, b, c], [])), ["a", "c"])
        self.assertEqual(named(startable([b], [a])), [])
        self.assertEqual(named(startable([b], [c])), [])
        self.assertEqual(named(startable([b], [])), ["b"])

    def test_parts_that_use_all_cores_keep_their_order(self):
        needed = Part("needed", [], beside=True)
        a, b = Part("a", [], needs="needed"), Part("b", [])
        self.assertEqual(named(startable([needed, a, b], [])), ["needed"])
        self.assertEqual(named(startable([a, b], [needed])), [])

    def test_what_is_not_run_at_all_is_not_waited_for(self):
        self.assertEqual(named(startable([Part("a", [], needs="left out")], [])), ["a"])

    def test_one_that_runs_alone_waits_until_nothing_runs_and_nothing_starts_beside_it(self):
        a, b, c = Part("a", [], alone=True), Part("b", [], beside=True), Part("c", [])
        self.assertEqual(named(startable([a, b, c], [])), ["a"])
        self.assertEqual(named(startable([a, b, c], [Part("d", [], beside=True)])), [])
        self.assertEqual(named(startable([b, c], [a])), [])
        self.assertEqual(named(startable([a, b], [c])), ["b"])


class RunAll(unittest.TestCase):
    def test_runs_each_part_once_and_tells_what_came_of_it(self):
        a, d = Part("a", []), Part("d", [], alone=True)
        parts = [a, Part("b", [], beside=True), Part("c", [], needs="b"), d]
        ended = [(part.name, result) for part, result in run_all(parts, lambda part: part.name.upper())]
        self.assertEqual(sorted(ended), [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")])

    def test_runs_two_at_the_same_time(self):
        met = threading.Barrier(2, timeout=60)
        parts = [Part("a", []), Part("b", [], beside=True)]
        self.assertEqual(len([result for _, result in run_all(parts, lambda _: met.wait())]), 2)

    def test_tells_what_failed_before_it_starts_what_needs_that(self):
        parts = [Part("a", []), Part("b", [], needs="a"), Part("c", [], needs="a", beside=True)]
        told, started = [], []

        def run(part):
            started.append((part.name, list(told)))

        for part, _ in run_all(parts, run):
            told.append(part.name)
        self.assertEqual([(name, "a" in before) for name, before in sorted(started)],
                         [("a", False), ("b", True), ("c", True)])

    def test_parts_that_wait_for_each_other_are_a_mistake(self):
        parts = [Part("a", [], needs="b"), Part("b", [], needs="a")]
        with self.assertRaisesRegex(ValueError, "a, b"):
            list(run_all(parts, lambda part: None))


class Parts(unittest.TestCase):
    def test_names_are_unique(self):
        self.assertEqual(len(PARTS), len(set(named(PARTS))))

    def test_what_a_part_needs_stands_before_it(self):
        before = {""}
        for part in PARTS:
            self.assertIn(part.needs, before, part.name)
            before.add(part.name)

    def test_all_of_them_run(self):
        ended = [part.name for part, _ in run_all(PARTS, lambda part: None)]
        self.assertEqual(sorted(ended), sorted(named(PARTS)))


if __name__ == "__main__":
    unittest.main()
