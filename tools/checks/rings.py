"""Who may include whom, and which files alone may see a library from outside."""
import dataclasses
import re

from .tree import CPP, Finding, matches

# A ring may include itself and what stands left of it; nothing includes what stands beside it.
RINGS = {
    "base": set(),
    "protocol": {"base"},
    "core": {"base", "protocol"},
    "client": {"base", "protocol", "core"},
    "server": {"base", "protocol", "core"},
    "bindings": {"base", "protocol", "core"},
}
# These stand outside and may include every ring and each other.
OUTSIDE = {"sim", "tests", "bench", "examples"}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')

# What the inner rings may take from outside: of the standard library what computes, and nothing that does
# I/O, waits, knows the time or throws dice.
PURE = {"base", "protocol", "core", "bindings"}
COMPUTES = set(
    """
    algorithm array atomic bit cassert cctype charconv chrono climits cmath compare concepts cstddef
    cstdint cstdlib cstring deque expected functional initializer_list iterator limits list map
    memory numbers numeric optional queue ranges set span stddef.h stdint.h string string_view tuple
    type_traits unordered_map unordered_set utility variant vector version
    """.split()
)
INSTEAD = {
    "thread": "the host owns threads",
    "mutex": "the host owns threads",
    "shared_mutex": "the host owns threads",
    "condition_variable": "the host owns threads",
    "future": "the host owns threads",
    "stop_token": "the host owns threads",
    "coroutine": "return actions through Output",
    "fstream": "use the Database port",
    "filesystem": "use the Database port",
    "iostream": "return actions through Output",
    "random": "take a seed as a parameter",
    "ctime": "take `now` as a parameter",
    "time.h": "take `now` as a parameter",
}
# The one library that an inner ring knows; EDGES says in which files.
PURE_LIBRARIES = re.compile(r"boost/json.*")


@dataclasses.dataclass(frozen=True)
class Edge:
    """A library whose headers only these files may include: they are where its ways (and exceptions) end."""

    of: str
    header: str
    files: tuple
    instead: str


EDGES = [
    Edge(
        "Boost.Beast",
        r"boost/beast.*",
        # The headers are what the edge files share among themselves, or a part of one of them.
        (
            "server/net/*.cpp",
            "client/net/*.cpp",
            "client/net/stream.hpp",
            "server/net/wire.hpp",
            "server/net/websocket_connection.hpp",
        ),
        "use the facade in server/net",
    ),
    Edge(
        "Boost.JSON",
        r"boost/json.*",
        ("protocol/*.cpp", "protocol/generated/cpp/*.cpp", "cmake/wasm/*.cpp"),
        "use the generated codecs",
    ),
    Edge(
        "SQLite",
        r"sqlite3(ext)?\.h",
        (
            "**/sqlite*.cpp",
            "**/*sqlite.cpp",
            "**/sqlite/*.cpp",
            "sim/*.cpp",
            "sim/*_sqlite.hpp",
            "tests/**/*vfs_test.cpp",
        ),
        "use the Database or Store port",
    ),
    Edge(
        "toml++",
        r"toml(\+\+|plusplus)?/.*",
        ("**/config*.cpp", "**/config/*.cpp"),
        "use the parsed settings",
    ),
    Edge(
        "CLI11",
        r"CLI/.*",
        (
            "**/main.cpp",
            "**/cli*.cpp",
            "**/options*.cpp",
            "**/cli/*.cpp",
            "**/cli/grammar.hpp",
            "**/command_line.cpp",
        ),
        "take an options struct",
    ),
    Edge("prometheus-cpp", r"prometheus/.*", ("server/ops/*.cpp",), "use the metrics port in server/ops"),
]

# A file that sees Beast takes half a minute to compile.
BEAST_FILES_MAX = {"server": 3, "client": 1}


def includes(tree, path):
    for number, line in enumerate(tree.code(path), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1) == '"', found.group(2)


def rings(tree):
    """a ring includes only what stands left of it; base and core stay free of I/O, threads and clocks"""
    for path in tree.having(*CPP):
        ring = path.split("/")[0]
        for number, quoted, name in includes(tree, path):
            # The root of the project is on the path of both kinds.
            if quoted or name.split("/")[0] in RINGS or name.split("/")[0] in OUTSIDE:
                yield from _own(tree, path, ring, number, name)
            elif ring in PURE and name not in COMPUTES and not PURE_LIBRARIES.fullmatch(name):
                instead = INSTEAD.get(name, "inner rings only compute: turn the need into a port")
                yield Finding(path, number, f"<{name}> in {ring}/", instead)


def _own(tree, path, ring, number, name):
    target = name.split("/")[0]
    if "/" not in name or name.startswith("."):
        yield Finding(path, number, f'"{name}" is relative', "includes start at the root of the project")
    elif target not in RINGS and target not in OUTSIDE:
        yield Finding(path, number, f'"{name}" is not ours', "libraries are included with <>")
    elif ring in RINGS and target != ring and target not in RINGS[ring]:
        allowed = ", ".join(sorted(RINGS[ring])) or "nothing of ours"
        instead = f"{ring} may include {allowed}; turn the need into a port"
        yield Finding(path, number, f"{ring}/ includes {target}/", instead)


def edges(tree):
    """a library's header is included only in the files that wrap it"""
    beast = {}
    for path in tree.having(*CPP):
        for number, _, name in includes(tree, path):
            for edge in EDGES:
                if re.fullmatch(edge.header, name) and not matches(path, edge.files):
                    what = f"<{name}> outside the edge files of {edge.of}"
                    yield Finding(path, number, what, edge.instead)
            if name.startswith("boost/beast") and path.endswith(".cpp"):
                beast.setdefault(path.split("/")[0], {})[path] = number
    for ring, files in beast.items():
        limit = BEAST_FILES_MAX.get(ring, 0)
        for path in sorted(files)[limit:]:
            what = f"more than {limit} files of {ring}/ see Boost.Beast"
            yield Finding(path, files[path], what, "put it behind the facade, or into one of the others")
