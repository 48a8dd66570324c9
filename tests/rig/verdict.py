"""What is said of a history: what there was, whether each fault struck, what each check found, and whether
the checker can see."""
import checks
import doctor
import evidence
import example
from history import History


def over(cases, path, seed):
    history = History.read(path)
    for line in evidence.summary(history):
        print(line, flush=True)
    absent = {one["kind"]: one["why"] for one in history.of("absent")}
    for kind, why in sorted(absent.items()):
        cases.skip(f"fault: {kind}", why)
    troubles = list(history.of("trouble"))
    cases.check("the rig itself had no trouble", not troubles, troubles[:3])
    for kind, count in sorted(evidence.strikes(history).items()):
        cases.check(f"fault: {kind} struck", count > 0, "it never did")
    problems = checks.run(history)
    for name, found in problems.items():
        cases.check(name, not found, f"{len(found)}: " + "; ".join(found[:4]))
    if not any(problems.values()):
        over_sick(cases, history.events, seed)


def over_example(cases):
    """Where there is no history of a rig."""
    found = checks.run(History(example.events()))
    cases.check("the checker finds nothing in the example", not any(found.values()), found)
    over_sick(cases, example.events(), 1)


def over_sick(cases, events, seed):
    """The checker is not blind: it must notice each defect that the history is given."""
    for name, noticed_by, sick in doctor.sick(events, seed):
        found = list(checks.CHECKS[noticed_by](History(sick)))
        cases.check(f"the checker notices: {name}", found, f"{noticed_by!r} said nothing")
