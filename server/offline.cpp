#include "server/offline.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/ops/clock.hpp"
#include "server/ops/control_socket.hpp"
#include "server/ops/first_start.hpp"
#include "server/ops/process_host.hpp"
#include "server/ops/process_log.hpp"
#include "server/store/sqlite_store.hpp"

#include <fmt/format.h>

namespace parley::server {

namespace {

Result<std::string> make_invite_offline(const Settings& settings, const OperatorInvite& wanted) {
    ProcessLog log(log_level_named(settings.log_level));
    std::atomic<std::int64_t> bad_rows{0};
    ProcessHost host(settings.data, log, bad_rows);
    const Rules rules;
    TRY_ASSIGN(const auto store, open_sqlite_store({.directory = settings.data}, rules, host));
    TRY_ASSIGN(const protocol::Invite made, make_invite(*store, wanted, current_time().wall));
    TRY(store->close());
    return made.code;
}

}  // namespace

Result<std::string> make_invite(const Settings& settings, const MakeInvite& invite) {
    const std::string request =
        fmt::format("invite {} {}{}", invite.uses, invite.days, invite.administrator ? " administrator" : "");
    auto said = ask_running(settings.data, request);
    if (said || said.error().code != ErrorCode::unavailable) return said;
    return make_invite_offline(settings, {.uses = invite.uses,
                                          .lasts = seconds(invite.days * 24 * 3600),
                                          .administrator = invite.administrator});
}

}  // namespace parley::server
