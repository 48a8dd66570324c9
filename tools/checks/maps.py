"""Paths and commands that documents name."""
import itertools
import posixpath
import re

from .tree import Finding, matches

TOP = {"base", "protocol", "core", "client", "bindings", "server", "web", "sim", "tests", "bench", "examples"}
TOP |= {"docs", "deploy", "tools", "cmake", ".ci"}
# These documents are installed without the others (cmake/package.cmake).
PACKAGED = "docs/operate/"
# Made by building or running, so that they need not be there.
MADE = ("build", "data")

BACKTICKED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
TREE_LINE = re.compile(r"^( *)([\w.{},*-]+/?)(?: |$)")
SOURCE_NAME = re.compile(r"[\w-]+\.(?:cpp|hpp|h|py|md|cmake)")
MAKE = re.compile(r"^make ([a-z][\w-]*)$")


def stale_maps(tree):
    """paths, links, trees (```tree) and make targets that documents name exist"""
    targets = _targets(tree)
    for path in tree.having(".md"):
        if "generated" not in path.split("/"):
            fence = None
            stack = []
            for number, line in enumerate(tree.lines(path), 1):
                if line.lstrip().startswith("```"):
                    fence = line.strip().strip("`") or "plain" if fence is None else None
                    stack = []
                elif fence == "tree":
                    yield from _tree_line(tree, path, number, line, stack)
                elif fence is None:
                    yield from _prose(tree, path, number, line, targets)


def _prose(tree, path, number, line, targets):
    for target in LINK.findall(BACKTICKED.sub("", line)):
        if not re.match(r"\w+:|#", target):
            file = posixpath.normpath(posixpath.join(posixpath.dirname(path), target.split("#")[0]))
            if not _exists(tree, file):
                yield Finding(path, number, f"the link {target} leads nowhere", "name what is there now")
            elif path.startswith(PACKAGED) and not file.startswith(PACKAGED):
                what = f"the package lacks what {target} leads to"
                yield Finding(path, number, what, "link within the folder")
    for name in BACKTICKED.findall(line):
        made = MAKE.match(name)
        if made and made.group(1) not in targets:
            yield Finding(path, number, f"`{name}` is no target of the Makefile", "name one that is")
        elif _looks_like_path(name) and not any(_exists(tree, one) for one in _meanings(path, name)):
            yield Finding(path, number, f"`{name}` does not exist", "name what is there now")


def _tree_line(tree, path, number, line, stack):
    """In a tree each line begins with a name; what is indented more lies in what stands above it."""
    found = TREE_LINE.match(line)
    if not found:
        return
    indent, name = len(found.group(1)), found.group(2)
    while stack and stack[-1][0] >= indent:
        stack.pop()
    full = posixpath.join(stack[-1][1] if stack else "", name)
    stack.append((indent, full.rstrip("/")))
    if not all(_exists(tree, one) for one in _expand(full.rstrip("/"))):
        yield Finding(path, number, f"{full} does not exist", "draw what is there now")


def _looks_like_path(name):
    if not re.fullmatch(r"[\w./{},*-]+", name) or name.startswith("/") or "..." in name:
        return False
    if "/" in name:
        return name.removeprefix("./").split("/")[0] in TOP
    return SOURCE_NAME.fullmatch(name) is not None


def _meanings(path, name):
    """A name means a path from the root or from the document; a bare file name any file called so."""
    for one in _expand(name.removeprefix("./").rstrip("/")):
        yield one
        yield posixpath.normpath(posixpath.join(posixpath.dirname(path), one))
        if "/" not in one:
            yield f"**/{one}"


def _expand(name):
    parts = re.split(r"(\{[^}]*\})", name)
    choices = [part[1:-1].split(",") if part.startswith("{") else [part] for part in parts]
    return ["".join(choice) for choice in itertools.product(*choices)]


def _exists(tree, name):
    if name in tree.folders or name in tree.files or name.split("/")[0] in MADE or name == ".":
        return True
    return "*" in name and any(matches(file, [name]) for file in itertools.chain(tree.files, tree.folders))


def _targets(tree):
    if "Makefile" not in tree.files:
        return set()
    names = (re.match(r"([a-zA-Z][\w .-]*):(?!=)", line) for line in tree.lines("Makefile"))
    return {name for found in names if found for name in found.group(1).split()}
