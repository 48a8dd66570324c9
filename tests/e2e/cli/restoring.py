"""Backup and restore, as the devices of people live through them."""
import shutil
import threading

from person import Person, people
from proof import waiting
from proof.cases import equal
from proof.server import run_parleyd
from together import lines, numbered


def parleyd(server, *words):
    """An operator's command on the server's data."""
    return run_parleyd("--config", server.folder / "parleyd.toml", *words)


def backed_up(server, name="backup.db"):
    file = server.folder / name
    done = parleyd(server, "backup", file)
    equal(done.returncode, 0, f"the backup ({done.stderr})")
    return file


def restored(server, file):
    if server.running:
        server.stop()
    done = parleyd(server, "restore", file)
    equal(done.returncode, 0, f"the restore ({done.stderr})")
    server.start()
    return done.stdout


def shown(person, conversation):
    """Texts, and which of them are said to be not on the server; places must be in order and unique."""
    messages = person.history(conversation)
    born = [one["born"] for one in messages]
    equal(born, sorted(set(born)), "places")
    marked = [one["text"] for one in messages if one.get("not_on_server")]
    return [one["text"] for one in messages], marked


def devices_go_on_and_hold_what_they_held(server):
    with people(server, "ada", "bob") as (ada, bob), Person(server, bob.handle, login=True) as phone:
        ada.ok("new", "Team", f"@{bob.handle}")
        kept, lost, new = numbered("kept", 30), numbered("lost", 30), numbered("new", 30)
        for place in (f"@{bob.handle}", "Team"):
            ada.ok("send", place, given=lines(kept))
        phone.ok("sync")  # and is away until after the restore
        equal(phone.texts("Team"), kept, "the phone")
        phone.ok("read", "Team")
        file = backed_up(server)
        for place in (f"@{bob.handle}", "Team"):
            ada.ok("send", place, given=lines(lost))
        bob.ok("send", f"@{ada.handle}", "an answer that is lost")
        bob.ok("read", "Team")
        equal(bob.texts("Team"), kept + lost, "before the restore")
        ada.ok("sync")
        restored(server, file)
        with Person(server, bob.handle, login=True) as fresh:
            equal(shown(bob, "Team"), (kept + lost, lost), "bob after the restore")
            equal(shown(ada, "Team"), (kept + lost, lost), "ada after the restore")
            equal(shown(phone, "Team"), (kept, []), "the phone, which never had them")
            equal(shown(fresh, "Team"), (kept, []), "a fresh device")
            for place in (f"@{bob.handle}", "Team"):
                ada.ok("send", place, given=lines(new))
            answered = [*lost, "an answer that is lost"]
            for person, peer in ((bob, ada), (ada, bob)):
                equal(shown(person, f"@{peer.handle}"), (kept + answered + new, answered), "direct")
                equal(shown(person, "Team"), (kept + lost + new, lost), "in the group")
            for device in (phone, fresh):
                equal(shown(device, f"@{ada.handle}"), (kept + new, []), "direct, on other devices")
                equal(shown(device, "Team"), (kept + new, []), "in the group, on other devices")
                unread = {one["kind"]: one["unread"] for one in device.conversations()}
                equal(unread, {"group": 30, "direct": 60}, "unread")
            unread = {one["kind"]: one["unread"] for one in bob.conversations()}
            equal(unread, {"group": 30, "direct": 60}, "unread on the device that held the lost ones")
            note = ada.ok("history", "Team", "--all").out
            equal(note.count("not on the server"), 30, "people are told")


def copied(server):
    """What an operator does who knows of no backup: the folder, while the server is stopped."""
    server.stop()
    shutil.copytree(server.data, server.folder / "copy")
    server.start()


def put_back(server, in_place):
    """In place of the files that are there, or into them, which leaves nothing to see for the server."""
    server.stop()
    if not in_place:
        shutil.rmtree(server.data)
        shutil.copytree(server.folder / "copy", server.data)
    else:
        for file in (server.folder / "copy").iterdir():
            shutil.copyfile(file, server.data / file.name)
    server.start()


