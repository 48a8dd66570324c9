"""The files of the project, as the checks see them."""
import dataclasses
import functools
import pathlib
import re
import subprocess

CPP = (".cpp", ".hpp", ".h", ".c")
SCRIPT = (".py", ".ts", ".tsx", ".mjs", ".js", ".sh", ".css", ".cmake")


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    what: str
    instead: str
    warning: bool = False

    def __str__(self):
        kind = "warning: " if self.warning else ""
        return f"{self.path}:{self.line}: {kind}{self.what}: {self.instead}"


class Tree:
    """What git knows or would add; without git, everything outside of the folders never committed."""

    UNCOMMITTED = {".git", "build", "data", "node_modules", "__pycache__"}

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = sorted(self._list())
        self.folders = {str(parent) for file in self.files for parent in pathlib.PurePosixPath(file).parents}

    def _list(self):
        listed = subprocess.run(
            ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True,
            check=False,
        )
        if listed.returncode == 0:
            names = listed.stdout.decode().split("\0")
            return [name for name in set(names) if name and (self.root / name).is_file()]
        every = (path for path in self.root.rglob("*") if path.is_file())
        relative = (path.relative_to(self.root) for path in every)
        return [path.as_posix() for path in relative if not self.UNCOMMITTED & set(path.parts)]

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        """The file's text; of a file that is no text, nothing."""
        data = (self.root / path).read_bytes()
        return "" if b"\0" in data else data.decode("utf-8", errors="replace")

    def lines(self, path):
        return self.text(path).splitlines()

    @functools.lru_cache(maxsize=None)
    def code(self, path):
        """C++ lines with comments and the insides of literals blanked, so that bans see only code."""
        return blank_cpp(self.text(path)).splitlines()

    def having(self, *endings):
        return [file for file in self.files if file.endswith(endings)]


def matches(path, globs):
    """Whether one of the globs names the path; `*` stays within a folder, `**` does not."""
    return any(_pattern(glob).fullmatch(path) for glob in globs)


@functools.lru_cache(maxsize=None)
def _pattern(glob):
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    parts = re.split(r"(\*\*/|\*\*|\*)", glob)
    return re.compile("".join(wild.get(part) or re.escape(part) for part in parts))


_TOKENS = re.compile(
    r"//[^\n]*"
    r"|/\*.*?\*/"
    r'|R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def blank_cpp(text):
    """Comments become spaces, literals keep their quotes; every line keeps its length and number. The path of
    an #include stays, since it says what the file depends on."""

    def blank(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        line_start = text.rfind("\n", 0, match.start()) + 1
        if text[line_start : match.start()].strip().startswith("#include"):
            return found
        return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]

    return _TOKENS.sub(blank, text)
