"""Code in documents."""
import re
import textwrap

from .tree import Finding

SOURCE = re.compile(r"^\s*<!-- from (\S+) -->$")


def examples(tree):
    """C++ in a document stands word for word in the source that it names: <!-- from core/outbox.cpp -->"""
    for path in tree.having(".md"):
        if "generated" in path.split("/"):
            continue
        lines = tree.lines(path)
        for number, line in enumerate(lines, 1):
            if line.strip() != "```cpp":
                continue
            named = SOURCE.match(lines[number - 2]) if number > 1 else None
            if not named:
                what = "C++ that nothing compiles"
                yield Finding(path, number, what, "cut it from a source: <!-- from PATH --> above it")
            elif not _stands_in(tree, named.group(1), _block(lines, number)):
                what = f"this does not stand in {named.group(1)}"
                yield Finding(path, number, what, "copy what stands there now")


def _block(lines, start):
    """What follows up to the end of the fence."""
    block = []
    for line in lines[start:]:
        if line.strip() == "```":
            break
        block.append(line)
    return textwrap.dedent("\n".join(block)).strip("\n")


def _stands_in(tree, source, block):
    if source not in tree.files or not block:
        return False
    lines, wanted = tree.lines(source), block.count("\n") + 1
    runs = (lines[first : first + wanted] for first in range(len(lines) - wanted + 1))
    return any(textwrap.dedent("\n".join(run)) == block for run in runs)
