#pragma once

#include "base/uuid.hpp"
#include "protocol/field.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::protocol {

/// Appends JSON without white space. Text stays as it is, in UTF-8, but for what must be escaped (RFC 8259,
/// section 7).
class JsonWriter {
  public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    void begin_map(std::size_t) { out_ += '{'; }
    void key(FieldName field) {
        separate();
        out_ += '"';
        out_ += field.name;
        out_ += "\":";
    }
    void end_map() { out_ += '}'; }
    void begin_list(std::size_t) { out_ += '['; }
    void element() { separate(); }
    void end_list() { out_ += ']'; }

    void boolean(bool value) { out_ += value ? "true" : "false"; }
    void integer(std::int64_t value);
    void text(std::string_view value);
    void id(std::string_view value) { text(value); }
    void uuid(const Uuid& value);
    void enumerator(std::int64_t, std::string_view name) { text(name); }

    void out_of_range() { in_range_ = false; }
    /// Whether what was written can be read again.
    bool in_range() const { return in_range_; }

  private:
    // Only what opens a map or a list ends in these characters: a text ends in a quotation mark.
    void separate() {
        if (out_.back() != '{' && out_.back() != '[') out_ += ',';
    }

    std::string& out_;
    bool in_range_ = true;
};

}  // namespace parley::protocol
