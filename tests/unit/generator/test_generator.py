"""What the generator refuses, and that it notices what has drifted."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
PROTOCOL = ROOT / "protocol"


class Copy:
    """A copy of protocol/ that a test may break."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name) / "protocol"
        shutil.copytree(PROTOCOL, self.path, ignore=shutil.ignore_patterns("__pycache__"))

    def replace(self, file, old, new):
        path = self.path / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def generate(self, *arguments):
        return subprocess.run(
            [sys.executable, "-B", self.path / "generate.py", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )


class CopyTest(unittest.TestCase):
    def setUp(self):
        self.copy = Copy()
        self.addCleanup(self.copy.folder.cleanup)


class Drift(CopyTest):
    def test_there_is_none_in_what_is_committed(self):
        done = self.copy.generate("--check")
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_a_changed_schema_is_noticed_and_written(self):
        self.copy.replace("schema/1_common.yaml", "value: 8000", "value: 9000")
        done = self.copy.generate("--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("protocol/generated/cpp/limits.hpp", done.stdout)
        self.assertIn("protocol/generated/docs/messages.md", done.stdout)
        self.assertEqual(self.copy.generate().returncode, 0)
        self.assertEqual(self.copy.generate("--check").returncode, 0)

    def test_an_edited_output_is_noticed(self):
        self.copy.replace("golden/ping.json", "ping", "pong")
        done = self.copy.generate("--check")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.count("\n"), 1)
        self.assertIn("protocol/golden/ping.json", done.stdout)

    def test_what_nothing_makes_any_more_is_noticed_and_removed(self):
        stray = self.copy.path / "golden" / "message.gone.json"
        stray.write_text("{}\n")
        self.assertIn("message.gone.json", self.copy.generate("--check").stdout)
        self.copy.generate()
        self.assertFalse(stray.exists())


class Ages(CopyTest):
    FIELD = 'doc: "The position, a `born`."'

    def test_come_out_wherever_the_prose_does(self):
        aged = self.FIELD + ', since: "0.9", deprecated: "Use something else."'
        self.copy.replace("schema/6_accounts.yaml", self.FIELD, aged)
        done = self.copy.generate()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for place in ("docs/messages.md", "ts/messages.ts", "cpp/changes.hpp"):
            written = (self.copy.path / "generated" / place).read_text(encoding="utf-8")
            words = " ".join(written.replace("*", " ").replace("///", " ").split())
            self.assertIn("`born`. Since 0.9. Deprecated: Use something else.", words, place)

    def test_that_name_no_version_or_no_way_out_are_refused(self):
        for wrong in ("since: 0.9", 'since: "soon"', "deprecated: true", 'deprecated: "old"'):
            with self.subTest(wrong):
                copy = Copy()
                self.addCleanup(copy.folder.cleanup)
                copy.replace("schema/6_accounts.yaml", self.FIELD, f"{self.FIELD}, {wrong}")
                done = copy.generate("--check")
                self.assertEqual(done.returncode, 2)
                self.assertIn("upto", done.stderr + done.stdout)
                self.assertNotIn("Traceback", done.stderr)


class Refusals(CopyTest):
    def refuses(self, file, old, new, why):
        self.copy.replace(file, old, new)
        done = self.copy.generate("--check")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(why, done.stderr)

    def test_a_number_given_twice_to_messages(self):
        self.refuses("schema/5_conversations.yaml", "number: 41", "number: 40", "number 40 is given twice")

    def test_a_number_given_twice_to_fields(self):
        self.refuses(
            "schema/2_structs.yaml", "{id: 2, name: account", "{id: 1, name: account", "AsOf: number 1"
        )

    def test_a_number_given_twice_to_errors(self):
        self.refuses(
            "schema/1_common.yaml", "invalid: {number: 3", "invalid: {number: 2", "number 2 is given twice"
        )

    def test_an_unknown_type(self):
        self.refuses(
            "schema/2_structs.yaml",
            "type: Profile, optional",
            "type: Profil, optional",
            "unknown type Profil",
        )

    def test_an_unknown_attribute(self):
        self.refuses(
            "schema/2_structs.yaml", "optional: true, doc", "optinal: true, doc", "unknown attributes"
        )

    def test_an_unknown_limit(self):
        self.refuses("schema/2_structs.yaml", "preview_points_max", "preview_max", "no limit preview_max")

    def test_a_reply_that_is_no_message(self):
        self.refuses(
            "schema/5_conversations.yaml", "reply: done", "reply: finished", "finished is not a message"
        )

    def test_a_list_without_a_largest_length(self):
        self.refuses("schema/4_sync.yaml", ", count_max: acks_max", "", "needs count_max")

    def test_a_text_without_a_largest_length(self):
        self.refuses(
            "schema/2_structs.yaml", ", points_max: preview_points_max", "", "needs a largest length"
        )

    def test_a_struct_that_holds_itself(self):
        self.refuses(
            "schema/2_structs.yaml",
            'name: sender, type: AccountId, doc: "Who wrote it."',
            'name: sender, type: Preview, doc: "Who wrote it."',
            "holds itself",
        )

    def test_a_text_that_is_something_where_it_is_absent(self):
        self.refuses(
            "schema/5_conversations.yaml",
            'type: text, default: ""',
            'type: text, default: "hello"',
            "there is no other default",
        )

    def test_a_choice_among_required_fields(self):
        self.refuses(
            "schema/2_structs.yaml",
            "type: AccountId, optional: true",
            "type: AccountId",
            "exactly_one names direct",
        )


if __name__ == "__main__":
    unittest.main()
