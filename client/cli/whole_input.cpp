#include "client/cli/whole_input.hpp"

#include "client/cli/text.hpp"
#include "protocol/generated/cpp/limits.hpp"

namespace parley::client::cli {

Outcome<std::string> read_whole(Session& session, LineInput& input) {
    std::string text;
    while (!input.ended()) {
        TRY(session.wait([&] { return input.ready(); }, std::nullopt));
        if (session.interrupted()) return stop(ExitCode::failed, "Interrupted. Nothing was sent.");
        while (session.take_notice()) {
        }
        while (auto line = input.take()) {
            text += *line + "\n";
            if (std::ssize(text) > limits::text_bytes_max + 1) {
                return stop(ExitCode::failed, "This is too long for one message, which has at most " +
                                                  std::to_string(limits::text_points_max) +
                                                  " characters in " + std::to_string(limits::text_bytes_max) +
                                                  " bytes. Nothing was sent.");
            }
        }
    }
    while (text.ends_with('\n'))
        text.pop_back();
    if (is_blank(text)) return stop(ExitCode::usage, "Standard input is empty. Nothing was sent.");
    return text;
}

}  // namespace parley::client::cli
