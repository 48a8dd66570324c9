"""Which sources tools/lint --changed looks at."""
import os
import pathlib
import runpy
import subprocess
import tempfile
import unittest
from unittest import mock

LINT = pathlib.Path(__file__).resolve().parents[1] / "lint"
SOURCES = ["a.cpp", "b.cpp", "c.cpp"]


class Lint(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("inner.hpp", "")
        self.write("outer.hpp", '#include "inner.hpp"\n')
        self.write("a.cpp", "")
        self.write("b.cpp", '#include "outer.hpp"\n')
        self.write("c.cpp", '#include "outer.hpp"\n#include "other.hpp"\n')
        self.commit()
        names = runpy.run_path(str(LINT), run_name="lint")
        self.lint = names["changed_sources"].__globals__
        self.lint["ROOT"] = self.root

    def git(self, *arguments):
        who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        command = ["git", *who, *arguments]
        done = subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, name, text):
        (self.root / name).write_text(text)

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def chosen(self, base=""):
        for name in ("named", "included"):
            self.lint[name].cache_clear()
        with mock.patch.dict(os.environ, {"LINT_BASE": base}), mock.patch("builtins.print"):
            return self.lint["changed_sources"](SOURCES)

    def test_a_changed_source_is_looked_at(self):
        self.write("a.cpp", "int a;\n")
        self.assertEqual(self.chosen("HEAD"), ["a.cpp"])

    def test_a_changed_header_is_looked_at_through_another_one(self):
        self.write("inner.hpp", "int inner;\n")
        self.assertEqual(self.chosen("HEAD"), ["b.cpp"])

    def test_a_header_that_a_changed_source_sees_needs_no_other(self):
        self.write("inner.hpp", "int inner;\n")
        self.write("c.cpp", '#include "outer.hpp"\n')
        self.assertEqual(self.chosen("HEAD"), ["c.cpp"])

    def test_without_a_base_it_goes_back_as_far_as_it_may(self):
        for name in SOURCES:
            self.write(name, "int changed;\n")
            self.commit()
        self.assertEqual(self.chosen(), SOURCES)
        self.lint["SOURCES_MAX"] = 2
        self.assertEqual(self.chosen(), ["b.cpp", "c.cpp"])

    def test_the_last_commit_is_looked_at_however_much_it_changes(self):
        for name in SOURCES:
            self.write(name, "int changed;\n")
        self.commit()
        self.lint["SOURCES_MAX"] = 1
        self.assertEqual(self.chosen(), SOURCES)

    def test_without_any_commit_to_compare_with_it_fails(self):
        with self.assertRaises(SystemExit):
            self.chosen()

    def test_the_upstream_branch_is_the_base_where_it_is_older(self):
        self.git("branch", "others")
        self.git("branch", "--quiet", "--set-upstream-to=others")
        self.write("a.cpp", "int a;\n")
        self.commit()
        self.write("b.cpp", "int b;\n")
        self.commit()
        self.lint["SOURCES_MAX"] = 1
        self.assertEqual(self.chosen(), ["a.cpp", "b.cpp"])


if __name__ == "__main__":
    unittest.main()
