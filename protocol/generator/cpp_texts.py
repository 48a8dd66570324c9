"""C++ that walks over the texts of every struct and payload."""

from __future__ import annotations

from .cpp import header
from .schema import Field, Schema, Struct

# One of a few thousand signs, by which reactions are told apart: no text.
EMOJI = ("emoji",)
HANDLES = ("handle", "handles")
NAMES = ("name", "avatar", "title", "device_name")
# Names of what custom data is.
CUSTOM_KINDS = ("kind",)


def files(schema: Schema) -> dict[str, str]:
    return {"each_text.hpp": each_text(schema)}


def each_text(schema: Schema) -> str:
    body = """\
/// What a text is: a handle has an alphabet of its own, names are compared with what they were before, a kind
/// of custom data has dots between its parts, and all else is opaque: messages, tokens, passwords, reasons.
enum class TextKind { handle, name, custom_kind, other };

/// Calls visit(text, kind) for every text and token in a value, in its parts too. Ids are no texts, and emoji
/// of reactions are none.

"""
    structs = [*schema.structs_by_use, *schema.payload_structs]
    functions = {one.name: function(schema, one) for one in structs}
    changes = {message.payload.name for message in schema.changes}
    holders = [one.name for one in schema.structs_by_use if schema.holds_payload(one)]
    # A change holds payloads and stands in payloads itself, so that it comes between.
    first = [name for name in functions if name in (*schema.structs, *changes) and name not in holders]
    rest = [name for name in functions if name not in (*first, *holders)]
    first, rest = ([functions[name] for name in names] for names in (first, [*rest, *holders]))
    variants = [variant("ChangePayload"), change_function(), *rest, variant("Payload")]
    body += "\n".join([*first, *variants])
    includes = (
        '#include "protocol/generated/cpp/door.hpp"\n#include "protocol/generated/cpp/types.hpp"\n\n'
        "#include <string>\n#include <variant>"
    )
    return header(includes, body)


def function(schema: Schema, struct: Struct) -> str:
    lines = "".join(visits(one) for one in struct.fields if has_text(schema, one))
    if not lines:
        return f"template <class Visit>\nvoid each_text({struct.name}&, Visit&&) {{}}\n"
    return f"template <class Visit>\nvoid each_text({struct.name}& value, Visit&& visit) {{\n{lines}}}\n"


def has_text(schema: Schema, of: Field) -> bool:
    if of.type in ("text", "token", "change"):
        return of.name not in EMOJI
    struct = schema.struct_of(of.type)
    return struct is not None and any(has_text(schema, one) for one in struct.fields)


def visits(of: Field) -> str:
    if of.is_list:
        return f"    for (auto& one : value.{of.name})\n        {visit(of, 'one')};\n"
    if of.optional:
        return f"    if (value.{of.name}) {visit(of, f'*value.{of.name}')};\n"
    return f"    {visit(of, f'value.{of.name}')};\n"


def visit(of: Field, value: str) -> str:
    if of.type not in ("text", "token"):
        return f"each_text({value}, visit)"
    return f"visit({value}, TextKind::{text_kind(of.name)})"


def text_kind(name: str) -> str:
    of_names = ((HANDLES, "handle"), (NAMES, "name"), (CUSTOM_KINDS, "custom_kind"))
    return next((kind for names, kind in of_names if name in names), "other")


def variant(name: str) -> str:
    return (
        f"template <class Visit>\nvoid each_text({name}& payload, Visit&& visit) {{\n"
        f"    std::visit([&](auto& one) {{ each_text(one, visit); }}, payload);\n}}\n"
    )


def change_function() -> str:
    return (
        "template <class Visit>\nvoid each_text(Change& change, Visit&& visit) {\n"
        "    each_text(change.payload, visit);\n}\n"
    )
