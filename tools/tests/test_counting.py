"""How cases are counted, on what the test programs really write."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from testing import counting
from testing.counting import Counts


class Counting(unittest.TestCase):
    def test_a_command_is_one_case(self):
        self.assertEqual(counting.command("", 0), Counts(passed=1))
        self.assertEqual(counting.command("", 3), Counts(failed=1))

    def test_the_last_closing_line_counts(self):
        output = "unit_base: 3 passed, 0 failed\n9 passed, 9 failed\n7 passed, 1 failed, 2 skipped\n"
        self.assertEqual(counting.cases(output, 1), Counts(7, 1, 2))

    def test_no_closing_line_is_a_failure(self):
        self.assertEqual(counting.cases("all is well\n", 0), Counts(failed=1))

    def test_an_exit_code_outweighs_the_count(self):
        self.assertEqual(counting.cases("7 passed, 0 failed\n", 134), Counts(7, 1))

    def test_unittest(self):
        self.assertEqual(counting.unittest("Ran 48 tests in 0.2s\n\nOK\n", 0), Counts(48))
        self.assertEqual(counting.unittest("Ran 3 tests in 0.2s\n\nOK (skipped=1)\n", 0), Counts(2, 0, 1))
        output = "Ran 9 tests in 1.0s\n\nFAILED (failures=1, errors=2, skipped=3)\n"
        self.assertEqual(counting.unittest(output, 1), Counts(3, 3, 3))

    def test_unittest_that_found_nothing(self):
        self.assertEqual(counting.unittest("Ran 0 tests in 0.0s\n\nOK\n", 0), Counts(failed=1))

    def test_seeds(self):
        enough = "50 seeds: 526 acts, 30.1 faults, 531 messages, 4.7 people with 16.4 devices a seed\n"
        self.assertEqual(counting.seeds(enough, 0), Counts(50))
        self.assertEqual(counting.seeds(enough + "2 of 50 seeds failed\n", 1), Counts(48, 2))
        self.assertEqual(counting.seeds("Aborted\n", 134), Counts(0, 1))

    def test_seeds_that_do_too_little(self):
        for acts, faults in (("499", "30.0"), ("526", "19.9")):
            little = f"50 seeds: {acts} acts, {faults} faults, 531 messages, 4.7 people\n"
            self.assertEqual(counting.seeds(little, 0), Counts(50, 1))
        self.assertEqual(counting.seeds("50 seeds: 500 acts, 20.0 faults, 9 messages\n", 0), Counts(50))

    def test_a_summary_that_says_nothing_of_acts_is_a_failure(self):
        self.assertEqual(counting.seeds("50 seeds: all is well\n", 0), Counts(0, 1))

    def test_node(self):
        output = "# tests 5\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0\n"
        self.assertEqual(counting.node(output, 1), Counts(3, 1, 1))
        self.assertEqual(counting.node("ℹ pass 3\nℹ fail 0\n", 0), Counts(3))

    def test_totals_read_as_the_closing_line(self):
        self.assertEqual(str(Counts(1, 0) + Counts(2, 1)), "3 passed, 1 failed")
        self.assertEqual(str(Counts(1, 0, 4)), "1 passed, 0 failed, 4 skipped")


if __name__ == "__main__":
    unittest.main()
