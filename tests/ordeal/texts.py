"""Real text: the lines of Debian's fortunes and of the licences, as they are."""
import pathlib

FOLDERS = ("/usr/share/games/fortunes", "/usr/share/common-licenses")
TEXT_POINTS_MAX, TEXT_BYTES_MAX = 8000, 16384


def corpus():
    """Every line that can be a message: neither empty nor too long."""
    lines = []
    for folder in FOLDERS:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file() and path.suffix not in (".dat", ".u8"):
                lines += path.read_bytes().decode("utf-8", "replace").split("\n")
    fitting = [line for line in lines if line and line != "%" and fits(line)]
    if len(fitting) < 10_000:
        raise SystemExit("too little text: install the packages fortunes and fortune-mod")
    return fitting


def fits(line):
    return (
        len(line) <= TEXT_POINTS_MAX
        and len(line.encode()) <= TEXT_BYTES_MAX
        and "\r" not in line
        and "\0" not in line
    )


class Texts:
    """Hands out line after line, from a place that the seed chose, and begins anew at the end."""

    def __init__(self, random):
        self.lines = corpus()
        self.next = random.randrange(len(self.lines))

    def take(self, count):
        taken = [self.lines[(self.next + i) % len(self.lines)] for i in range(count)]
        self.next = (self.next + count) % len(self.lines)
        return taken
