"""Files that nothing uses."""
import posixpath
import re

from .rings import includes
from .tree import CPP, Finding

# Headers that are used from outside of the project.
EXPORTED = {"bindings/parley.h"}

SOURCE = re.compile(r"[\w./${}-]+\.(?:cpp|c)\b")


def dead_files(tree):
    """every .cpp is built by a CMakeLists.txt, every header is included by something"""
    built = set()
    for path in tree.files:
        if posixpath.basename(path) == "CMakeLists.txt" or path.endswith(".cmake"):
            built |= _sources(tree, path)
            for number, line in enumerate(tree.lines(path), 1):
                if re.search(r"\bfile\s*\(\s*GLOB", line):
                    instead = "name them, so that a dead file is noticed"
                    yield Finding(path, number, "sources by pattern", instead)

    included = {name for path in tree.having(*CPP) for _, quoted, name in includes(tree, path) if quoted}
    for path in tree.having(*CPP):
        if path.endswith((".cpp", ".c")):
            if path not in built and path not in included:
                yield Finding(path, 1, "nothing builds this file", "name it in a CMakeLists.txt or remove it")
        elif path not in included and path not in EXPORTED:
            yield Finding(path, 1, "nothing includes this header", "use it or remove it")


def _sources(tree, path):
    folder = posixpath.dirname(path)
    own = {"${CMAKE_CURRENT_SOURCE_DIR}/": folder, "${PROJECT_SOURCE_DIR}/": "", "${CMAKE_SOURCE_DIR}/": ""}
    sources = set()
    text = "\n".join(line.split("#")[0] for line in tree.lines(path))
    for source in SOURCE.findall(text):
        base = folder
        for variable, meaning in own.items():
            if source.startswith(variable):
                base, source = meaning, source[len(variable) :]
        sources.add(posixpath.normpath(posixpath.join(base, source)))
    return sources
