#pragma once

#include "base/id.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "protocol/field.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// The generated functions `write(Out&, const T&)` are templates over a writer, of which there are three:
/// JsonWriter, CborWriter, and LogWriter for describe(). A writer has
///
///     begin_map(pairs)  key(field)  end_map()         the pairs are counted before, as CBOR wants it
///     begin_list(count)  element()  end_list()        element() before each one
///     boolean(b)  integer(n)  text(s)  id(s)  uuid(u)  enumerator(number, name)
///     out_of_range()                                  before a number that no reader would take
namespace parley::protocol {

/// How many fields of a value are written: 0 or 1 for a single field.
template <class T>
std::size_t has(const std::optional<T>& value) {
    return value.has_value() ? 1 : 0;
}

template <class T>
std::size_t has(const std::vector<T>& value) {
    return value.empty() ? 0 : 1;
}

template <class Out>
void put(Out& out, bool value) {
    out.boolean(value);
}

template <class Out>
void put(Out& out, std::int64_t value) {
    if (value < 0 || value > int_max) out.out_of_range();
    out.integer(value);
}

template <class Out>
void put(Out& out, const std::string& value) {
    out.text(value);
}

template <class Out>
void put(Out& out, const Uuid& value) {
    out.uuid(value);
}

template <class Out>
void put(Out& out, WallTime value) {
    put(out, value.ms);
}

template <class Out, class Tag>
void put(Out& out, const Id<Tag>& value) {
    out.id(value.text());
}

template <class Out>
void put(Out& out, CloseCode value) {
    out.integer(static_cast<std::int64_t>(value));
}

/// Enumerations, error codes and structs.
template <class Out, class T>
void put(Out& out, const T& value) {
    if constexpr (std::is_enum_v<T>) {
        const std::string_view name = name_of(value);
        if (name.empty()) out.out_of_range();
        out.enumerator(static_cast<std::int64_t>(value), name);
    } else {
        write(out, value);
    }
}

template <class Out, class T>
void write_field(Out& out, FieldName field, const T& value) {
    out.key(field);
    put(out, value);
}

template <class Out, class T>
void write_field(Out& out, FieldName field, const std::optional<T>& value) {
    if (value) write_field(out, field, *value);
}

template <class Out, class T>
void write_field(Out& out, FieldName field, const std::vector<T>& values) {
    if (values.empty()) return;
    out.key(field);
    out.begin_list(values.size());
    for (const T& value : values) {
        out.element();
        put(out, value);
    }
    out.end_list();
}

template <class Out, class T>
void write_unless(const T& absent, Out& out, FieldName field, const T& value) {
    if (value != absent) write_field(out, field, value);
}

}  // namespace parley::protocol
