#include "client/door.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <utility>

namespace parley::client {

namespace {

constexpr Duration answer_time_max = seconds(2);
/// The owner begins nothing later than this before we give up, so that what we call undone stays undone.
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

Result<protocol::DoorReply> GuestDoor::submit(std::span<const protocol::Envelope> commands) {
    protocol::DoorReply all;
    std::string frame;
    const auto hand_over = [&]() -> Status {
        TRY_ASSIGN(protocol::DoorReply reply,
                   exchange(LocalMessage::Kind::commands, std::exchange(frame, {})));
        all.accepted.insert(all.accepted.end(), reply.accepted.begin(), reply.accepted.end());
        all.refused.insert(all.refused.end(), reply.refused.begin(), reply.refused.end());
        all.failure = std::move(reply.failure);
        return {};
    };
    for (const protocol::Envelope& command : commands) {
        std::string one;
        protocol::append_envelope(one, command, local_encoding);
        // What is too long even by itself goes alone, and is refused by name.
        const bool full = frame.size() + one.size() > static_cast<std::size_t>(limits::frame_bytes_max);
        if (!frame.empty() && full) TRY(hand_over());
        if (all.failure) return all;
        protocol::append_to_frame(frame, one, local_encoding);
    }
    if (!frame.empty()) TRY(hand_over());
    return all;
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
    auto output = protocol::decode<protocol::DoorOutput>(message.body, local_encoding);
    if (!output) {
        lost_ = true;
        return;
    }
    if (output->notice) told_(*output->notice);
    if (output->reply) reply_ = std::move(*output->reply);
}

}  // namespace parley::client
