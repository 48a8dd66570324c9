"""The healing, and what devices, server and store have in the end."""
import threading

from device import MARK, PASSWORD
from proof import waiting
from proof.rest import Rest
from proof.session import Account, Session
from proof.store import Store

SETTLE_SECONDS = 120
TAILS_SECONDS = 90
# After this, what a device still has to fetch is asked for by each command anyway.
ROUNDS = 2


def heal(network, service, people):
    """Everything works again; it returns when the server serves."""
    network.open(0)
    network.weather(0, "both", 0, 0, 0, 0)
    service.steering.clock.jump(0)
    service.steering.syncs.fail_at(0)
    service.disk.clear()
    for device in people.devices:
        device.steering.clock.jump(0)
        device.steering.syncs.fail_at(0)
    service.wait_started(-1)


def settle(record, people):
    """Each device sends what it has, all at once, and then fetches what the others have sent."""
    for _ in range(ROUNDS):
        threads = [threading.Thread(target=settle_one, args=(record, device)) for device in people.devices]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def settle_one(record, device):
    began = waiting.now()
    while waiting.now() - began < SETTLE_SECONDS:
        ended = device.run("--wait", "20", "sync")
        if ended.code == 0:
            record.note("settled", device=device.name, seconds=round(waiting.now() - began, 2))
            return
    record.note("settled", device=device.name, seconds=None, problem=ended.problem[-200:])


def wait_for_tails(record, people):
    """Until no tail has shown anything for a while, and each has shown the newest that its device knows."""
    deadline = waiting.now() + TAILS_SECONDS
    tails = [device for device in people.devices if device.tail]
    newest = {device: newest_known(record, device) for device in tails}

    def all_there():
        return all(
            device.tail_shown.get(conversation, 0) >= born
            for device in tails
            for conversation, born in newest[device].items()
        )

    try:
        waiting.until(all_there, "every tail shows everything", TAILS_SECONDS)
    except waiting.TooLate:
        record.note("late_tails", seconds=round(waiting.now() - deadline + TAILS_SECONDS, 1))
    for device in tails:
        number = device.end_tail()
        for conversation in newest[device] if number else ():
            record.note("tail_end", n=number, device=device.name, conversation=conversation)


def newest_known(record, device):
    listed = device.run("--wait", "20", "conversations").said
    return {
        one["conversation"]: one["last"]["born"]
        for one in listed
        if one.get("conversation") and one["present"] and one.get("last")
    }


def collect(people):
    """What every device holds in the end, out of its own mouth."""
    threads = [threading.Thread(target=collect_one, args=(device,)) for device in people.devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def collect_one(device):
    listed = device.run("--wait", "20", "conversations", how="final").said
    for one in listed:
        if "conversation" in one:
            device.run("--wait", "20", "history", one["conversation"], "--all", how="final")
    device.run("--offline", "outbox", how="final")


def ask_server(record, server, people):
    """What the server tells a new device of each account over a raw connection."""
    for handle, account in people.accounts.items():
        body = {"handle": handle, "password": PASSWORD, "device_name": "judge"}
        rest = Rest(server.port)
        judge = Account(rest, handle, rest.ok("POST", "/v1/sessions", body))
        with Session(server, judge) as session:
            for conversation, one in session.states().items():
                counts = {"unread": one.get("unread", 0), "mentions": one.get("mentions", 0)}
                record.note("served", account=account, conversation=conversation, **counts)


def read_store(record, server, without):
    """The stopped server's file, read with SQL of our own; the probe's conversation is left out."""
    store = Store(server.database())
    record.note("store", problems=store.problems)
    for deleted, messages in ((False, store.messages), (True, store.deleted)):
        for conversation, rows in messages.items():
            for row in rows if conversation != without else ():
                about = {"conversation": conversation, "born": row.born, "id": row.id, "sender": row.sender}
                first = store.first_texts.get((conversation, row.born))
                said = {"text": row.text, "first_text": first, "mentions": list(row.mentions)}
                record.note("stored", **about, **said, deleted=deleted)
    for (conversation, account), spans in store.intervals.items():
        for first, last in spans if conversation != without else ():
            record.note("interval", conversation=conversation, account=account, first=first, last=last)
    for (conversation, account), upto in store.positions.items():
        record.note("position", conversation=conversation, account=account, upto=upto)


def look_for_secrets(record, server, people):
    """Texts and passwords in what the server and the clients wrote besides their answers."""
    lines = server.output.splitlines()
    lines += [line for device in people.devices for line in device.problems]
    found = [line for line in lines if MARK in line or PASSWORD in line]
    record.note("secrets", found=[line[:200] for line in found[:20]], lines=len(lines))
