#include "client/door.hpp"
#include "core/door/views.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::client {

namespace {

constexpr Duration answer_time_max = seconds(2);
/// The owner begins nothing later than this before we give up: what it finds after a sleep stays undone, and
/// what it does begin is mostly answered in time.
constexpr Duration margin = milliseconds(500);

std::unexpected<Error> no_answer() {
    return fail(ErrorCode::unavailable, "the parley that has this account open does not answer");
}

}  // namespace

Result<std::unique_ptr<GuestDoor>> GuestDoor::open(Loop& loop, const AccountPlace& place, Told told) {
    std::unique_ptr<GuestDoor> door(new GuestDoor(loop, std::move(told)));
    TRY_ASSIGN(door->connection_, LocalConnection::connect(loop, place.folder.string()));
    door->connection_->start([door = door.get()](const LocalMessage& message) { door->receive(message); },
                             [door = door.get()] { door->lost_ = true; });
    TRY(door->ask({.act = protocol::DoorAct::status}));
    return door;
}

Result<protocol::DoorReply> GuestDoor::ask(const protocol::DoorRequest& request) {
    return exchange(LocalMessage::Kind::request, protocol::encode(request, local_encoding));
}

Submission GuestDoor::submit(std::span<const protocol::Envelope> commands) {
    Submission all;
    std::string frame;
    std::vector<Uuid> ids;
    for (const protocol::Envelope& command : commands) {
        std::string one;
        protocol::append_envelope(one, command, local_encoding);
        // What is too long even by itself goes alone, and is refused by name.
        const bool full = frame.size() + one.size() > static_cast<std::size_t>(limits::frame_bytes_max);
        if (!frame.empty() && full && !hand_over(std::exchange(frame, {}), std::exchange(ids, {}), all))
            return all;
        protocol::append_to_frame(frame, one, local_encoding);
        ids.push_back(command.id.value_or(Uuid{}));
    }
    if (!frame.empty()) hand_over(std::move(frame), std::move(ids), all);
    return all;
}

/// Adds what became of one frame; false: the next need not be tried.
bool GuestDoor::hand_over(std::string frame, std::vector<Uuid> ids, Submission& all) {
    const bool reached = !lost_;
    auto reply = exchange(LocalMessage::Kind::commands, std::move(frame));
    if (!reply) {
        if (reached) all.unsure = std::move(ids);
        all.failure = reply.error();
        all.unanswered = true;
        return false;
    }
    if (reply->failure) {
        all.failure = core::error_of(*reply->failure);
        // The owner's disk failed, and may have those that it does not answer for, or have lost them.
        if (all.failure->code == ErrorCode::unavailable) {
            std::erase_if(ids, [&](const Uuid& id) {
                return std::ranges::find(reply->accepted, id) != reply->accepted.end() ||
                       std::ranges::find(reply->refused, id, &protocol::DoorSettled::command) !=
                           reply->refused.end();
            });
            all.unsure = std::move(ids);
        }
    }
    std::ranges::move(reply->accepted, std::back_inserter(all.accepted));
    std::ranges::move(reply->refused, std::back_inserter(all.refused));
    return !all.failure;
}

Result<protocol::DoorReply> GuestDoor::exchange(LocalMessage::Kind kind, std::string body) {
    if (lost_) return no_answer();
    const Instant give_up = read_clocks().instant + answer_time_max;
    reply_.reset();
    connection_->send({.kind = kind, .until = give_up - margin, .body = std::move(body)});
    loop_.run_until([this] { return lost_ || reply_.has_value(); }, give_up);
    if (reply_) return *std::exchange(reply_, std::nullopt);
    // A late answer to this must not be taken for that to the next.
    connection_.reset();
    lost_ = true;
    return no_answer();
}

void GuestDoor::receive(const LocalMessage& message) {
    if (message.kind == LocalMessage::Kind::problem) {
        problem_ = message.body;
        return;
    }
    auto output = protocol::decode<protocol::DoorOutput>(message.body, local_encoding);
    if (!output) {
        lost_ = true;
        return;
    }
    if (output->notice) told_(*output->notice);
    if (output->reply) reply_ = std::move(*output->reply);
}

}  // namespace parley::client
