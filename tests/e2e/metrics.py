"""What /metrics says, read as Prometheus reads it."""
import re

from prometheus_client.parser import text_string_to_metric_families as families_of
from proof import waiting
from proof.cases import equal
from proof.disk import slow_disk
from proof.rest import Rest
from proof.server import Server
from proof.session import Account, Session

# https://prometheus.io/docs/practices/naming: base units, and what is counted ends with _total.
ODD_UNITS = re.compile(r"_(?:ms|us|ns|millis|milliseconds|kb|mb|kib|mib)(?:_|$)")


def run(cases):
    for body in (
        metrics_are_well_formed,
        a_message_is_counted_once,
        what_happens_is_measured,
        times_are_those_that_pass,
    ):
        cases.run(f"metrics: {body.__name__.replace('_', ' ')}", body)


def metrics_are_well_formed():
    with Server() as server:
        with Session(server, Account.register(server, "ada")) as session:
            session.send_message(session.create_group("x", []), "counted")
        answer = Rest(server.port).call("GET", "/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4"), answer.headers
        families = list(families_of(answer.body.decode()))
        assert len(families) > 20, f"only {len(families)} metrics"
        names = [family.name for family in families]
        equal(sorted(set(names)), sorted(names), "each metric stands in one place")
        for family in families:
            assert family.name.startswith("parley_"), family.name
            assert family.documentation.endswith("."), f"{family.name} is not explained by a sentence"
            assert family.type in ("counter", "gauge", "histogram"), f"{family.name}: {family.type}"
            assert not ODD_UNITS.search(family.name), f"{family.name}: seconds and bytes are the units"
            if family.type == "counter":
                assert all(one.name.endswith("_total") for one in family.samples), family.name
            if family.type == "histogram":
                check_histogram(family)


def check_histogram(family):
    for shard in sorted({one.labels.get("shard", "") for one in family.samples}):
        own = [one for one in family.samples if one.labels.get("shard", "") == shard]
        buckets = [one for one in own if one.name.endswith("_bucket")]
        equal(buckets[-1].labels["le"], "+Inf", f"{family.name}: the last bucket")
        counts = [one.value for one in buckets]
        assert counts == sorted(counts), f"{family.name}: buckets add up"
        (count,) = [one.value for one in own if one.name.endswith("_count")]
        equal(counts[-1], count, f"{family.name}: what its buckets hold")


def a_message_is_counted_once():
    """However many it reaches."""
    with Server() as server:
        ada, bob = (Account.register(server, name) for name in ("ada", "bob"))
        with Session(server, ada) as sending, Session(server, bob) as hearing:
            before = messages_in(server)
            for text in ("one", "two", "three"):
                sending.send_message({"direct": bob.id}, text)
                hearing.expect("message.new")
            equal(messages_in(server) - before, 3, "messages in")


def what_happens_is_measured():
    """Nobody commits, delivers or asks without the counts and times of it rising."""
    counted = {
        "parley_commits_total": 3,
        "parley_commit_works_count": 3,
        "parley_commit_seconds_count": 3,
        "parley_delivery_seconds_count": 3,
        "parley_messages_out_total": 3,
    }
    with Server() as server:
        ada, bob = (Account.register(server, name) for name in ("ada", "bob"))
        with Session(server, ada) as sending, Session(server, bob) as hearing:
            before = {name: total(server, name) for name in counted}
            for text in ("one", "two", "three"):
                sending.send_message({"direct": bob.id}, text)
                hearing.expect("message.new")
            for name, least in counted.items():
                waiting.until(
                    lambda name=name, least=least: total(server, name) - before[name] >= least,
                    f"{name} rises by {least}",
                )
        for queue in ("parley_write_queue", "parley_read_queue", "parley_hash_queue"):
            equal(total(server, queue), 0, f"{queue}, of a server at rest")


def times_are_those_that_pass():
    """On a disk whose syncs take 30 ms a commit takes as long, a delivery no less than its commit, and both
    no more than whoever waits for them sees."""
    count, sync = 10, 0.03
    with slow_disk(sync) as disk:
        with Server(environment=disk.environment) as server:
            ada, bob = (Account.register(server, name) for name in ("ada", "bob"))
            with Session(server, ada) as sending, Session(server, bob) as hearing:
                sending.send_message({"direct": bob.id}, "known to both from here on")
                hearing.expect("message.new")
                waiting.until(lambda: at_rest(server), "what was heard is written")
                before, began = spent(server), waiting.now()
                for number in range(count):
                    sending.send_message({"direct": bob.id}, f"message {number}")
                    hearing.expect("message.new")
                    # A frame can be read before the server has looked at its clock again.
                    due = before["deliveries"] + number + 1
                    waiting.until(lambda due=due: spent(server)["deliveries"] >= due, "it is told")
                passed = waiting.now() - began
                after = spent(server)
        took = {name: after[name] - before[name] for name in before}
        # Acks and receipts are commits as well, beside the ten.
        assert took["commits"] >= count and took["committing"] >= took["commits"] * sync, took
        assert took["committing"] <= waiting.now() - began, took
        equal(took["deliveries"], count, "deliveries")
        assert count * sync <= took["delivering"] <= passed, (took, passed)


def spent(server):
    """How often, and how long in seconds, so far."""
    return {
        "commits": total(server, "parley_commit_seconds_count"),
        "committing": total(server, "parley_commit_seconds_sum"),
        "deliveries": total(server, "parley_delivery_seconds_count"),
        "delivering": total(server, "parley_delivery_seconds_sum"),
    }


def at_rest(server):
    first = spent(server)
    waiting.rest(1.5)
    return spent(server) == first


def messages_in(server):
    return total(server, "parley_messages_in_total")


def total(server, name):
    """Over all shards."""
    found = [value for one, value in server.metrics().items() if one.split("{")[0] == name]
    assert found, f"there is no {name}"
    return sum(found)
