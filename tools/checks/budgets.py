"""How long a file, a function and a line may be."""
import ast
import re

from .tree import CPP, SCRIPT, Finding, matches

FILE_LINES = 400
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
LINE_COLUMNS_MAX = 110

# Written by programs and read by compilers.
GENERATED = ("protocol/generated/**",)


def budgets(tree):
    """file 400 lines (600 at the very most), function 70, line 110"""
    scripts = [path for path in tree.files if path.startswith("tools/") and tree.text(path).startswith("#!")]
    for path in sorted({*tree.having(*CPP, *SCRIPT), *scripts}):
        if matches(path, GENERATED):
            continue
        lines = tree.lines(path)
        if len(lines) > FILE_LINES_MAX:
            yield Finding(path, len(lines), f"{len(lines)} lines", f"split it, {FILE_LINES_MAX} is the most")
        elif len(lines) > FILE_LINES:
            instead = f"split it, {FILE_LINES} is the budget"
            yield Finding(path, len(lines), f"{len(lines)} lines", instead, warning=True)
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_COLUMNS_MAX and not re.search(r"https?://", line):
                instead = f"break the line, {LINE_COLUMNS_MAX} is the most"
                yield Finding(path, number, f"{len(line)} columns", instead)
        for number, length in functions(tree, path):
            if length > FUNCTION_LINES_MAX:
                instead = f"take a part out under its own name, {FUNCTION_LINES_MAX} is the most"
                yield Finding(path, number, f"a function of {length} lines", instead)


def functions(tree, path):
    """Pairs of first line and number of lines."""
    if path.endswith(CPP):
        return cpp_functions(tree.code(path))
    if path.endswith(".py") or tree.text(path).startswith("#!/usr/bin/python3"):
        return python_functions(tree.text(path))
    return []


def python_functions(text):
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:
        return []
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(node.lineno, node.end_lineno - node.lineno + 1) for node in nodes if isinstance(node, kinds)]


CONTAINER = re.compile(r"(?:(?:inline|typedef)\s+)?(?:namespace|class|struct|union|enum)\b|extern\s+\"")
DATA = re.compile(r"=\s*$")


def cpp_functions(lines):
    """Finds the bodies of functions by their braces, in code without comments and literals.

    A brace opens a namespace or type, data, or, if round brackets stand before it, the body of a function;
    what is nested in a body (lambdas, local types) counts as a part of it.
    """
    found = []
    stack = []  # per open brace: (kind, line), kind being container, data, function or inner
    head = ""  # what stands between the last ; or brace and here
    head_line = 1
    directive = False
    for number, line in enumerate(lines, 1):
        # A directive goes on behind a backslash.
        directive = line.lstrip().startswith("#") or directive
        if directive:
            directive = line.endswith("\\")
            continue
        for character in line:
            if character == "{":
                stack.append((_kind(head, stack), head_line))
                head = ""
            elif character == "}":
                if stack:
                    kind, start = stack.pop()
                    if kind == "function":
                        found.append((start, number - start + 1))
                head = ""
            elif character == ";" and head.count("(") <= head.count(")"):
                head = ""
            elif not character.isspace() or head:
                if not head:
                    head_line = number
                head += character
        if head:
            head += " "
    return found


def _kind(head, stack):
    if stack and stack[-1][0] != "container":
        return "inner"
    without_template = re.sub(r"^\s*template\s*<.*?>\s*(?=\w|\[)", "", head)
    if CONTAINER.match(without_template.lstrip()):
        return "container"
    if DATA.search(head) or "(" not in head:
        return "data"
    return "function"
