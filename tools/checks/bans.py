"""Things that are not used here, each with what is used instead."""
import dataclasses
import re

from .tree import CPP, Finding, matches


@dataclasses.dataclass(frozen=True)
class Ban:
    what: str
    pattern: str
    instead: str
    among: tuple = ("**",)
    except_in: tuple = ()
    endings: tuple = CPP


# The files that touch the machine: they give the ports for time and chance their real counterparts.
PLATFORM = tuple(
    f"{ring}/**{name}"
    for ring in ("client", "server", "sim", "tests")
    for name in ("/clock.cpp", "/platform/*.cpp", "/platform_*.cpp", "/platform.cpp")
)
INNER = ("base/**", "protocol/**", "core/**", "bindings/**")

BANS = [
    Ban(
        "a real clock",
        r"\b(?:system|steady|high_resolution|utc)_clock::now\b"
        r"|\bstd::time\s*\(|\b(?:gettimeofday|clock_gettime)\s*\(",
        "take `now` as a parameter or use the Clock port; only platform files read a clock",
        except_in=PLATFORM + ("bench/**",),
    ),
    Ban(
        "unseeded chance",
        r"(?<![\w.>])(?:s?rand|drand48)\s*\(|\bstd::random_device\b",
        "take a seed, or use the Random port",
        except_in=PLATFORM,
    ),
    Ban(
        "std::regex",
        r"\bstd::w?(?:regex|smatch|cmatch)\b|#\s*include\s*<regex>",
        "write the few lines that parse it",
    ),
    Ban(
        "the printf family",
        r"(?<![\w:.>])(?:std::)?v?(?:f|s|sn|d)?printf\s*\(",
        "use fmt::format or fmt::print, or the log",
    ),
    Ban(
        "a sleep in a test",
        r"\bsleep_(?:for|until)\b|(?<!\w)u?sleep\s*\(",
        "let virtual time pass, or wait for the condition with a deadline (tests/support)",
        among=("tests/**", "sim/**"),
        except_in=("tests/support/**",),
        endings=CPP + (".py", ".mjs", ".ts"),
    ),
    Ban(
        "an exception in an inner ring",
        r"\bthrow\b|\bcatch\s*\(|\btry\s*\{",
        "return Result<T>; the browser's build has no exceptions",
        among=INNER,
    ),
    Ban(
        "an exception outside the edge files",
        r"\bthrow\b",
        "return Result<T>",
        among=("server/domain/**", "server/api/**", "server/store/**", "client/**"),
    ),
    Ban(
        "a name that says nothing",
        r"\b(?:class|struct)\s+\w*(?:Manager|Helper|Utils?)\b",
        "name it after what it holds or decides",
    ),
    Ban(
        "`using namespace` in a header",
        r"\busing\s+namespace\b",
        "name what is used",
        endings=(".hpp", ".h"),
    ),
    Ban(
        "a macro for a constant",
        r"^\s*#\s*define\s+[A-Z]\w*\s+\d",
        "use constexpr",
        except_in=("bindings/**",),
    ),
]

TODO = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b(.*)")
REASON_WORDS_MIN = 4


def bans(tree):
    """real clocks, chance without a seed, std::regex, printf, sleeps in tests, TODO without a reason …"""
    for path in tree.files:
        if not path.endswith(CPP + (".py", ".mjs", ".ts", ".tsx")) or path.startswith("tools/"):
            continue
        lines = tree.code(path) if path.endswith(CPP) else tree.lines(path)
        for ban in BANS:
            if path.endswith(ban.endings) and matches(path, ban.among) and not matches(path, ban.except_in):
                for number, line in enumerate(lines, 1):
                    if re.search(ban.pattern, line):
                        yield Finding(path, number, ban.what, ban.instead)
        yield from _todos(tree, path)
        if path.endswith((".hpp", ".h")) and "#pragma once" not in tree.text(path):
            yield Finding(path, 1, "a header without #pragma once", "add it")
        if re.search(r"(?:^|/|_)(?:manager|helpers?|utils?)\.\w+$", path):
            yield Finding(path, 1, "a file name that says nothing", "name it after what it holds or decides")


def _todos(tree, path):
    for number, line in enumerate(tree.lines(path), 1):
        found = TODO.search(line)
        if found and len(re.findall(r"\w+", found.group(1))) < REASON_WORDS_MIN:
            yield Finding(path, number, "a TODO without a reason", "say what is missing and why it can wait")
