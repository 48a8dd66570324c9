"""tools/deps, with programs in place of dpkg-query, apt-get and id that write down what they are asked."""
import os
import pathlib
import subprocess
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent
PACKAGES = [line.split() for line in (TOOLS / "packages.txt").read_text().splitlines()]
RUN = [words[1] for words in PACKAGES if words and words[0] == "run"]


class Deps(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.calls = pathlib.Path(self.folder.name, "calls")
        self.calls.write_text("")
        self.program("apt-get", 'echo "apt-get $*" >> "$CALLS"')
        self.program("id", "echo 0")

    def program(self, name, script):
        path = pathlib.Path(self.folder.name, name)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def deps(self, *arguments, installed):
        lines = "".join(f"installed {package}\\n" for package in installed)
        self.program("dpkg-query", f"printf '{lines}'")
        environment = {"PATH": f"{self.folder.name}:{os.environ['PATH']}", "CALLS": str(self.calls)}
        return subprocess.run(
            [TOOLS / "deps", *arguments], env=environment, capture_output=True, text=True, check=False
        )

    def test_nothing_missing_does_nothing(self):
        done = self.deps("run", installed=RUN)
        self.assertEqual((done.returncode, done.stdout, self.calls.read_text()), (0, "", ""))

    def test_root_installs_what_is_missing_and_only_that(self):
        done = self.deps("run", installed=[package for package in RUN if package not in ("cmake", "mold")])
        self.assertEqual(done.returncode, 0)
        (call,) = self.calls.read_text().splitlines()
        self.assertTrue(call.startswith("apt-get install "))
        self.assertTrue(call.endswith(" cmake mold"))

    def test_others_are_told_what_to_type(self):
        self.program("id", "echo 1000")
        done = self.deps("run", installed=[package for package in RUN if package != "cmake"])
        self.assertEqual((done.returncode, self.calls.read_text()), (1, ""))
        self.assertIn("apt-get install -y --no-install-recommends cmake", done.stderr)

    def test_absent_lists_are_fetched_before_the_second_try(self):
        fails_without_update = 'grep -q "apt-get update" "$CALLS" || exit 100'
        self.program("apt-get", f'echo "apt-get $1" >> "$CALLS"\n{fails_without_update}')
        done = self.deps("run", installed=[])
        self.assertEqual(done.returncode, 0)
        self.assertEqual(
            self.calls.read_text().split("\n")[:3], ["apt-get install", "apt-get update", "apt-get install"]
        )

    def test_what_cannot_be_installed_is_said(self):
        self.program("apt-get", "echo 'E: no such package'; exit 100")
        done = self.deps("run", installed=[])
        self.assertEqual(done.returncode, 1)
        self.assertIn("E: no such package", done.stderr)

    def test_a_command_from_elsewhere_stands_for_its_package(self):
        self.program("npm", "")
        self.program("node", "")
        everything = [words[1] for words in PACKAGES if words and not words[0].startswith("#")]
        done = self.deps("--missing", "test", installed=set(everything) - {"npm", "nodejs"})
        self.assertEqual((done.returncode, done.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main()
