"""C++ codecs: for every struct one `read` over a tree and one `write` over a writer."""

from __future__ import annotations

from .cpp import comment, header, source
from .schema import Field, Message, Schema, Struct

STRUCTS_PER_FILE = 12


def files(schema: Schema) -> dict[str, str]:
    made = {"codecs.hpp": declarations(schema), "payloads.cpp": payloads(schema)}
    groups = {
        "structs": schema.wire_structs,
        "changes": [message.payload for message in schema.changes],
        "messages": [one.payload for one in schema.messages if one.own_payload and not one.change],
        "door": schema.local_structs,
    }
    for group, structs in groups.items():
        parts = range(0, len(structs), STRUCTS_PER_FILE)
        for start in parts:
            number = f"_{start // STRUCTS_PER_FILE + 1}" if len(parts) > 1 else ""
            made[f"codecs_{group}{number}.cpp"] = definitions(
                schema, structs[start : start + STRUCTS_PER_FILE]
            )
    return made


def declarations(schema: Schema) -> str:
    body = "/// The keys of an envelope.\nnamespace envelope_field {\n"
    for raw in schema.envelope:
        body += f'inline constexpr FieldName {raw["name"]}{{{raw["id"]}, "{raw["name"]}"}};\n'
    body += "}  // namespace envelope_field\n\n"
    body += comment(
        "For every struct: `read` takes it out of a map, `field_count` says how many fields `write` "
        "writes, and `write` is instantiated for the three writers."
    )
    for struct in [*schema.structs.values(), *schema.payload_structs]:
        body += f"""bool read(Reader& in, const Node& map, {struct.name}& out);
std::size_t field_count(const {struct.name}& from);
template <class Out>
void write(Out& out, const {struct.name}& from);

"""
    body += """/// A change as it stands in a list of rows (protocol/codec.cpp).
bool read(Reader& in, const Node& map, Change& out);
template <class Out>
void write(Out& out, const Change& from);

/// The payload of an envelope of this type.
bool read_payload(Reader& in, const Node& map, Type type, Payload& out);

/// The same for a type that is a change.
bool read_payload(Reader& in, const Node& map, Type type, ChangePayload& out);

/// Whether clients send envelopes of this type.
bool comes_from_client(Type type);

/// The largest size of a struct that `decode` takes.
template <class T>
inline constexpr std::int64_t decode_bytes_max = limits::frame_bytes_max;
"""
    for struct in schema.local_structs:
        body += f"template <>\ninline constexpr std::int64_t decode_bytes_max<{struct.name}>"
        body += " = limits::local_bytes_max;\n"
    includes = """#include "protocol/generated/cpp/door.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "protocol/reader.hpp"

#include <cstddef>"""
    return header(includes, body)


def payloads(schema: Schema) -> str:
    def switch(messages: list[Message]) -> str:
        return "".join(
            f"        case Type::{message.enumerator}:\n"
            f"            return read(in, map, out.emplace<{message.payload.name}>());\n"
            for message in messages
        )

    from_client = "".join(
        f"        case Type::{message.enumerator}:\n"
        for message in schema.messages
        if message.sender != "server"
    )
    body = f"""bool read_payload(Reader& in, const Node& map, Type type, Payload& out) {{
    switch (type) {{
{switch(schema.messages)}    }}
    return in.refuse(ErrorCode::unknown_type, "is none of the known types");
}}

bool read_payload(Reader& in, const Node& map, Type type, ChangePayload& out) {{
    switch (type) {{
{switch(schema.changes)}        default:
            in.refuse(ErrorCode::malformed, "is no type of a row");
            return in.at(envelope_field::type);
    }}
}}

bool comes_from_client(Type type) {{
    switch (type) {{
{from_client}            return true;
        default:
            return false;
    }}
}}"""
    return source('#include "protocol/generated/cpp/codecs.hpp"', body)


def definitions(schema: Schema, structs: list[Struct]) -> str:
    includes = '#include "protocol/codec_templates.hpp"\n#include "protocol/generated/cpp/codecs.hpp"'
    body = "\n".join(
        read_function(schema, one) + "\n" + count_function(one) + "\n" + write_function(one)
        for one in structs
    )
    instances = "\n".join(f"PARLEY_INSTANTIATE_CODEC({one.name})" for one in structs)
    return source(includes, f"{body}\n{instances}")


def key(of: Field) -> str:
    return f'{{{of.id}, "{of.name}"}}'


def rules(schema: Schema, of: Field) -> str:
    """The designated initialisers of Rules, in their order."""
    merged = dict(of.rules)
    if "chars_max" in merged:  # characters are code points
        merged["points_max"] = merged.pop("chars_max")
    parts = []
    for name in ("min", "max", "points_min", "points_max", "bytes_max", "count_max"):
        if name in merged:
            value = merged[name]
            parts.append(f".{name} = " + (f"limits::{value}" if isinstance(value, str) else str(value)))
    if of.type == "token":
        parts.append(".token = true")
    return f", Rules{{{', '.join(parts)}}}" if parts else ""


def read_function(schema: Schema, struct: Struct) -> str:
    terms = ["in.is_map(map)"]
    for one in struct.fields:
        method = (
            "list"
            if one.is_list
            else "optional"
            if one.optional
            else "defaulted"
            if one.default is not None
            else "required"
        )
        terms.append(f"in.{method}(map, {key(one)}, out.{one.name}{rules(schema, one)})")
    if struct.exactly_one:
        count = " + ".join(f"has(out.{name})" for name in struct.exactly_one)
        names = ", ".join(struct.exactly_one)
        terms.append(
            f"({count} == 1 ||\n            "
            f'in.refuse(ErrorCode::invalid, "must have exactly one of {names}"))'
        )
    out = "out" if struct.fields else ""
    return (
        f"bool read(Reader& in, const Node& map, {struct.name}& {out}) {{\n"
        f"    return " + " &&\n           ".join(terms) + ";\n}\n"
    ).replace("& )", "&)")


def absent(of: Field) -> str:
    if of.default == "":
        return "std::string{}"
    value = str(of.default).lower() if isinstance(of.default, bool) else str(of.default)
    return f"std::int64_t{{{value}}}" if of.type == "int" else value


def count_function(struct: Struct) -> str:
    required = sum(one.required for one in struct.fields)
    terms = [str(required)] if required or not struct.fields else []
    for one in struct.fields:
        if one.optional or one.is_list:
            terms.append(f"has(from.{one.name})")
        elif one.default is not None:
            terms.append(f"(from.{one.name} != {absent(one)} ? 1 : 0)")
    named = "from" if len(terms) > 1 or not terms[0].isdigit() else ""
    return (
        f"std::size_t field_count(const {struct.name}& {named}) {{\n"
        f"    return " + " + ".join(terms) + ";\n}\n"
    ).replace("& )", "&)")


def write_function(struct: Struct) -> str:
    lines = []
    for one in struct.fields:
        if one.default is not None:
            lines.append(f"    write_unless({absent(one)}, out, {key(one)}, from.{one.name});\n")
        else:
            lines.append(f"    write_field(out, {key(one)}, from.{one.name});\n")
    return (
        f"template <class Out>\nvoid write(Out& out, const {struct.name}& from) {{\n"
        f"    out.begin_map(field_count(from));\n{''.join(lines)}    out.end_map();\n}}\n"
    )
