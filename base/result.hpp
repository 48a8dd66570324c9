#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace parley {

/// What went wrong, as one of the schema's error codes. The enumerators are generated from the schema
/// (protocol/generated/cpp/errors.hpp); the declaration stands here so that every ring can carry one.
enum class ErrorCode : std::uint16_t;

/// A failure that the world caused. `context` is one English sentence for developers and logs; it never holds
/// a text, a token, a password or an address.
struct Error {
    ErrorCode code{};
    std::string context;
    /// For codes of class *wait*: when to try again, in ms; 0 means unsaid.
    std::int64_t retry_after_ms = 0;
    /// The field of the command that is at fault; empty means unsaid.
    std::string field;
};

template <class T>
using Result = std::expected<T, Error>;

using Status = Result<void>;

inline std::unexpected<Error> fail(ErrorCode code, std::string context) {
    return std::unexpected(Error{code, std::move(context), 0, {}});
}

inline std::unexpected<Error> fail(Error error) {
    return std::unexpected(std::move(error));
}

}  // namespace parley

#define PARLEY_CONCAT_INNER(a, b) a##b
#define PARLEY_CONCAT(a, b) PARLEY_CONCAT_INNER(a, b)

/// Evaluates `expression`; returns its error from the enclosing function if it failed.
#define TRY(expression)                                                                                  \
    if (auto PARLEY_CONCAT(try_result_, __LINE__) = (expression); !PARLEY_CONCAT(try_result_, __LINE__)) \
    return std::unexpected(std::move(PARLEY_CONCAT(try_result_, __LINE__)).error())

/// `TRY_ASSIGN(auto x, expression)`: declares or assigns x from the value, or returns the error. Two
/// statements: not to be used as the body of an `if` without braces.
#define TRY_ASSIGN(target, expression)                                                   \
    auto PARLEY_CONCAT(try_result_, __LINE__) = (expression);                            \
    if (!PARLEY_CONCAT(try_result_, __LINE__))                                           \
        return std::unexpected(std::move(PARLEY_CONCAT(try_result_, __LINE__)).error()); \
    target = std::move(*PARLEY_CONCAT(try_result_, __LINE__))

/// The same two inside coroutines that return a Result.
#define CO_TRY(expression)                                                                               \
    if (auto PARLEY_CONCAT(try_result_, __LINE__) = (expression); !PARLEY_CONCAT(try_result_, __LINE__)) \
    co_return std::unexpected(std::move(PARLEY_CONCAT(try_result_, __LINE__)).error())

#define CO_TRY_ASSIGN(target, expression)                                                   \
    auto PARLEY_CONCAT(try_result_, __LINE__) = (expression);                               \
    if (!PARLEY_CONCAT(try_result_, __LINE__))                                              \
        co_return std::unexpected(std::move(PARLEY_CONCAT(try_result_, __LINE__)).error()); \
    target = std::move(*PARLEY_CONCAT(try_result_, __LINE__))
