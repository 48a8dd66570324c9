"""One GoogleTest executable: run, and its cases counted from its report or, where it died, its output."""
import json
import os
import re
import subprocess

from .counting import Counts

SECONDS_MAX = 280
# Of what failed so much is shown; the executable itself says all of it.
SHOWN_CASES = 10
SHOWN_LINES = 40
SHOWN_COLUMNS = 300


def run(path, report, shard=0, shards=1):
    """Counts, and what is worth showing; `report` is where the JSON goes. Of several shards each runs its
    share of the cases."""
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            [path, f"--gtest_output=json:{report}"],
            cwd=path.parent,
            env=os.environ | {"GTEST_TOTAL_SHARDS": str(shards), "GTEST_SHARD_INDEX": str(shard)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode(errors="replace")
        return died(path.name, output, f"did not end in {SECONDS_MAX} s")
    except OSError as error:
        return Counts(failed=1), f"{path.name}: {error}"

    output = done.stdout.decode(errors="replace")
    if not report.is_file():
        return died(path.name, output, f"ended with code {done.returncode}")
    counts = reported(json.loads(report.read_text()))
    if done.returncode and not counts.failed:
        counts.failed = 1  # found after the last case, by a sanitizer for example
    if counts.failed:
        return counts, f"{path.name}: {counts}\n{failures(output)}"
    return counts, f"{path.name}: {counts}"


def died(name, output, how):
    """It ended in the middle of a case: those before it count, and it is the one that failed."""
    passed = len(re.findall(r"^\[       OK \]", output, re.MULTILINE))
    failed = len(re.findall(r"^\[  FAILED  \] .*\(\d+ ms\)$", output, re.MULTILINE))
    skipped = len(re.findall(r"^\[  SKIPPED \] .*\(\d+ ms\)$", output, re.MULTILINE))
    return Counts(passed, failed + 1, skipped), f"{name} {how}\n{end(output)}"


def reported(report):
    counts = Counts()
    for suite in report["testsuites"]:
        for case in suite["testsuite"]:
            if case.get("failures"):
                counts.failed += 1
            elif case.get("result") == "SKIPPED" or case.get("status") == "NOTRUN":
                counts.skipped += 1
            else:
                counts.passed += 1
    return counts


def failures(output):
    """What each failed case wrote; where no case failed, the end of everything."""
    texts = re.findall(
        r"^\[ RUN      \] .*\n(?:(?!\[       OK \]|\[ RUN      \]|\[  SKIPPED \]).*\n)*?\[  FAILED  \] .*$",
        output,
        re.MULTILINE,
    )
    if not texts:
        return end(output)
    more = [f"… and {len(texts) - SHOWN_CASES} more"] if len(texts) > SHOWN_CASES else []
    return "\n".join([shortened(text.splitlines()) for text in texts[:SHOWN_CASES]] + more)


def end(output):
    return shortened(output.splitlines()[-2 * SHOWN_LINES :])


def shortened(lines):
    """The beginning and the end of the lines, and the beginning of each."""
    if len(lines) > 2 * SHOWN_LINES:
        lines = [*lines[:SHOWN_LINES], "…", *lines[-SHOWN_LINES:]]
    return "\n".join(line if len(line) <= SHOWN_COLUMNS else line[:SHOWN_COLUMNS] + "…" for line in lines)
