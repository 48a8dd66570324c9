"""C++ of error codes, their classes, and close codes."""

from __future__ import annotations

from .cpp import comment, header, identifier, source
from .schema import Schema


DECLARATIONS = """ErrorClass class_of(ErrorCode code);

/// The name on the wire (JSON), such as `conversation.not_member`.
std::string_view name_of(ErrorCode code);

std::optional<ErrorCode> error_code_named(std::string_view name);

std::optional<ErrorCode> error_code_numbered(std::int64_t number);

/// The status with which HTTP answers.
int http_status(ErrorCode code);

/// One or two sentences for developers: what the code means.
std::string_view sentence(ErrorCode code);

std::string_view name_of(ErrorClass one);

/// Whether a client comes back after a connection that was closed so.
bool reconnects(CloseCode code);

std::string_view name_of(CloseCode code);

/// The code that a close frame carried; nothing where it is none of ours.
std::optional<CloseCode> close_code(int number);"""

# The tables stand before them in an unnamed namespace, which ends here.
LOOK_UPS = """const ErrorRow& row_of(ErrorCode code) {
    const auto* row = std::ranges::find(error_rows, code, &ErrorRow::code);
    assert(row != std::end(error_rows) && "an ErrorCode that is none of the schema's");
    return *row;
}

const CloseRow& row_of(CloseCode code) {
    const auto* row = std::ranges::find(close_rows, code, &CloseRow::code);
    assert(row != std::end(close_rows) && "a CloseCode that is none of the schema's");
    return *row;
}

}  // namespace

ErrorClass class_of(ErrorCode code) { return row_of(code).of_class; }

std::string_view name_of(ErrorCode code) { return row_of(code).name; }

std::optional<ErrorCode> error_code_named(std::string_view name) {
    const auto* row = std::ranges::find(error_rows, name, &ErrorRow::name);
    if (row == std::end(error_rows)) return std::nullopt;
    return row->code;
}

std::optional<ErrorCode> error_code_numbered(std::int64_t number) {
    for (const ErrorRow& row : error_rows) {
        if (static_cast<std::int64_t>(row.code) == number) return row.code;
    }
    return std::nullopt;
}

int http_status(ErrorCode code) { return row_of(code).http; }

std::string_view sentence(ErrorCode code) { return row_of(code).sentence; }

bool reconnects(CloseCode code) { return row_of(code).reconnects; }

std::string_view name_of(CloseCode code) { return row_of(code).name; }

std::optional<CloseCode> close_code(int number) {
    for (const CloseRow& row : close_rows) {
        if (static_cast<int>(row.code) == number) return row.code;
    }
    return std::nullopt;
}"""


def files(schema: Schema) -> dict[str, str]:
    return {"errors.hpp": errors_header(schema), "errors.cpp": errors_source(schema)}


def errors_header(schema: Schema) -> str:
    codes = "".join(
        comment(raw["doc"], "    ") + f"    {identifier(name)} = {raw['number']},\n"
        for name, raw in schema.errors.items()
    )
    classes = "".join(
        comment(raw["doc"], "    ") + f"    {name},\n" for name, raw in schema.error_classes.items()
    )
    closes = "".join(
        comment(raw["doc"], "    ") + f"    {name} = {raw['number']},\n"
        for name, raw in schema.close_codes.items()
    )
    body = f"""/// Why something was refused. Numbers are those of the wire (CBOR).
enum class ErrorCode : std::uint16_t {{
{codes}}};

/// What a client does about it.
enum class ErrorClass : std::uint8_t {{
{classes}}};

/// Why a connection was closed: the codes of RFC 6455 and Parley's own above 4000.
enum class CloseCode : std::uint16_t {{
{closes}}};

{DECLARATIONS}"""
    includes = (
        '#include "base/result.hpp"\n\n' "#include <cstdint>\n#include <optional>\n#include <string_view>"
    )
    return header(includes, body, "parley")


def errors_source(schema: Schema) -> str:
    rows = "".join(
        f'    {{ErrorCode::{identifier(name)}, ErrorClass::{raw["class"]}, {raw["http"]}, "{name}",\n'
        f"     {quoted(raw['doc'])}}},\n"
        for name, raw in schema.errors.items()
    )
    classes = "".join(f'        case ErrorClass::{name}: return "{name}";\n' for name in schema.error_classes)
    closes = "".join(
        f'    {{CloseCode::{name}, {str(raw["reconnect"]).lower()}, "{name}"}},\n'
        for name, raw in schema.close_codes.items()
    )
    includes = """#include "protocol/generated/cpp/errors.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>"""
    body = f"""namespace {{

struct ErrorRow {{
    ErrorCode code;
    ErrorClass of_class;
    int http;
    std::string_view name;
    std::string_view sentence;
}};

constexpr ErrorRow error_rows[] = {{
{rows}}};

struct CloseRow {{
    CloseCode code;
    bool reconnects;
    std::string_view name;
}};

constexpr CloseRow close_rows[] = {{
{closes}}};

{LOOK_UPS}

std::string_view name_of(ErrorClass one) {{
    switch (one) {{
{classes}    }}
    assert(false && "an ErrorClass that is none of the schema's");
    return {{}};
}}"""
    return source(includes, body, "parley")


def quoted(text: str) -> str:
    escaped = " ".join(str(text).split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
