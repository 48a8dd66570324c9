"""What operators keep: backups, restores, and what becomes of damage."""
import resource
import shutil
import threading

from proof import waiting
from proof.cases import equal
from proof.server import Server, run_parleyd
from proof.session import Account, Session
from proof.websocket import Closed
from proof.store import Store

RESTORE_JUMP = 1 << 30


def run(cases):
    for body in (
        backup_and_restore,
        a_backup_that_is_damaged,
        copies_put_back_twice,
        damaged_rows,
        a_store_that_takes_nothing_more,
    ):
        cases.run(f"keeping: {body.__name__.replace('_', ' ')}", body)


def backup_and_restore():
    """A backup while people write; a restore makes a new epoch, and no number comes twice."""
    with Server() as server:
        ada, bob = Account.register(server, "ada"), Account.register(server, "bob")
        with Session(server, ada) as session:
            group = session.create_group("kept", [bob])
            for number in range(200):
                session.send_message(group, f"before {number}")
            file = server.folder / "backup.db"
            config = server.folder / "parleyd.toml"
            stop = threading.Event()
            writer = threading.Thread(target=write_on, args=(server, bob, group, stop))
            writer.start()
            made = run_parleyd("--config", config, "backup", file)
            stop.set()
            writer.join(30)
            equal(made.returncode, 0, f"the backup ({made.stderr})")
            after = session.send_message(group, "after the backup")
            epoch, token = session.epoch, session.settle()["payload"]["token"]
            head = after["seq"]
        server.stop()
        kept = [one.text for one in Store(file).messages[group]]
        equal(kept[:200], [f"before {number}" for number in range(200)], "what the backup holds")
        restored = run_parleyd("--config", config, "restore", file)
        equal(restored.returncode, 0, f"the restore ({restored.stderr})")
        server.start()
        with Session(server, ada, token=token) as session:
            assert session.epoch != epoch, "the epoch is the old one"
            state = session.states()[group]
            assert state["restored_from"] < head, "restored_from"
            assert state["head"] >= state["restored_from"] + RESTORE_JUMP, "no number may come twice"
            seq = session.send_message(group, "after the restore")["seq"]
            assert seq > head + RESTORE_JUMP // 2, seq
            equal(session.texts(group), kept + ["after the restore"], "what is there")
            again = session.send_message(group, "after the backup", id=after["re"])
            assert again["seq"] > seq, "an own message that was lost is taken again under its id"


def a_backup_that_is_damaged():
    """Whoever restores is told which file it is and what to do, and nothing is left of the try."""
    with Server() as server:
        with Session(server, Account.register(server, "ada")) as session:
            group = session.create_group("kept", [])
            for number in range(100):
                session.send_message(group, f"message {number} " + "x" * 500)
        file = server.folder / "backup.db"
        made = run_parleyd("--config", server.folder / "parleyd.toml", "backup", file)
        equal(made.returncode, 0, f"the backup ({made.stderr})")
        whole = file.read_bytes()
        # The tree of pages that it is, from the second on; the first says what it is a file of.
        file.write_bytes(whole[:4096] + bytes(8192) + whole[12288:])
        elsewhere = server.folder / "elsewhere"
        restored = run_parleyd("--data", elsewhere, "restore", file)
        equal(restored.returncode, 1, f"the restore ({restored.stdout})")
        assert f"{file} is damaged" in restored.stderr, restored.stderr
        assert "take another backup" in restored.stderr, restored.stderr
        assert not elsewhere.exists(), sorted(elsewhere.iterdir())


def copies_put_back_twice():
    """The same copy is put back by hand over and over: epochs rise, and no number comes twice."""
    with Server() as server:
        ada = Account.register(server, "ada")
        with Session(server, ada) as session:
            group = session.create_group("kept", [])
            session.send_message(group, "kept")
        server.stop()
        copy = server.folder / "copy"
        shutil.copytree(server.data, copy)
        server.start()
        past = Past(server, ada, group)
        for remembers in (False, False, True):
            server.stop()
            # As a snapshot of the disk would be: each file stays the one that it is.
            server.database().write_bytes((copy / "parley.db").read_bytes())
            if not remembers:
                server.database().with_name("parley.db.restored").unlink(missing_ok=True)
            server.start()
            equal(server.metrics()["parley_epochs_begun_total"], int(remembers), "epochs of the start")
            if not remembers:
                with Session(server, ada, resume=False) as session:
                    session.send("resume", {"token": past.token})
                    equal(session.close_code(), 1001, "how a session ends at which an epoch begins")
            equal(server.metrics()["parley_epochs_begun_total"], 1, "epochs")
            past.goes_on()
        server.stop()
        shutil.rmtree(server.data)
        shutil.copytree(copy, server.data)
        invite = run_parleyd("--config", server.folder / "parleyd.toml", "invite")
        equal(invite.returncode, 0, f"the invite ({invite.stderr})")
        assert "a new epoch begins" in invite.stderr + invite.stdout, invite
        server.start()
        equal(server.metrics()["parley_epochs_begun_total"], 0, "epochs of the start: the invite had one")
        with Session(server, ada) as session:
            equal(session.texts(group), ["kept"], "what is there")


