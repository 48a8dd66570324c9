"""The flight recorder: what `parley report` saves, and that it can be played."""
import base64
import json
import signal
import struct
import subprocess

from person import PASSWORD, people
from proof.cases import equal
from proof.server import build_folder, program

SECRETS = ("hello you", "not for others", "Club of Whispers", "grüße", PASSWORD)


def report(person, *words):
    """Saves a report, and returns its file."""
    file = person.home / f"report-{len(list(person.home.iterdir()))}.jsonl"
    person.ok("report", file, *words)
    return file


def lines_of(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def lives_of(file):
    return [line["life"]["number"] for line in lines_of(file) if "life" in line]


def everything_in(file):
    """Its text, and all that stands in it in base64."""
    text = file.read_text(encoding="utf-8")
    pieces = [text.encode()]
    for line in text.splitlines():
        one = json.loads(line)
        if "frame" in one.get("input", {}):
            pieces.append(base64.b64decode(one["input"]["frame"]))
        for row in one.get("answer", {}).get("rows", []):
            blobs = [value["bytes"] for value in row.get("values", []) if "bytes" in value]
            pieces += [base64.b64decode(blob) for blob in blobs]
    return b"\n".join(pieces)


def played(file):
    """What `replay` says; a recording that does something else than it did is a failure."""
    done = subprocess.run(
        [str(program("replay")), str(file)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert done.stdout.splitlines()[-1].endswith(", 0 different"), done.stdout[-500:]
    return done.stdout


def what_the_disk_did_not_take_is_not_called_done(server):
    with people(server, "ada") as (ada,):
        steering = ada.home / "syncs"
        ada.also = {
            "RIG_SYNC": str(steering),
            "LD_PRELOAD": str(build_folder() / "tests" / "rig" / "librig_failing_sync.so"),
        }
        for failing in (1, 2):  # the file, and its name in the folder
            steering.write_bytes(struct.pack("<qqq", failing, 0, 0))
            done = ada.run("report", "--off")
            assert done.code != 0, done.out
            assert "Nothing can be written to" in done.err, done.err
        steering.write_bytes(struct.pack("<qqq", 0, 0, 0))
        ada.ok("report", "--off")


def a_report_can_be_played_and_holds_nothing_private(server):
    # Her handle has letters that no id in hexadecimal has.
    with people(server, "zoe", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "hello you")
        bob.ok("send", f"@{ada.handle}", "not for others: grüße 👋")
        ada.ok("new", "Club of Whispers", f"@{bob.handle}", "-m", "hello you")
        bob.ok("conversations")
        bob.ok("history", f"@{ada.handle}")
        for person in (ada, bob):
            file = report(person)
            bytes_of_all = everything_in(file)
            for secret in (*SECRETS, ada.handle, bob.handle):
                assert secret.encode() not in bytes_of_all, f"{secret!r} is in the report of {person.handle}"
            said = played(file)
            assert "message.new" in said or "message.send" in said, said[:2000]
            assert "contains" in lines_of(file)[0]["report"]


def a_report_says_what_is_in_it_and_overwrites_nothing(server):
    with people(server, "ada") as (ada,):
        file = ada.home / "report.jsonl"
        done = ada.ok("report", file)
        for part in ("Saved to", "In it: ", "Not in it: ", "Nothing was sent"):
            assert part in done.out, done.out
        before = file.read_bytes()
        again = ada.refused(2, "report", file)
        assert "is there already" in again.err, again.err
        equal(file.read_bytes(), before, "the file")
        said = ada.ok("report", ada.home / "other.jsonl", "--json").objects[0]
        assert said["inputs"] > 0 and said["lives"] > 0, said
        missing = ada.refused(1, "report", ada.home / "no" / "folder.jsonl")
        assert "cannot be written" in missing.err, missing.err


def what_a_killed_process_did_is_in_the_report(server):
    with people(server, "ada", "bob") as (ada, bob):
        tail = bob.tail()
        ada.ok("send", f"@{bob.handle}", "hello you")
        tail.until(lambda one: one.texts() == ["hello you"], "bob sees it")
        while_it_runs = report(bob)
        played(while_it_runs)
        tail.end(signal.SIGKILL)
        file = report(bob)
        equal(lives_of(file), lives_of(while_it_runs), "lives")
        assert "message.new" in played(file)
        bob.ok("status")
        equal(lives_of(report(bob)), [*lives_of(file), lives_of(file)[-1] + 1], "lives after one more")


def a_report_of_another_version_is_saved_and_says_so(server):
    with people(server, "ada") as (ada,):
        recording = ada.folder / "recording"
        before = recording.read_bytes()
        assert b'"format":1,' in before
        recording.write_bytes(before.replace(b'"format":1,', b'"format":7,'))
        file = ada.home / "report.jsonl"
        done = ada.ok("report", file)
        assert "cannot read" in done.out and "format 7" in done.out and "1970" not in done.out, done.out
        equal(ada.ok("report", ada.home / "other.jsonl", "--json").objects[0]["readable"], False, "readable")
        assert '"format":7,' in file.read_text(encoding="utf-8")


def the_recorder_can_be_switched_off(server):
    with people(server, "ada") as (ada,):
        assert (ada.folder / "recording").is_file()
        ada.ok("report", "--off")
        assert not (ada.folder / "recording").exists()
        ada.ok("status")
        assert not (ada.folder / "recording").exists()
        off = ada.refused(4, "report", ada.home / "report.jsonl")
        assert "parley report --on" in off.err, off.err
        ada.ok("report", "--on")
        ada.ok("status")
        played(report(ada))
        folder = ada.folder
        ada.ok("logout")
        assert not (folder / "recording").exists(), "it outlives the sign-out"


def a_long_life_begins_anew_and_the_file_never_grows(server):
    with people(server, "ada", "bob") as (ada, bob):
        tail = bob.tail()
        texts = [f"message {number}" for number in range(6000)]
        ada.ok("send", f"@{bob.handle}", "--json", given="\n".join(texts), seconds=240)
        tail.until(lambda one: len(one.lines) >= len(texts), "all are there", 240)
        ada.ok("send", f"@{bob.handle}", "the last one")
        tail.until(lambda one: one.texts()[-1] == "the last one", "it goes on")
        equal(tail.texts(), [*texts, "the last one"], "every message once, in order")
        lives = lives_of(report(bob))
        assert len(lives) > 1 and lives == list(range(lives[0], lives[0] + len(lives))), lives
        equal((bob.folder / "recording").stat().st_size, 4 << 20, "bytes")
        for person in (ada, bob):
            played(report(person))
        equal(tail.end(), 0, "exit code")


CASES = (
    what_the_disk_did_not_take_is_not_called_done,
    a_report_can_be_played_and_holds_nothing_private,
    a_report_says_what_is_in_it_and_overwrites_nothing,
    what_a_killed_process_did_is_in_the_report,
    a_report_of_another_version_is_saved_and_says_so,
    the_recorder_can_be_switched_off,
    a_long_life_begins_anew_and_the_file_never_grows,
)
