"""The rig's checker: right histories pass, and each defect is noticed by the check that is about it."""
import pathlib
import random
import sys
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TESTS / "rig"))
sys.path.insert(0, str(TESTS / "support" / "py"))

import checks
import doctor
import example
from history import History

SEEDS = range(20)


def problems(events):
    return {name: found for name, found in checks.run(History(events)).items() if found}


class RightHistories(unittest.TestCase):
    def test_the_example_is_right(self):
        self.assertEqual(problems(example.events()), {})

    def test_what_was_given_and_never_told_may_be_missing(self):
        events = example.events()
        about = {"n": 1000, "device": "bob1"}
        events += [
            {"e": "run", "t": 90, "words": ["send"], **about},
            {"e": "given", "t": 90, "to": example.GROUP, "texts": ["killed while it read this"], **about},
            {"e": "end", "t": 91, "n": 1000, "code": -9, "killed": True, "problem": ""},
        ]
        self.assertEqual(problems(events), {})

    def test_a_removed_members_refused_message_is_right(self):
        events = example.events()
        told = {"id": "00000000-0000-7000-8000-000000000001", "state": "failed", "n": 1, "device": "eve1"}
        error = "conversation.not_member"
        events.append({"e": "told", "t": 90, "conversation": example.GROUP, "error": error, **told})
        self.assertEqual(problems(events), {})

    def test_a_run_that_says_that_something_is_missing_may_leave_it_out(self):
        events = example.events()
        device = next(one for one in events if one["e"] == "run" and one["words"][0] == "history")
        shown = [one for one in events if one["e"] == "shown" and one["n"] == device["n"]]
        for one in shown:
            one["how"] = "history"
        events.remove(shown[1])
        self.assertIn("5: a run leaves nothing out between what it shows, or says so", problems(events))
        next(one for one in events if one["e"] == "end" and one["n"] == device["n"])[
            "problem"
        ] = "Some of this conversation is not on this device"
        self.assertNotIn("5: a run leaves nothing out between what it shows, or says so", problems(events))


class Changes(unittest.TestCase):
    """What becomes of a message that several edit or delete, in the eyes of the checker."""

    EDITS = "7: an accepted edit stands, or a later one, on the server and on every device"
    DELETIONS = "8: what was deleted is shown nowhere with what it said, and nothing else is deleted"

    def setUp(self):
        self.events = example.events()
        self.edited = example.message(*example.EDITED)["id"]
        self.deleted = example.message(*example.DELETED)["id"]

    def change(self, number, message, text, at=None, **end):
        """Another one, by the other device of who has edited; told as done where no end is given."""
        about = {"t": 50, "n": number, "device": "ada2"}
        lines = [
            {"e": "run", "words": ["edit"], **about},
            {"e": "changing", "message": message, "text": text, **about},
            {"e": "end", **about, **({"code": 0, "killed": False, "problem": ""} | end)},
        ]
        if not end:
            lines.insert(2, {"e": "changed", "message": message, **about})
        at = len(self.events) if at is None else at
        self.events[at:at] = lines

    def first_change(self):
        return next(at for at, one in enumerate(self.events) if one["e"] == "changing")

    def test_of_two_edits_the_later_one_stands(self):
        self.change(1000, self.edited, "earlier", at=self.first_change())
        self.assertEqual(problems(self.events), {})
        self.change(1001, self.edited, "later")
        self.assertEqual(set(problems(self.events)), {self.EDITS})

    def test_what_was_never_answered_may_have_been_done_or_not(self):
        self.change(1000, self.edited, "killed", code=-9, killed=True)
        self.change(1001, self.deleted, None, code=-9, killed=True)
        self.change(1002, self.edited, None, code=-9, killed=True)
        self.assertEqual(problems(self.events), {})

    def test_what_was_queued_counts_unless_it_was_refused_later(self):
        self.change(1000, self.edited, None, code=5)
        self.assertEqual(set(problems(self.events)), {self.DELETIONS})
        about = {"n": 1001, "device": "ada2", "how": "seen", "id": "x", "type": "message.delete"}
        failed = {"state": "failed", "error": "message.deleted", "message": self.edited}
        self.events.append({"e": "waiting", "t": 51, **about, **failed})
        self.assertNotIn(self.DELETIONS, problems(self.events))

    def test_only_what_is_deleted_cannot_be_edited(self):
        name = "every parley ends as it may, and none loses its sign-in"
        problem = "This message was deleted, and what is deleted cannot be edited."
        self.change(1000, self.deleted, "too late", code=4, problem=problem)
        self.assertEqual(problems(self.events), {})
        self.change(1001, self.edited, "why?", code=4, problem=problem)
        self.assertEqual(set(problems(self.events)), {name})


class SickHistories(unittest.TestCase):
    def test_the_example_has_material_for_every_defect(self):
        made = [name for name, _, _ in doctor.sick(example.events(), 1)]
        self.assertEqual(made, [name for name, _, _ in doctor.DEFECTS])

    def test_every_defect_is_noticed_whatever_it_hits(self):
        for seed in SEEDS:
            for name, noticed_by, events in doctor.sick(example.events(), seed):
                with self.subTest(name, seed=seed):
                    self.assertIn(noticed_by, problems(events))

    def test_a_run_that_says_that_something_is_missing_is_not_what_is_made_sick(self):
        events = example.events()
        runs = {events[run[0]]["n"] for run in doctor.runs_of(events, "tail", "history")}
        honest = min(runs)
        for one in events:
            if one["e"] == "end" and one["n"] in runs - {honest}:
                one["problem"] = "Some of this conversation is not on this device"
        self.assertGreater(len(runs), 1)
        for seed in SEEDS:
            changed = list(events)
            doctor.leave_out(changed, random.Random(seed))
            self.assertIn("5: a run leaves nothing out between what it shows, or says so", problems(changed))

        noticed = {noticed_by for _, noticed_by, _ in doctor.DEFECTS}
        self.assertEqual(noticed, set(checks.CHECKS))


if __name__ == "__main__":
    unittest.main()
