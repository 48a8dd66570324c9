#pragma once

#include "base/result.hpp"
#include "server/domain/work.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace parley::server {

inline constexpr std::int64_t invite_uses_max = 100'000;
inline constexpr std::int64_t invite_days_max = 3'650;

struct BackupRequest {
    /// Absolute.
    std::string file;
};

/// What the control socket is asked for:
///
///     invite USES DAYS [administrator]    answered with the code
///     backup FILE                         answered with the sizes of the copy (encode_report); FILE is an
///                                         absolute path, and may have spaces
using ControlRequest = std::variant<OperatorInvite, BackupRequest>;

/// `malformed` where it is no such line, `unknown_type` where it asks for something else.
Result<ControlRequest> parse_control_request(std::string_view line);

}  // namespace parley::server
