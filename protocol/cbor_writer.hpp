#pragma once

#include "base/bytes.hpp"
#include "base/uuid.hpp"
#include "protocol/field.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::protocol {

/// Appends CBOR in its preferred form (RFC 8949, section 4.1): shortest lengths and numbers, definite
/// lengths.
class CborWriter {
  public:
    explicit CborWriter(std::string& out) : out_(out) {}

    void begin_map(std::size_t pairs) { head(map_major, pairs); }
    void key(FieldName field) { head(natural_major, field.id); }
    void end_map() {}
    void begin_list(std::size_t count) { head(list_major, count); }
    void element() {}
    void end_list() {}

    void boolean(bool value) { out_ += static_cast<char>(value ? 0xf5 : 0xf4); }
    void integer(std::int64_t value) { head(natural_major, static_cast<std::uint64_t>(value)); }
    void text(std::string_view value) { string(text_major, value); }
    void id(std::string_view value) { string(text_major, value); }
    void uuid(const Uuid& value) { string(bytes_major, as_text(value.bytes)); }
    void enumerator(std::int64_t number, std::string_view) { integer(number); }

    void out_of_range() { in_range_ = false; }
    /// Whether what was written can be read again.
    bool in_range() const { return in_range_; }

  private:
    static constexpr unsigned natural_major = 0, bytes_major = 2, text_major = 3, list_major = 4,
                              map_major = 5;

    void string(unsigned major, std::string_view value) {
        head(major, value.size());
        out_ += value;
    }

    void head(unsigned major, std::uint64_t argument) {
        const unsigned first = major << 5;
        if (argument < 24) {
            out_ += static_cast<char>(first | argument);
            return;
        }
        const unsigned info = argument <= 0xff         ? 24
                              : argument <= 0xffff     ? 25
                              : argument <= 0xffffffff ? 26
                                                       : 27;
        out_ += static_cast<char>(first | info);
        for (int shift = (8 << (info - 24)) - 8; shift >= 0; shift -= 8) {
            out_ += static_cast<char>(argument >> shift & 0xff);
        }
    }

    std::string& out_;
    bool in_range_ = true;
};

}  // namespace parley::protocol
