"""C++ of enumerations, that of the message types among them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .cpp import comment, header, identifier, source
from .schema import Message, Schema


def files(schema: Schema) -> dict[str, str]:
    return {"enums.hpp": enums_header(schema), "enums.cpp": enums_source(schema)}


def all_enums(schema: Schema) -> dict[str, dict]:
    types = {message.name: {"number": message.number, "doc": message.doc} for message in schema.messages}
    return {**schema.enums, "Type": {"doc": "What an envelope is.", "values": types}}


def enums_header(schema: Schema) -> str:
    body = """/// The enumerator of this name (JSON) or number (CBOR), for every enumeration below.
template <class Enum>
std::optional<Enum> enum_named(std::string_view name);
template <class Enum>
std::optional<Enum> enum_numbered(std::uint64_t number);

"""
    body += "\n".join(enum_definition(name, raw) for name, raw in all_enums(schema).items())
    body += """
/// Whether clients may send this type.
bool client_sends(Type type);

/// The type of the answer to a command that succeeded; nothing where a type has none.
std::optional<Type> reply_to(Type type);

/// Whether this type is a row of a stream.
bool is_change(Type type);
"""
    return header("#include <cstdint>\n#include <optional>\n#include <string_view>", body)


def enum_definition(name: str, raw: dict) -> str:
    rows = "".join(
        comment(value["doc"], "    ") + f"    {identifier(enumerator)} = {value['number']},\n"
        for enumerator, value in raw["values"].items()
    )
    return (
        comment(raw["doc"]) + f"enum class {name} : std::uint8_t {{\n{rows}}};\n\n"
        "/// Empty where it is none of these.\n"
        f"std::string_view name_of({name} one);\n"
        f"template <>\nstd::optional<{name}> enum_named(std::string_view name);\n"
        f"template <>\nstd::optional<{name}> enum_numbered(std::uint64_t number);\n"
    )


def enums_source(schema: Schema) -> str:
    body = """namespace {

template <class Enum>
struct Row {
    Enum value;
    std::string_view name;
};

template <class Enum, std::size_t count>
std::string_view name_in(const Row<Enum> (&rows)[count], Enum value) {
    const auto* row = std::ranges::find(rows, value, &Row<Enum>::value);
    return row == std::end(rows) ? std::string_view{} : row->name;
}

template <class Enum, std::size_t count>
std::optional<Enum> named_in(const Row<Enum> (&rows)[count], std::string_view name) {
    const auto* row = std::ranges::find(rows, name, &Row<Enum>::name);
    if (row == std::end(rows)) return std::nullopt;
    return row->value;
}

template <class Enum, std::size_t count>
std::optional<Enum> numbered_in(const Row<Enum> (&rows)[count], std::uint64_t number) {
    for (const Row<Enum>& row : rows) {
        if (static_cast<std::uint64_t>(row.value) == number) return row.value;
    }
    return std::nullopt;
}

"""
    enums = all_enums(schema)
    for name, raw in enums.items():
        rows = "".join(f'    {{{name}::{identifier(value)}, "{value}"}},\n' for value in raw["values"])
        body += f"constexpr Row<{name}> {rows_name(name)}[] = {{\n{rows}}};\n\n"
    body += "}  // namespace\n\n" + "\n".join(enum_functions(name) for name in enums)
    sends = cases(message for message in schema.messages if message.sender != "server")
    rows = cases(schema.changes)
    replies = "".join(
        f"        case Type::{message.enumerator}: return Type::{identifier(message.reply)};\n"
        for message in schema.messages
        if message.reply
    )
    body += f"""
bool client_sends(Type type) {{
    switch (type) {{
{sends}            return true;
        default: return false;
    }}
}}

std::optional<Type> reply_to(Type type) {{
    switch (type) {{
{replies}        default: return std::nullopt;
    }}
}}

bool is_change(Type type) {{
    switch (type) {{
{rows}            return true;
        default: return false;
    }}
}}"""
    includes = (
        '#include "protocol/generated/cpp/enums.hpp"\n\n'
        "#include <algorithm>\n#include <cstddef>\n#include <iterator>"
    )
    return source(includes, body)


def rows_name(enum: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", enum).lower() + "_rows"


def enum_functions(name: str) -> str:
    rows = rows_name(name)
    return (
        f"std::string_view name_of({name} one) {{ return name_in({rows}, one); }}\n\n"
        f"template <>\nstd::optional<{name}> enum_named(std::string_view name) {{\n"
        f"    return named_in({rows}, name);\n}}\n\n"
        f"template <>\nstd::optional<{name}> enum_numbered(std::uint64_t number) {{\n"
        f"    return numbered_in({rows}, number);\n}}\n"
    )


def cases(messages: Iterable[Message]) -> str:
    return "".join(f"        case Type::{message.enumerator}:\n" for message in messages)
