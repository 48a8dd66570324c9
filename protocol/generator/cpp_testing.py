"""C++ that only tests need: every type by name, and the fields of every struct with their rules."""

from __future__ import annotations

from .cpp import header
from .cpp_codecs import rules
from .schema import Schema, Struct


def files(schema: Schema) -> dict[str, str]:
    return {"every_type.hpp": every_type(schema), "visit_fields.hpp": visit_fields(schema)}


def every_type(schema: Schema) -> str:
    def macro(name: str, of: list[str]) -> str:
        return f"#define {name}(X) \\\n" + " \\\n".join(f"    X({one})" for one in of) + "\n"

    body = "/// X(Struct) for every struct that is no payload, and X(Payload) for every payload.\n"
    body += macro("PARLEY_FOR_EACH_STRUCT", [struct.name for struct in schema.lone_structs]) + "\n"
    body += macro("PARLEY_FOR_EACH_PAYLOAD", [message.payload.name for message in schema.messages])
    includes = '#include "protocol/generated/cpp/door.hpp"\n#include "protocol/generated/cpp/types.hpp"'
    return header(includes, body)


def visit_fields(schema: Schema) -> str:
    body = """\
/// Calls visit(field, rules) for every field, in order; for a struct that has exactly one of several fields,
/// `chosen` says which of these (0, 1 …) is made and visited.

"""
    structs = [*schema.structs.values(), *schema.payload_structs]
    body += "\n".join(visit_function(schema, struct) for struct in structs)
    includes = (
        '#include "protocol/generated/cpp/door.hpp"\n#include "protocol/generated/cpp/limits.hpp"\n'
        '#include "protocol/generated/cpp/types.hpp"\n#include "protocol/field.hpp"\n\n#include <cstddef>'
    )
    return header(includes, body)


def visit_function(schema: Schema, struct: Struct) -> str:
    lines = ""
    for one in struct.fields:
        ranges = rules(schema, one) or ", Rules{}"
        call = f"visit(value.{one.name}{ranges});"
        if one.name in struct.exactly_one:
            call = f"visit(value.{one.name}.emplace(){ranges});"
            place = struct.exactly_one.index(one.name)
            lines += f"    if (chosen % {len(struct.exactly_one)} == {place}) {call}\n"
        else:
            lines += f"    {call}\n"
    chosen = "std::size_t chosen" if struct.exactly_one else "std::size_t"
    if not lines:
        return f"template <class Visit>\nvoid visit_fields({struct.name}&, std::size_t, Visit&&) {{}}\n"
    head = f"void visit_fields({struct.name}& value, {chosen}, Visit&& visit)"
    return f"template <class Visit>\n{head} {{\n{lines}}}\n"