def an_older_copy_is_as_a_restore(server, in_place):
    with people(server, "ada", "bob") as (ada, bob), Person(server, bob.handle, login=True) as phone:
        place, back = f"@{bob.handle}", f"@{ada.handle}"
        kept, lost, new = numbered("kept", 3), numbered("lost", 2), numbered("new", 4)
        ada.ok("send", place, given=lines(kept))
        phone.ok("sync")
        copied(server)
        for text in lost:
            ada.ok("send", place, text)
        bob.ok("sync")
        put_back(server, in_place)
        ada.ok("send", place, given=lines(new))
        with Person(server, bob.handle, login=True) as fresh:
            for person, peer in ((ada, place), (bob, back)):
                equal(shown(person, peer), (kept + lost + new, lost), person.handle)
            for device in (phone, fresh):
                equal(shown(device, back), (kept + new, []), "on devices that never had them")
            equal(server.metrics()["parley_epochs_begun_total"], 1, "epochs")
            assert "a new epoch begins" in server.output, server.output
            server.stop()
            server.start()
            bob.ok("send", back, "last")
            for person, peer in ((ada, place), (bob, back)):
                equal(shown(person, peer), ([*kept, *lost, *new, "last"], lost), person.handle)
            for device in (phone, fresh):
                equal(shown(device, back), ([*kept, *new, "last"], []), "on devices that never had them")
            equal(server.metrics()["parley_epochs_begun_total"], 0, "epochs of the next run")


def an_older_copy_of_the_folder_is_as_a_restore(server):
    an_older_copy_is_as_a_restore(server, in_place=False)


def an_older_copy_into_the_files_is_as_a_restore(server):
    an_older_copy_is_as_a_restore(server, in_place=True)


def who_knows_nothing_of_the_lost_may_write_first(server):
    """Then nobody has told the server yet, and lost numbers are given again: all agree nevertheless."""
    with people(server, "ada", "bob") as (ada, bob), Person(server, bob.handle, login=True) as phone:
        place, back = f"@{bob.handle}", f"@{ada.handle}"
        ada.ok("send", place, given=lines(numbered("kept", 3)))
        phone.ok("sync")
        copied(server)
        ada.ok("send", place, given=lines(numbered("lost", 2)))
        bob.ok("sync")
        put_back(server, in_place=True)
        phone.ok("send", back, given=lines(numbered("first", 4)))
        equal(server.metrics()["parley_epochs_begun_total"], 0, "epochs before anybody came who knows")
        ada.ok("send", place, given=lines(numbered("new", 2)))
        equal(server.metrics()["parley_epochs_begun_total"], 1, "epochs")
        expected = numbered("kept", 3) + numbered("first", 4) + numbered("new", 2)
        with Person(server, bob.handle, login=True) as fresh:
            for person, peer in ((ada, place), (bob, back), (phone, back), (fresh, back)):
                texts, lost = shown(person, peer)
                equal([text for text in texts if text not in lost], expected, person.handle)


def the_same_backup_twice_marks_what_came_between(server):
    with people(server, "ada", "bob") as (ada, bob):
        place, back = f"@{bob.handle}", f"@{ada.handle}"
        ada.ok("send", place, "kept")
        file = backed_up(server)
        for life in ("first", "second", "third"):
            ada.ok("send", place, f"of the {life} life")
            bob.ok("sync")
            restored(server, file)
        lost = ["of the first life", "of the second life", "of the third life"]
        ada.ok("send", place, "last")
        for person, other in ((ada, place), (bob, back)):
            equal(shown(person, other), (["kept", *lost, "last"], lost), person.handle)


def a_tail_that_runs_shows_nothing_twice(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "kept")
        tail = bob.tail(f"@{ada.handle}")
        tail.until(lambda one: one.texts() == ["kept"], "the tail has begun")
        file = backed_up(server)
        ada.ok("send", f"@{bob.handle}", "lost")
        tail.until(lambda one: one.texts() == ["kept", "lost"], "live")
        restored(server, file)
        ada.ok("send", f"@{bob.handle}", "new")
        tail.until(lambda one: one.texts() == ["kept", "lost", "new"], "after the restore", 60)


def what_waits_while_the_server_is_restored_goes_out(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "kept")
        file = backed_up(server)
        server.stop()
        ada.refused(5, "--wait", "0", "send", f"@{bob.handle}", given=lines(numbered("waiting", 5)))
        restored(server, file)
        ada.ok("sync")
        equal(shown(bob, f"@{ada.handle}"), (["kept", *numbered("waiting", 5)], []), "what bob sees")


