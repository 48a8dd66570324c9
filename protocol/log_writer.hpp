#pragma once

#include "base/uuid.hpp"
#include "protocol/field.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::protocol {

/// Appends what a log may know, as `key=value` with a space before each: ids, numbers and enumerators; of
/// texts and tokens only their size, of lists only their count (or, where asked for, what they hold as well).
/// So no secret can get through, whatever the schema says.
///
///     payload={target={stream=c9f3k2m7xq} text=100B mentions=[2]}
class LogWriter {
  public:
    explicit LogWriter(std::string& out, bool with_lists = false) : out_(out), with_lists_(with_lists) {}

    void begin_map(std::size_t) { say("{"); }
    void key(FieldName field) {
        if (silent()) return;
        if (!out_.empty() && out_.back() != '{') out_ += ' ';
        out_ += field.name;
        out_ += '=';
    }
    void end_map() { say("}"); }
    void begin_list(std::size_t count) {
        say("[" + std::to_string(count) + "]");
        ++lists_;
    }
    void element() { say(" "); }
    void end_list() { --lists_; }

    void boolean(bool value) { say(value ? "true" : "false"); }
    void integer(std::int64_t value) { say(std::to_string(value)); }
    void text(std::string_view value) { say(std::to_string(value.size()) + "B"); }
    void id(std::string_view value) { say(value); }
    void uuid(const Uuid& value) { say(value.text()); }
    void enumerator(std::int64_t, std::string_view name) { say(name); }
    void out_of_range() {}

  private:
    void say(std::string_view value) {
        if (!silent()) out_ += value;
    }
    bool silent() const { return lists_ > 0 && !with_lists_; }

    std::string& out_;
    bool with_lists_;
    /// How many lists are open.
    int lists_ = 0;
};

}  // namespace parley::protocol
