"""Direct conversations and groups: sending, reading, watching, members."""
from person import Person, people
from proof import waiting
from proof.cases import equal


def two_people_talk(server):
    with people(server, "ada", "bob") as (ada, bob):
        done = ada.ok("send", f"@{bob.handle}", "hello", "bob")
        assert done.out.startswith("Sent to"), done.out
        equal(bob.texts(f"@{ada.handle}"), ["hello bob"], "what bob sees")
        bob.ok("send", f"@{ada.handle}", "hello ada")
        messages = ada.history(f"@{bob.handle}")
        equal([one["text"] for one in messages], ["hello bob", "hello ada"], "what ada sees")
        equal([one["own"] for one in messages], [True, False], "whose")
        equal(messages[1]["from"], bob.handle, "from whom")


def each_line_of_input_is_a_message(server):
    with people(server, "ada", "bob") as (ada, bob):
        done = ada.ok("send", f"@{bob.handle}", "--json", given="one\n\ntwo\r\n  three \nlast")
        equal([one["state"] for one in done.objects], ["sent"] * 4, "states")
        equal(bob.texts(f"@{ada.handle}"), ["one", "two", "  three ", "last"], "what bob sees")


def each_line_is_reported_in_its_order(server):
    with people(server, "ada", "bob") as (ada, bob):
        lines = [f"line {number}" for number in range(1, 41)]
        done = ada.ok("send", f"@{bob.handle}", "--json", given="\n".join(lines))
        equal([one["line"] for one in done.objects], list(range(1, 41)), "the lines")
        long = "x" * 8001
        done = ada.refused(1, "send", f"@{bob.handle}", given="\n".join([long, "one", long, "two", long]))
        assert "3 messages refused. The first: Line 1: " in done.err, done.err


def texts_arrive_byte_for_byte(server):
    texts = ["\u202eevil\u202c", "tab\there", "\x1b[31mred", "e\u0301\u0301", "\U0001f469\u200d\U0001f467"]
    texts += ["<b>&amp;\\n\"'", "  ", "\x7f\x80\x9b", "\ufeff", "x" * 8000]
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", given="\n".join(texts))
        equal(bob.texts(f"@{ada.handle}"), texts, "what bob sees")


def all_of_input_can_be_one_message(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "--whole", given="one\n\ntwo\n")
        equal(bob.texts(f"@{ada.handle}"), ["one\n\ntwo"], "what bob sees")


def what_can_never_be_accepted_is_refused_and_the_rest_goes_on(server):
    with people(server, "ada", "bob") as (ada, bob):
        done = ada.refused(1, "send", f"@{bob.handle}", given="one\n" + "x" * 8001 + "\ntwo\n")
        assert "2 messages sent" in done.out, done.out
        equal(bob.texts(f"@{ada.handle}"), ["one", "two"], "what bob sees")


def an_overlong_line_is_one_line(server):
    """Its end is no message of its own, and the next line is the next."""
    with people(server, "ada", "bob") as (ada, bob):
        done = ada.refused(1, "send", f"@{bob.handle}", given="x" * (1 << 20) + "tail\nnext\n", seconds=120)
        assert "1 message sent" in done.out or "Sent to" in done.out, done.out
        equal(bob.texts(f"@{ada.handle}"), ["next"], "what bob sees")


def tail_shows_messages_as_they_come(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "before")
        tail = bob.tail(f"@{ada.handle}")
        tail.until(lambda one: one.texts() == ["before"], "the newest are shown first")
        expected = ["before"]
        for number in range(20):
            ada.ok("send", f"@{bob.handle}", f"message {number}")
            expected.append(f"message {number}")
        tail.until(lambda one: one.texts() == expected, "every message once, in order")
        born = [one["born"] for one in tail.objects]
        equal(born, sorted(set(born)), "places")
        equal(tail.end(), 0, "exit code")


