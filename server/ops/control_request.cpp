#include "server/ops/control_request.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <sstream>

namespace parley::server {

namespace {

Result<ControlRequest> parse_invite(std::istringstream& words) {
    OperatorInvite wanted;
    std::int64_t days = 0;
    words >> wanted.uses >> days;
    if (!words) return fail(ErrorCode::malformed, "an invite needs its uses and days");
    if (wanted.uses < 1 || wanted.uses > invite_uses_max || days < 1 || days > invite_days_max)
        return fail(ErrorCode::malformed, "an invite has 1 to 100,000 uses and lasts 1 to 3,650 days");
    wanted.lasts = seconds(days * 24 * 3600);
    std::string role;
    if (words >> role && role != "administrator")
        return fail(ErrorCode::malformed, "an invite is for an administrator or for anybody");
    if (std::string more; words >> more)
        return fail(ErrorCode::malformed,
                    "an invite has uses, days and at most a role, and nothing behind them");
    wanted.administrator = role == "administrator";
    return wanted;
}

}  // namespace

Result<ControlRequest> parse_control_request(std::string_view line) {
    std::istringstream words{std::string(line)};
    std::string what;
    words >> what;
    if (what == "invite") return parse_invite(words);
    if (what != "backup") return fail(ErrorCode::unknown_type, "the server does not know this request");
    BackupRequest wanted;
    std::getline(words >> std::ws, wanted.file);
    if (!wanted.file.starts_with('/')) return fail(ErrorCode::malformed, "a backup needs an absolute path");
    return wanted;
}

}  // namespace parley::server
