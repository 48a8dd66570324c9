#pragma once

#include "base/result.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace parley::client::cli {

/// With what the command ends; part of the command line's contract (`parley --help`).
enum class ExitCode : int {
    done = 0,
    /// Refused by the server, or something else went wrong: the sentence says what.
    failed = 1,
    /// The command line itself is wrong or leaves open which account it is about, or standard input, which
    /// was to be sent, is empty.
    usage = 2,
    /// Nobody is signed in, not the one who was named, or this device was signed out.
    signed_out = 3,
    /// No such conversation, person or device.
    not_found = 4,
    /// Stored on this device but not accepted in time; it goes out later.
    queued = 5,
    /// Another parley has the account open and does not answer; the sentence says what was queued.
    busy = 6,
    /// The server cannot be reached, and this needs it.
    unreachable = 7,
    /// The person pressed Ctrl-C at a question, or while signing in; the sentence says what was done. As
    /// shells have it: 128 and the signal.
    interrupted = 130,
};

/// As --json calls it where none of the schema's errors is behind it.
std::string_view name_of(ExitCode code);

/// Why a command ends without being done: a sentence for people that says what to do.
struct Problem {
    ExitCode exit_code = ExitCode::failed;
    std::string sentence;
    /// Where one of the schema's errors is behind it.
    std::optional<ErrorCode> code;
};

template <class T>
using Outcome = std::expected<T, Problem>;

inline std::unexpected<Problem> stop(ExitCode exit_code, std::string sentence) {
    return std::unexpected(Problem{exit_code, std::move(sentence), std::nullopt});
}

/// Where an error comes from: the same code may want another remedy there.
enum class Machine { server, this_one };

/// Makes of an error what its person can do about it.
Problem problem_of(const Error& error, Machine machine = Machine::server);

/// Empty where this can be the place of a message, else what is wrong.
std::string problem_of_place(const std::string& text);

}  // namespace parley::client::cli
