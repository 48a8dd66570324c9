#include "client/cli/custom.hpp"

#include "client/cli/commands.hpp"
#include "client/cli/text.hpp"
#include "client/cli/whole_input.hpp"
#include "client/net/line_input.hpp"
#include "core/rules/custom.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <unistd.h>

#include <fstream>
#include <utility>

namespace parley::client::cli {

namespace {

/// One byte more than data may have tells that it is too much.
Outcome<std::string> file_content(const std::string& name) {
    std::ifstream in(name, std::ios::binary);
    std::string content(static_cast<std::size_t>(limits::custom_bytes_max) + 1, '\0');
    in.read(content.data(), static_cast<std::streamsize>(content.size()));
    if (in.bad() || (in.fail() && !in.eof()))
        return stop(ExitCode::failed,
                    "The file " + harmless_line(name) + " cannot be read. Nothing was sent.");
    content.resize(static_cast<std::size_t>(in.gcount()));
    return content;
}

Outcome<std::string> data_of(Session& session, const std::string& word) {
    if (word.starts_with('@')) return file_content(word.substr(1));
    if (word != "-") return word;
    LineInput input(session.account().loop(), STDIN_FILENO);
    return read_whole(session, input);
}

}  // namespace

Outcome<protocol::Custom> custom_of(Session& session, const std::string& kind, const std::string& word) {
    if (!core::rules::check_kind(kind)) {
        return stop(ExitCode::usage,
                    "KIND is a name such as org.example.poll: parts of a-z, 0-9, _ and - with dots between "
                    "them, at most " +
                        std::to_string(limits::custom_kind_chars_max) + " characters. Nothing was sent.");
    }
    TRY_ASSIGN(std::string data, data_of(session, word));
    if (!core::rules::check_data(data)) {
        return stop(ExitCode::usage, "The data is not one value of JSON, of at most " +
                                         std::to_string(limits::custom_bytes_max) + " bytes and " +
                                         std::to_string(limits::depth_max) + " levels. Nothing was sent.");
    }
    return protocol::Custom{.kind = kind, .data = std::move(data)};
}

std::string object_of(const protocol::Custom& custom) {
    JsonLine object;
    object.text("kind", custom.kind);
    // The list of conversations knows no more.
    if (!custom.data.empty()) object.text("data", custom.data);
    return object.take();
}

std::string object_of(const protocol::Forwarded& forwarded) {
    JsonLine object;
    object.text("account", forwarded.account.text());
    if (!forwarded.name.empty()) object.text("name", forwarded.name);
    return object.integer("at", forwarded.at.ms).take();
}

std::string kind_mark(const protocol::Custom& custom) {
    return "[" + harmless_line(custom.kind) + "]";
}

std::string origin_mark(const protocol::Forwarded& forwarded) {
    // Of what is under way the name is not known yet.
    return forwarded.name.empty() ? "forwarded" : "forwarded from " + harmless_line(forwarded.name);
}

}  // namespace parley::client::cli