class Past:
    """What a device has of all stores that there were."""

    def __init__(self, server, account, group):
        self.server, self.account, self.group = server, account, group
        self.epoch, self.seq, self.token = 0, 0, None
        self.goes_on()

    def goes_on(self):
        with Session(self.server, self.account, token=self.token) as session:
            assert session.epoch > self.epoch, f"{session.epoch} after {self.epoch}"
            seq = session.send_message(self.group, "lost")["seq"]
            assert seq > self.seq, f"{seq} is not behind {self.seq}, which was given before"
            self.epoch, self.seq = session.epoch, seq
            self.token = session.settle()["payload"]["token"]


def write_on(server, account, group, stop):
    with Session(server, account) as session:
        number = 0
        while not stop.is_set() or number < 50:
            session.send_message(group, f"meanwhile {number}")
            number += 1


def flip_bits_in(path, text):
    """One bit of each place where the text stands in the file."""
    content = bytearray(path.read_bytes())
    at = content.find(text)
    assert at >= 0, f"{text} is not in {path}"
    while at >= 0:
        content[at + 3] ^= 1
        at = content.find(text, at + len(text))
    path.write_bytes(content)


def damaged_rows():
    """A flipped bit on the disk: found without anybody reading it, told to the operator, served to nobody."""
    with Server({"store.scrub_rows_per_second": 100_000}) as server:
        ada = Account.register(server, "ada")
        with Session(server, ada) as session:
            group = session.create_group("kept", [])
            for number in range(100):
                session.send_message(group, f"marker {number:05}")
        server.stop()
        file = server.folder / "backup.db"
        config = server.folder / "parleyd.toml"
        equal(run_parleyd("--config", config, "backup", file).returncode, 0, "a backup of the sound store")
        for number in (7, 70):
            flip_bits_in(server.database(), f"marker {number:05}".encode())
        server.start()
        waiting.until(lambda: server.metrics()["parley_scrub_rounds_total"] >= 1, "the store is scrubbed")
        equal(server.metrics()["parley_damaged_rows"], 2, "damaged rows")
        assert server.metrics()["parley_scrubbed_rows_total"] > 200, "each row is come to from two sides"
        assert "store damaged" in server.output, server.output
        expected = [f"marker {number:05}" for number in range(100) if number not in (7, 70)]
        with Session(server, ada) as session:
            equal(session.texts(group), expected, "what is served")
            session.send_message(group, "and on it goes")
        made = run_parleyd("--config", config, "backup", server.folder / "damaged.db")
        equal(made.returncode, 1, "the exit code of a backup of the damaged store")
        assert "2 of the" in made.stderr and "damaged" in made.stderr, made.stderr
        server.stop()
        equal(run_parleyd("--config", config, "restore", file).returncode, 0, "the restore")
        server.start()
        with Session(server, ada) as session:
            equal(len(session.texts(group)), 100, "messages after the restore")
        waiting.until(
            lambda: server.metrics()["parley_scrub_rounds_total"] >= 1, "the restored store is scrubbed"
        )
        equal(server.metrics()["parley_damaged_rows"], 0, "damaged rows after the restore")


def a_store_that_takes_nothing_more():
    """Not even its own mark: the server says so and ends, and has accepted nothing that is not there."""
    # A write behind the limit on the size of a file ends who has not, as here, asked to hear of it.
    with Server(started_with={"restore_signals": False}) as server:
        ada = Account.register(server, "ada")
        with Session(server, ada) as session:
            group = session.create_group("kept", [])
            accepted = [f"{number} " + "x" * 7900 for number in range(20)]
            for text in accepted:
                session.send_message(group, text)
            # The log stands behind it, what the server prints before it.
            limit = 100_000
            assert len(server.output) < limit < (server.data / "parley.db-wal").stat().st_size
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (limit, limit))
            try:
                refused = session.refusal("message.send", {"target": {"stream": group}, "text": "not taken"})
            except Closed:
                refused = "closed"
            assert refused in ("internal", "closed"), refused
        equal(server.process.wait(30), 1, "the exit code")
        assert "store broken" in server.output, server.output
        server.start()
        with Session(server, ada) as session:
            equal(session.texts(group), accepted, "what is there")
            session.send_message(group, "and on it goes")