def what_the_backup_does_not_know_stays_readable(server):
    with people(server, "ada", "bob") as (ada, bob):
        file = backed_up(server)
        with Person(server, bob.handle, login=True) as later:
            ada.ok("new", "Later", f"@{bob.handle}")
            ada.ok("send", "Later", "said in a group that is lost")
            equal(later.texts("Later"), ["said in a group that is lost"], "before")
            equal(bob.texts("Later"), ["said in a group that is lost"], "before")
            restored(server, file)
            done = later.refused(3, "conversations")
            assert "parley login" in done.err, done.err
            later.ok("login", bob.handle, "--server", later.address)
            for device in (bob, later):
                equal(device.texts("Later"), ["said in a group that is lost"], "still there")
                device.refused(4, "send", "Later", "is anybody here?")
            ada.ok("new", "Later", f"@{bob.handle}")
            ada.ok("send", "Later", "in the new one")
            equal(bob.texts("Later"), ["in the new one"], "the new group of that name")


def a_lost_disk_is_replaced(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", given=lines(numbered("kept", 20)))
        file = backed_up(server)
        ada.ok("send", f"@{bob.handle}", "lost")
        bob.ok("sync")
        server.kill()
        shutil.rmtree(server.data)
        restored(server, file)
        ada.ok("send", f"@{bob.handle}", "new")
        kept = numbered("kept", 20)
        equal(shown(bob, f"@{ada.handle}"), ([*kept, "lost", "new"], ["lost"]), "nobody had to sign in again")


def backups_are_whole_while_people_write(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        sending = ada.start("--wait", "60", "send", f"@{bob.handle}")
        texts = numbered("line", 6000)
        writer = threading.Thread(target=sending.write, args=(lines(texts),))
        writer.start()
        files = [backed_up(server, f"backup {number}.db") for number in range(5)]
        writer.join()
        sending.process.stdin.close()
        equal(sending.wait(90), 0, f"exit code ({sending.errors})")
        equal(bob.texts(f"@{ada.handle}"), ["first", *texts], "what bob holds")
        restored(server, files[2])
        ada.ok("--wait", "60", "sync")
        messages = bob.history(f"@{ada.handle}")
        there = [one["text"] for one in messages if not one.get("not_on_server")]
        equal(there, ["first", *texts][: len(there)], "a beginning of all")
        equal([one["text"] for one in messages], ["first", *texts], "and bob holds the rest")


def mistakes_are_answered_with_what_to_do(server):
    file = backed_up(server)
    done = parleyd(server, "restore", file)
    equal(done.returncode, 1, "restore while the server runs")
    assert "stop the server" in done.stderr, done.stderr
    equal(server.running, True, "the server")
    parts = ("parley.db", "parley.db-wal", "parley.lock", "parley.db-journal")
    for target in ("/nowhere/backup.db", "/etc/passwd", *(server.data / name for name in parts)):
        done = parleyd(server, "backup", target)
        equal(done.returncode, 1, f"backup to {target}")
        assert str(target) in done.stderr, done.stderr
    server.stop()
    own = (server.folder / "parleyd.toml", server.data, server.data / "parley.db")
    for source in ("/nowhere/backup.db", *own):
        done = parleyd(server, "restore", source)
        equal(done.returncode, 1, f"restore from {source}")
        assert str(source) in done.stderr, done.stderr
    done = parleyd(server, "restore")
    equal(done.returncode, 2, "restore of nothing")
    folder = server.folder / "backups"
    folder.mkdir()
    equal(parleyd(server, "backup", folder).returncode, 0, "without a server, into a folder")
    (made,) = folder.iterdir()
    equal(made.stat().st_mode & 0o777, 0o600, "its rights")
    server.start()
    waiting.until(lambda: server.running, "the server runs on")


CASES = [
    devices_go_on_and_hold_what_they_held,
    an_older_copy_of_the_folder_is_as_a_restore,
    an_older_copy_into_the_files_is_as_a_restore,
    who_knows_nothing_of_the_lost_may_write_first,
    the_same_backup_twice_marks_what_came_between,
    a_tail_that_runs_shows_nothing_twice,
    what_waits_while_the_server_is_restored_goes_out,
    what_the_backup_does_not_know_stays_readable,
    a_lost_disk_is_replaced,
    backups_are_whole_while_people_write,
    mistakes_are_answered_with_what_to_do,
]
