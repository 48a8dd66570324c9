#include "server/ops/control.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/ops/backup_report.hpp"
#include "server/ops/control_request.hpp"
#include "server/store/backup.hpp"

#include <chrono>
#include <future>
#include <memory>

namespace parley::server {

Result<std::string> ControlTasks::serve(std::string_view line) {
    TRY_ASSIGN(const auto request, parse_control_request(line));
    if (const auto* wanted = std::get_if<OperatorInvite>(&request)) return invite(*wanted);
    return backup(std::get<BackupRequest>(request).file);
}

Result<std::string> ControlTasks::invite(const OperatorInvite& invite) {
    auto answered =
        std::make_shared<std::promise<Result<std::string>>>();  // by the shard and by whoever waits here
    auto answer = answered->get_future();
    loop_.post([answered, invite](Shard& shard, Now now) {
        const auto submit = [&] {
            const bool queued = shard.submit_call({}, invite, [answered](const Result<Answer>& made) {
                if (!made) return answered->set_value(fail(made.error()));
                const auto* code = std::get_if<protocol::Invite>(&made->payload);
                answered->set_value(code != nullptr ? Result<std::string>(code->code) : std::string());
            });
            if (!queued) answered->set_value(fail(ErrorCode::unavailable, "the server is busy"));
        };
        // A shard takes the time from what it handles: this may be the first for hours, or at all.
        shard.handle_done(submit, now);
    });
    // A server that drains meanwhile answers nobody any more.
    if (answer.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
        return fail(ErrorCode::unavailable, "the server did not answer");
    }
    return answer.get();
}

Result<std::string> ControlTasks::backup(const std::string& file) {
    const auto report = back_up({.directory = directory_, .file = file}, ending_);
    if (!report) {
        log_.error("backup failed", {{"error", report.error()}});
        return fail(report.error());
    }
    log_.info("backup written", {{"rows", report->rows},
                                 {"bad_rows", report->bad_rows},
                                 {"bad_pages", report->bad_pages},
                                 {"bytes", report->bytes}});
    return encode_report(*report);
}

}  // namespace parley::server