def tail_of_everything_sees_new_conversations(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        tail = bob.tail()
        tail.until(lambda _: bob.status()["connection"] == "online", "bob is online")
        ada.ok("send", f"@{bob.handle}", "from ada")
        eve.ok("new", "Team", f"@{bob.handle}", "-m", "from eve")
        tail.until(lambda one: sorted(one.texts()) == ["from ada", "from eve"], "both")
        equal({one.get("title") for one in tail.objects}, {None, "Team"}, "titles")


def tail_ends_when_nobody_reads_it(server):
    with people(server, "ada", "bob") as (ada, bob):
        tail = bob.start_into_a_closed_pipe("tail", "--json")
        waiting.until(lambda: bob.listens(tail), "tail listens")
        ada.ok("send", f"@{bob.handle}", "one")
        equal(tail.wait(20), 0, "exit code")


def groups_from_making_to_leaving(server):
    with people(server, "ada", "bob", "eve") as (ada, bob, eve):
        (made,) = ada.ok("new", "Team", f"@{bob.handle}", "--json").objects
        stream = made["conversation"]
        ada.ok("send", "Team", "welcome")
        equal(bob.texts("Team"), ["welcome"], "what bob sees")
        ada.ok("add", "Team", f"@{eve.handle}")
        bob.ok("send", "Team", "hello eve")
        equal(eve.texts(stream), ["hello eve"], "what eve sees: nothing from before")
        bob.refused(1, "remove", "Team", f"@{eve.handle}")
        ada.ok("remove", "Team", f"@{eve.handle}")
        ada.ok("send", "Team", "secret")
        eve.refused(4, "send", stream, "still here?")
        equal(eve.texts(stream), ["hello eve", "still here?"], "what eve holds")
        ada.ok("rename", "Team", "Crew")
        bob.ok("sync")
        bob.refused(4, "send", "Team", "x")
        bob.ok("leave", "Crew")
        members = {one["handle"]: one["present"] for one in ada.ok("members", "Crew", "--json").objects}
        equal(members, {ada.handle: True, bob.handle: False, eve.handle: False}, "members")


def a_group_that_is_new_on_this_device_is_found(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("new", "Team", f"@{bob.handle}")
        bob.ok("send", "Team", "at once")
        equal(ada.texts("Team"), ["at once"], "what ada sees")


def the_same_title_twice_must_be_told_apart(server):
    with people(server, "ada", "bob") as (ada, bob):
        first = ada.ok("new", "Team", f"@{bob.handle}", "--json").objects[0]["conversation"]
        second = ada.ok("new", "Team", f"@{bob.handle}", "--json").objects[0]["conversation"]
        done = ada.refused(4, "send", "Team", "x")
        assert first in done.err and second in done.err, done.err
        ada.ok("send", second, "by id")
        equal(bob.texts(second), ["by id"], "what bob sees")


def unread_is_counted_and_read_ends_it(server):
    with people(server, "ada", "bob") as (ada, bob), Person(server, bob.handle, login=True) as phone:
        ada.ok("send", f"@{bob.handle}", given="one\ntwo\nthree\n")
        ada.ok("send", f"@{bob.handle}", "four", "--mention", f"@{bob.handle}")
        (one,) = bob.conversations()
        equal((one["unread"], one["mentions"], one["last"]["text"]), (4, 1, "four"), "before")
        bob.ok("read", f"@{ada.handle}")
        for device in (bob, phone):
            (one,) = device.conversations()
            equal((one["unread"], one["mentions"]), (0, 0), "after, on every device")
        waiting.until(lambda: ada.history(f"@{bob.handle}")[-1]["state"] == "read", "ada sees it")


def history_in_parts(server):
    with people(server, "ada", "bob") as (ada, bob):
        texts = [f"message {number}" for number in range(450)]
        ada.ok("send", f"@{bob.handle}", given="\n".join(texts))
        equal(bob.texts(f"@{ada.handle}"), texts, "all")
        newest = bob.ok("history", f"@{ada.handle}", "-n", "3", "--json").objects
        equal([one["text"] for one in newest], texts[-3:], "the newest")
        born = newest[0]["born"]
        before = bob.ok("history", f"@{ada.handle}", "-n", "2", "--before", born, "--json").objects
        equal([one["text"] for one in before], texts[-5:-3], "those before")


def replies_name_what_they_answer(server):
    with people(server, "ada", "bob") as (ada, bob):
        ada.ok("send", f"@{bob.handle}", "question")
        (question,) = bob.history(f"@{ada.handle}")
        bob.ok("send", f"@{ada.handle}", "answer", "--reply-to", question["id"])
        equal(ada.history(f"@{bob.handle}")[-1]["reply_to"], question["id"], "what it answers")


def says_who_is_not_there(server):
    with people(server, "ada") as (ada,):
        done = ada.refused(4, "send", "@nobody.here", "x")
        assert "nobody" in done.err, done.err
        done = ada.refused(4, "send", "nobody", "x")
        assert "@nobody" in done.err, done.err
        ada.refused(2, "send", "@Not A Handle", "x")
        ada.refused(2, "frobnicate")
        ada.refused(2, "send")
        nothing = "01941f38-0000-7000-8000-000000000000"
        ada.refused(4, "send", f"@{ada.handle}", "--reply-to", nothing, "to nothing")


def what_one_sends_to_oneself_is_saved(server):
    with people(server, "ada", "bob") as (ada, bob):
        assert "Sent to Saved messages." in ada.ok("send", f"@{ada.handle}", "buy milk").out
        ada.ok("send", "Saved messages", "and bread")
        equal(ada.texts("Saved messages"), ["buy milk", "and bread"], "what is saved")
        assert "Saved messages" in ada.ok("conversations").out
        (saved,) = ada.conversations()
        equal((saved["kind"], saved["peer"], saved["members"]), ("direct", ada.handle, 1), "as it is listed")
        equal((saved["unread"], saved["badge"]), (0, 0), "what waits for her")
        equal([one["state"] for one in ada.history("Saved messages")], ["sent", "sent"], "how far it came")
        # Offline and before the first one, too; and nobody else has any of it.
        bob.refused(5, "--offline", "send", "Saved messages", "later")
        assert "Saved messages" in bob.ok("--offline", "conversations").out
        bob.ok("sync")
        equal(bob.texts(f"@{bob.handle}"), ["later"], "what is saved")
        equal(len(bob.conversations()), 1, "what bob has")


CASES = [
    what_one_sends_to_oneself_is_saved,
    two_people_talk,
    each_line_of_input_is_a_message,
    each_line_is_reported_in_its_order,
    texts_arrive_byte_for_byte,
    all_of_input_can_be_one_message,
    what_can_never_be_accepted_is_refused_and_the_rest_goes_on,
    an_overlong_line_is_one_line,
    tail_shows_messages_as_they_come,
    tail_of_everything_sees_new_conversations,
    tail_ends_when_nobody_reads_it,
    groups_from_making_to_leaving,
    a_group_that_is_new_on_this_device_is_found,
    the_same_title_twice_must_be_told_apart,
    unread_is_counted_and_read_ends_it,
    history_in_parts,
    replies_name_what_they_answer,
    says_who_is_not_there,
]
