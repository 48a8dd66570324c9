#include "server/ops/control.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <sstream>

namespace parley::server {

Result<std::string> ControlTasks::serve(std::string_view request) {
    std::istringstream words{std::string(request)};
    std::string what;
    words >> what;
    if (what == "invite") {
        OperatorInvite wanted;
        std::int64_t days = 0;
        std::string role;
        words >> wanted.uses >> days;
        if (!words) return fail(ErrorCode::malformed, "an invite needs its uses and days");
        words >> role;
        wanted.lasts = seconds(days * 24 * 3600);
        wanted.administrator = role == "administrator";
        return invite(wanted);
    }
    return fail(ErrorCode::unknown_type, "the server does not know this request");
}

Result<std::string> ControlTasks::invite(const OperatorInvite& invite) {
    auto answered =
        std::make_shared<std::promise<Result<std::string>>>();  // by the shard and by whoever waits here
    auto answer = answered->get_future();
    loop_.post([answered, invite](Shard& shard, Now) {
        const bool queued = shard.submit_call({}, invite, [answered](const Result<Answer>& made) {
            if (!made) return answered->set_value(fail(made.error()));
            const auto* code = std::get_if<protocol::Invite>(&made->payload);
            answered->set_value(code != nullptr ? Result<std::string>(code->code) : std::string());
        });
        if (!queued) answered->set_value(fail(ErrorCode::unavailable, "the server is busy"));
    });
    // A server that drains meanwhile answers nobody any more.
    if (answer.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
        return fail(ErrorCode::unavailable, "the server did not answer");
    }
    return answer.get();
}

}  // namespace parley::server
