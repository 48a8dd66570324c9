"""Whether a file includes what it takes from the standard library."""
import re

from .rings import includes
from .tree import CPP, Finding

# Compilers do not notice that one of these is missing: cmake/precompiled.cmake puts them before every source.
NAMES = {
    "algorithm": r"(?:ranges::)?(?:sort|stable_sort|find_if|any_of|all_of|none_of|count_if|remove_if|reverse"
    r"|transform|lower_bound|upper_bound|equal_range|binary_search|unique|shuffle|max_element|min_element"
    r"|clamp)|ranges::(?:find|copy|equal|fill|count|max|min)",
    "array": r"array|to_array",
    "chrono": r"chrono",
    "cstdint": r"u?int(?:8|16|32|64)_t",
    "deque": r"deque",
    "expected": r"expected|unexpected",
    "functional": r"function|invoke|reference_wrapper",
    "map": r"map|multimap",
    "memory": r"unique_ptr|shared_ptr|weak_ptr|make_unique|make_shared|enable_shared_from_this",
    "optional": r"optional|nullopt|make_optional",
    "set": r"set|multiset",
    "span": r"span|as_bytes|as_writable_bytes",
    "string": r"string|to_string|stoi|stol|stoll|stoul|stoull|stod",
    "string_view": r"string_view",
    "unordered_map": r"unordered_map",
    "utility": r"move|forward|exchange|pair|as_const|to_underlying",
    "variant": r"variant|visit|get_if|holds_alternative|monostate",
    "vector": r"vector",
}
# What another header brings by its nature.
ALSO = {"string_view": {"string"}, "utility": set(NAMES) - {"cstdint"} | {"tuple"}}

ANY = "|".join(f"(?P<{header}>{names})" for header, names in NAMES.items())
USE = re.compile(rf"\bstd::(?:{ANY})\b")


def missing_headers(tree):
    """what a file takes from std it includes, itself or by a header of ours"""
    known = {}
    for path in tree.having(*CPP):
        have = _reached(tree, path, known)
        told = set()
        for number, line in enumerate(tree.code(path), 1):
            for header in (use.lastgroup for use in USE.finditer(line)):
                if header not in told and not have & ({header} | ALSO.get(header, set())):
                    told.add(header)
                    yield Finding(path, number, f"takes from <{header}>", f"add #include <{header}>")


def _reached(tree, path, known):
    """The library headers that a file includes, by whatever way."""
    if path in known:
        return known[path]
    known[path] = set()  # where files include each other
    reached = set()
    for _, quoted, name in includes(tree, path):
        if not quoted:
            reached.add(name)
        elif name in tree.files:
            reached |= _reached(tree, name, known)
    known[path] = reached
    return reached
