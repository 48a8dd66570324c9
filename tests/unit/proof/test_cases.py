"""The counting of cases, of which everything that runs real processes makes use."""
import contextlib
import io
import os
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support" / "py"))

from proof.cases import Cases


def fails():
    raise AssertionError("as it should")


class Lanes(unittest.TestCase):
    def setUp(self):
        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        self.cases = Cases("lanes")

    def run_lanes(self, *lanes):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.cases.run("before", lambda: None)
            self.cases.run_lanes(lanes)
        return self.cases.passed, self.cases.failed, said.getvalue()

    def test_what_each_counts_is_added(self):
        passed, failed, _ = self.run_lanes(
            lambda cases: cases.run("one", lambda: None),
            lambda cases: (cases.run("two", lambda: None), cases.run("three", fails)),
        )
        self.assertEqual((passed, failed), (3, 1))

    def test_one_that_dies_is_a_failure(self):
        passed, failed, said = self.run_lanes(
            lambda cases: os.kill(os.getpid(), signal.SIGKILL), lambda cases: cases.run("two", lambda: None)
        )
        self.assertEqual((passed, failed), (2, 1))
        self.assertIn("lane 1: ended with -9", said)

    def test_one_that_raises_is_a_failure(self):
        with contextlib.redirect_stderr(io.StringIO()):
            passed, failed, _ = self.run_lanes(lambda cases: fails())
        self.assertEqual((passed, failed), (1, 1))

    def test_one_that_runs_nothing_is_a_failure(self):
        passed, failed, said = self.run_lanes(
            lambda cases: None, lambda cases: cases.run("two", lambda: None)
        )
        self.assertEqual((passed, failed), (2, 1))
        self.assertIn("lane 1: ran no case", said)

    def test_one_may_run_nothing_where_only_some_cases_are_wanted(self):
        self.cases = Cases("lanes", ["two", "before"])
        passed, failed, _ = self.run_lanes(
            lambda cases: cases.run("one", fails), lambda cases: cases.run("two", lambda: None)
        )
        self.assertEqual((passed, failed), (2, 0))


if __name__ == "__main__":
    unittest.main()
