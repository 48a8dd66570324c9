#pragma once

#include "base/uuid.hpp"
#include "protocol/json_writer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace parley::client::cli {

/// One JSON object on one line, for scripts. Texts come out exact; what a terminal could take for a command
/// is written as an escape, which means the same to a reader of JSON.
class JsonLine {
  public:
    JsonLine() { writer_.begin_map(0); }
    JsonLine(const JsonLine&) = delete;
    JsonLine& operator=(const JsonLine&) = delete;

    JsonLine& text(std::string_view key, std::string_view value);
    JsonLine& integer(std::string_view key, std::int64_t value);
    JsonLine& boolean(std::string_view key, bool value);
    JsonLine& texts(std::string_view key, const std::vector<std::string>& values);
    /// Objects that were made before.
    JsonLine& objects(std::string_view key, const std::vector<std::string>& encoded);
    /// An object that was made before.
    JsonLine& object(std::string_view key, std::string encoded);

    /// The finished object, without a line feed.
    std::string take();

  private:
    std::string out_;
    protocol::JsonWriter writer_{out_};
};

}  // namespace parley::client::cli
