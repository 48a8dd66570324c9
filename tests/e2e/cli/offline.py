"""Without a server, and with one that dies."""
import os
import pathlib
import signal
import time

from person import Person, fresh, people
from proof import waiting
from proof.cases import equal
from together import lines, numbered


def what_is_sent_offline_goes_out_later(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        server.stop()
        done = ada.refused(5, "--wait", "1", "send", f"@{bob.handle}", "second")
        assert "queued" in done.out and "connection refused" in done.out, done.out
        done = ada.ok("send", "--no-wait", f"@{bob.handle}", "third")
        assert "queued" in done.out, done.out
        ada.refused(5, "--offline", "send", f"@{bob.handle}", "fourth")
        shown = ada.ok("--offline", "history", f"@{bob.handle}", "--json").objects
        equal([one["text"] for one in shown], ["first", "second", "third", "fourth"], "what ada sees")
        equal([one["state"] for one in shown[1:]], ["sending"] * 3, "their states")
        equal(len(ada.ok("--offline", "outbox", "--json").objects), 3, "what waits")
        done = ada.refused(7, "--wait", "1", "sync")
        assert "cannot be reached" in done.err, done.err
        server.start()
        ada.ok("sync")
        equal(bob.texts(f"@{ada.handle}"), ["first", "second", "third", "fourth"], "what bob sees")


def reading_works_offline(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", given=lines(numbered("line", 50)))
        bob.ok("sync")
        server.stop()
        equal(bob.texts(f"@{ada.handle}"), numbered("line", 50), "history")
        (one,) = bob.conversations()
        equal((one["unread"], one["last"]["text"]), (50, "line 49"), "conversations")
        bob.refused(7, "--wait", "1", "send", "@somebody.else", "x")
        bob.refused(7, "--wait", "1", "invite")


def a_group_can_be_made_and_used_offline(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        server.stop()
        ada.refused(5, "--wait", "1", "new", "Team", f"@{bob.handle}")
        ada.refused(5, "--wait", "1", "send", "Team", "hello team")
        (shown,) = ada.ok("--offline", "history", "Team", "--json").objects
        equal((shown["text"], shown["state"]), ("hello team", "sending"), "what ada sees")
        done = ada.refused(4, "--offline", "members", "Team")
        assert "not on the server yet" in done.err, done.err
        server.start()
        ada.ok("sync")
        equal(bob.texts("Team"), ["hello team"], "what bob sees")


def what_is_said_to_somebody_new_is_shown_before_the_server_knows(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("profile", f"@{bob.handle}")
        ada.ok("new", "Team", f"@{bob.handle}")
        started = time.monotonic()
        ada.refused(5, "--offline", "send", f"@{bob.handle}", "hello")
        ada.refused(5, "--offline", "send", f"@{bob.handle}", "are you there?")
        for words in (("--all",), ("-n", "5")):
            shown = ada.ok("--offline", "history", f"@{bob.handle}", *words, "--json").objects
            equal([one["text"] for one in shown], ["hello", "are you there?"], "what ada sees")
        shown = ada.ok("--offline", "conversations", "--json").objects
        equal(shown[0]["last"]["text"], "are you there?", "in the list")
        done = ada.refused(5, "--offline", "new", "Crew", f"@{bob.handle}")
        assert "--offline" in done.err, done.err
        took = time.monotonic() - started
        assert took < 8, f"without the server nothing is waited for: {took:.1f} s"
        ada.ok("sync")
        equal(bob.texts(f"@{ada.handle}"), ["hello", "are you there?"], "what bob sees")


def an_old_handle_is_used_for_nobody_while_the_server_cannot_be_asked(server):
    with people(server, "ada", "bob") as (ada, bob):
        old, new = ada.handle, fresh("lovelace")
        ada.ok("new", "Team", f"@{bob.handle}")
        bob.ok("sync")
        # The name that bob's device knows: the server keeps it for ada, whatever she is called now.
        bob.refused(5, "--offline", "send", f"@{old}", "early")
        ada.ok("profile", "--handle", new)
        bob.ok("sync")
        ada.ok("send", f"@{bob.handle}", "hello")
        bob.ok("sync")
        server.stop()
        done = bob.refused(7, "--wait", "1", "send", f"@{old}", "to an old name")
        assert f"@{old} is not known on this device" in done.err, done.err
        bob.refused(5, "--wait", "1", "send", f"@{new}", "late")
        equal(len(bob.ok("--offline", "outbox", "--json").objects), 1, "what waits")
        server.start()
        bob.ok("sync")
        equal(ada.texts(f"@{bob.handle}"), ["early", "hello", "late"], "what ada sees")


def all_of_a_long_outbox_is_listed(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        texts = numbered("line", 1200)
        ada.refused(5, "--offline", "send", f"@{bob.handle}", given=lines(texts))
        listed = ada.ok("--offline", "outbox", "--json").objects
        equal([one["text"] for one in listed], texts, "the outbox")
        ada.ok("--wait", "60", "sync")
        equal(bob.texts(f"@{ada.handle}"), ["first", *texts], "what bob sees")


def a_server_that_dies_again_and_again_loses_and_repeats_nothing(server):
    with people(server, "ada", "bob") as (ada, bob):
        texts = numbered("line", 3000)
        sending = ada.start("--wait", "60", "send", f"@{bob.handle}", "--json")
        watching = bob.tail()
        sent = 0
        for kill in range(4):
            sending.write(lines(texts[sent : sent + 600]))
            sent += 600
            sending.until(lambda one, at=kill * 600 + 100: len(one.lines) > at, "some are accepted", 60)
            server.kill()
            server.start()
        sending.write(lines(texts[sent:]))
        sending.process.stdin.close()
        equal(sending.wait(90), 0, f"exit code ({sending.errors})")
        equal([one["state"] for one in sending.objects], ["sent"] * 3000, "states")
        equal(bob.texts(f"@{ada.handle}"), texts, "what bob holds")
        watching.until(lambda one: len(one.lines) >= 3000, "tail has seen all", 60)
        equal(watching.texts(), texts, "what tail showed")


def a_client_that_is_killed_loses_nothing_that_it_said_was_queued(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        sending = ada.start("send", f"@{bob.handle}", "--no-wait", "--json")
        sending.write(lines(numbered("line", 3000)))
        sending.until(lambda one: len(one.lines) >= 1000, "some are queued")
        sending.end(signal.SIGKILL)
        queued = sum(one["state"] == "queued" for one in sending.objects if one)
        ada.ok("--wait", "60", "sync")
        texts = bob.texts(f"@{ada.handle}")
        assert len(texts) > queued, f"{queued} were said to be queued, {len(texts) - 1} arrived"
        equal(texts, ["first", *numbered("line", len(texts) - 1)], "a beginning of all, once and in order")


def many_lines_stream_in_little_memory(server):
    with people(server, "ada", "bob") as (ada, bob):
        texts = numbered("line of some length, as people write them, number", 20000)
        sending = ada.start("--wait", "60", "send", f"@{bob.handle}")
        sending.write(lines(texts))
        memory = memory_kib(sending.process.pid)
        sending.process.stdin.close()
        equal(sending.wait(120), 0, f"exit code ({sending.errors})")
        assert memory < 64 * 1024, f"{memory} KiB"
        equal(bob.texts(f"@{ada.handle}"), texts, "what bob sees")


def memory_kib(pid):
    """The most that it ever had."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def a_running_tail_comes_back_with_the_server(server):
    with people(server, "ada", "bob") as (ada, bob):
        tail = bob.tail()
        ada.ok("send", f"@{bob.handle}", "before")
        tail.until(lambda one: one.texts() == ["before"], "the first")
        server.stop()
        server.start()
        ada.ok("send", f"@{bob.handle}", "after")
        tail.until(lambda one: one.texts() == ["before", "after"], "the second", 60)
        waiting.until(lambda: bob.status()["connection"] == "online", "bob is online")


def a_command_does_not_wait_for_the_next_try_of_the_one_that_runs(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        tail = bob.tail()
        server.stop()
        # Each makes it try; with every failure it would wait longer by itself.
        for _ in range(6):
            bob.refused(7, "--wait", "1", "sync")
        server.start()
        ada.ok("send", f"@{bob.handle}", "second")
        equal(bob.texts(f"@{ada.handle}"), ["first", "second"], "what bob sees")
        tail.until(lambda one: one.texts()[-1:] == ["second"], "what comes in")


def a_sign_out_that_the_server_does_not_answer_is_not_called_told(server):
    with people(server, "ada") as (ada,):
        # The one that runs is still online when the server falls silent.
        ada.tail()
        os.kill(server.pid, signal.SIGSTOP)
        waiting.until_stopped(server.pid)
        try:
            done = ada.ok("--wait", "1", "logout", "--json")
        finally:
            os.kill(server.pid, signal.SIGCONT)
        equal(done.objects, [{"told_server": False, "dropped": 0}], "what it says")
        assert "did not confirm" in done.err, done.err


def a_silent_server_is_waited_for_once_and_not_for_each_name(server):
    with people(server, "ada", "bob", "cyd", "dee") as (ada, *others):
        names = [f"@{one.handle}" for one in others]
        for name in names:
            ada.ok("send", name, "hello")
        os.kill(server.pid, signal.SIGSTOP)
        waiting.until_stopped(server.pid)
        try:
            started = time.monotonic()
            ada.refused(5, "--wait", "2", "new", "Crew", *names)
            took = time.monotonic() - started
        finally:
            os.kill(server.pid, signal.SIGCONT)
        # Once before the names and once for the answer.
        assert took < 6.5, f"took {took:.1f} s"
        ada.ok("sync")


def tail_says_that_the_server_is_gone_and_back(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "hello")
        server.stop()
        tail = bob.start("tail", "--json")
        gone = "The server cannot be reached; trying again."
        tail.until(lambda one: any(gone in line for line in one.errors), "it says so")
        server.start()
        tail.until(lambda one: any("Connected again." in line for line in one.errors), "it is back", 60)
        equal(sum(gone in line for line in tail.errors), 1, f"said once: {tail.errors}")
        equal(tail.end(signal.SIGINT), 0, "exit code")


def who_comes_through_another_parley_learns_why_the_server_is_out_of_reach(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        server.stop()
        for options in (("--offline",), ()):
            tail = ada.tail(*options)
            done = ada.refused(5, "--wait", "2", "send", f"@{bob.handle}", "second")
            assert "connection refused" in done.out, done.out
            done = ada.ok("status")
            assert "connection refused" in done.out and "goes through it" in done.out, done.out
            equal(tail.end(), 0, "exit code")
        server.start()
        ada.ok("sync")
        equal(bob.texts(f"@{ada.handle}"), ["first", "second", "second"], "what bob sees")


def a_sign_out_offline_tells_the_server_nothing(server):
    with people(server, "ada") as (ada,), Person(server, ada.handle, login=True) as two:
        done = two.ok("--offline", "logout", "--json")
        equal(done.objects, [{"told_server": False, "dropped": 0}], "what it says")
        assert "because of --offline" in done.err, done.err
        two.refused(3, "conversations")
        equal(len(ada.ok("devices", "--json").objects), 2, "devices that the server lists")


def a_groups_first_message_waits_together_with_it(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "first")
        words = ("new", "Team", f"@{bob.handle}", "-m", "hello team", "--json")
        done = ada.refused(5, "--offline", *words)
        (said,) = done.objects
        equal((said["title"], said["state"]), ("Team", "queued"), "what is said")
        assert "Team and its first message" in done.problem["message"], done.err
        (shown,) = ada.ok("--offline", "history", "Team", "--json").objects
        equal((shown["text"], shown["id"]), ("hello team", said["id"]), "what ada sees")
        ada.ok("sync")
        equal(bob.texts("Team"), ["hello team"], "what bob sees")
        (said,) = ada.ok("new", "Crew", f"@{bob.handle}", "-m", "hello crew", "--json").objects
        equal(said["state"], "sent", "with the server")
        equal(bob.texts(said["conversation"]), ["hello crew"], "what bob sees of it")
        ada.refused(1, "new", "Third", f"@{bob.handle}", "-m", "x" * 8001)
        equal(sum(one.get("title") == "Third" for one in ada.conversations()), 0, "all or nothing")


def all_removals_wait_together(server):
    with people(server, "ada", "bob", "cyd") as (ada, bob, cyd):
        names = (f"@{bob.handle}", f"@{cyd.handle}")
        ada.ok("new", "Team", *names)
        ada.ok("sync")
        done = ada.refused(5, "--offline", "remove", "Team", *names)
        assert f"the removal of {', '.join(names)} from Team" in done.err, done.err
        equal(len(ada.ok("--offline", "outbox", "--json").objects), 2, "what waits")
        ada.ok("sync")
        present = [one["handle"] for one in ada.ok("members", "Team", "--json").objects if one["present"]]
        equal(present, [ada.handle], "who is left")


def what_was_refused_is_put_back_without_the_server(server):
    with people(server, "ada") as (ada,):
        nothing = "01941f38-0000-7000-8000-000000000000"
        ada.refused(4, "send", f"@{ada.handle}", "--reply-to", nothing, "to nothing")
        done = ada.refused(5, "--offline", "outbox", "--retry", "all")
        assert "1 put back into the outbox." in done.out, done.out
        equal(ada.ok("--offline", "outbox", "--json").objects[0]["state"], "queued", "its state")


def a_question_that_is_lost_on_the_way_does_not_wait_in_the_outbox(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.tail()
        waiting.until(lambda: ada.status()["connection"] == "online", "ada is online")
        os.kill(server.pid, signal.SIGSTOP)
        waiting.until_stopped(server.pid)
        try:
            ada.refused(7, "--wait", "1", "profile", f"@{bob.handle}")
            (status,) = ada.ok("--offline", "status", "--json").objects
            equal(status["waiting"], 0, "commands that wait")
        finally:
            os.kill(server.pid, signal.SIGCONT)
        ada.ok("logout")


def unread_by(server):
    """Whether something has come to the server that it has not read."""
    with open("/proc/net/tcp", encoding="ascii") as connections:
        for _, local, _, state, queues, *_ in map(str.split, connections.readlines()[1:]):
            if int(local.split(":")[1], 16) == server.port and state == "01":
                return int(queues.split(":")[1], 16) > 0
    return False


def has_taken_signals(process):
    """None waits for it any more, and it has done what it had to do, and sleeps or has ended."""
    if process.poll() is not None:
        return True
    status = (pathlib.Path("/proc") / str(process.pid) / "status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    pending = int(fields["SigPnd"], 16) | int(fields["ShdPnd"], 16)
    return pending == 0 and fields["State"][0] in "SZ"


def who_interrupts_a_sign_in_is_told_so(server):
    with people(server, "ada") as (ada,), Person(server, ada.handle, register=False) as two:
        for granted in (False, True):
            os.kill(server.pid, signal.SIGSTOP)
            waiting.until_stopped(server.pid)
            try:
                signing_in = two.start("login", ada.handle, "--server", two.address)
                waiting.until(lambda: unread_by(server), "the question waits for the server")
                assert list(two.home.glob("*/server")), "it is written down where the account will be found"
                signing_in.send_signal(signal.SIGINT)
                if not granted:
                    equal(signing_in.wait(20), 130, "exit code")
                waiting.until(lambda: has_taken_signals(signing_in.process), "the process knows of it")
            finally:
                os.kill(server.pid, signal.SIGCONT)
            equal(signing_in.wait(20), 130, "exit code")
            assert "Interrupted" in signing_in.errors[-1], signing_in.errors
            if not granted:
                equal([file.name for file in two.folder.iterdir()], ["owner"], "what is left")
        # What the server said while the process was ending is kept.
        equal(two.status()["connection"], "online", "the device that was signed in")


CASES = [
    who_comes_through_another_parley_learns_why_the_server_is_out_of_reach,
    tail_says_that_the_server_is_gone_and_back,
    a_sign_out_offline_tells_the_server_nothing,
    a_groups_first_message_waits_together_with_it,
    all_removals_wait_together,
    what_was_refused_is_put_back_without_the_server,
    a_question_that_is_lost_on_the_way_does_not_wait_in_the_outbox,
    who_interrupts_a_sign_in_is_told_so,
    a_silent_server_is_waited_for_once_and_not_for_each_name,
    what_is_sent_offline_goes_out_later,
    reading_works_offline,
    a_group_can_be_made_and_used_offline,
    what_is_said_to_somebody_new_is_shown_before_the_server_knows,
    an_old_handle_is_used_for_nobody_while_the_server_cannot_be_asked,
    all_of_a_long_outbox_is_listed,
    a_server_that_dies_again_and_again_loses_and_repeats_nothing,
    a_client_that_is_killed_loses_nothing_that_it_said_was_queued,
    many_lines_stream_in_little_memory,
    a_running_tail_comes_back_with_the_server,
    a_command_does_not_wait_for_the_next_try_of_the_one_that_runs,
    a_sign_out_that_the_server_does_not_answer_is_not_called_told,
]
