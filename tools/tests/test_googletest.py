"""Counting GoogleTest's cases, on programs that behave like its executables, well and badly."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from testing.counting import Counts
from testing.googletest import run

PASSING = """#!/bin/sh
echo '[ RUN      ] A.One'
echo '[       OK ] A.One (0 ms)'
echo '[ RUN      ] A.Two'
"""
REPORT = """{"testsuites": [{"name": "A", "failures": 1, "testsuite": [
    {"name": "One", "status": "RUN", "result": "COMPLETED"},
    {"name": "Two", "status": "RUN", "result": "COMPLETED", "failures": [{"failure": "x"}]},
    {"name": "Three", "status": "RUN", "result": "SKIPPED"},
    {"name": "DISABLED_Four", "status": "NOTRUN", "result": "SUPPRESSED"}]}]}"""


class GoogleTest(unittest.TestCase):
    def result(self, script):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "unit_fake")
            path.write_text(script)
            path.chmod(0o755)
            return run(path, pathlib.Path(folder, "report.json"))

    def test_a_report_is_counted_and_failures_are_shown(self):
        write = f"cat > \"${{1#--gtest_output=json:}}\" <<'END'\n{REPORT}\nEND\n"
        fail = "echo 'a.cpp:3: wrong'\necho '[  FAILED  ] A.Two (0 ms)'\nexit 1\n"
        counts, text = self.result(PASSING + write + fail)
        self.assertEqual(counts, Counts(1, 1, 2))
        self.assertIn("a.cpp:3: wrong", text)
        self.assertNotIn("A.One", text)

    def test_a_crash_fails_the_case_it_happened_in(self):
        counts, text = self.result(PASSING + "kill -SEGV $$\n")
        self.assertEqual(counts, Counts(1, 1))
        self.assertIn("A.Two", text)

    def test_a_finding_after_the_last_case_is_a_failure(self):
        report = REPORT.replace(', "failures": [{"failure": "x"}]', "")
        write = f"cat > \"${{1#--gtest_output=json:}}\" <<'END'\n{report}\nEND\n"
        counts, text = self.result(PASSING + write + "echo 'leak of 8 bytes'\nexit 23\n")
        self.assertEqual(counts, Counts(2, 1, 2))
        self.assertIn("leak of 8 bytes", text)

    def test_a_shard_is_told_which_share_is_its_own(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "unit_fake")
            path.write_text("#!/bin/sh\necho share $GTEST_SHARD_INDEX of $GTEST_TOTAL_SHARDS\nexit 3\n")
            path.chmod(0o755)
            _, text = run(path, pathlib.Path(folder, "report.json"), shard=1, shards=4)
        self.assertIn("share 1 of 4", text)

    def test_a_missing_executable_is_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            counts, _ = run(pathlib.Path(folder, "gone"), pathlib.Path(folder, "report.json"))
        self.assertEqual(counts, Counts(failed=1))


if __name__ == "__main__":
    unittest.main()
