#include "client/door.hpp"
#include "core/door/answer.hpp"
#include "core/door/views.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <utility>

namespace parley::client {

namespace {

/// What may wait for another process that does not read; then it is let go and comes again.
constexpr std::size_t guest_queue_bytes_max = 32 << 20;
/// How long what was said last may take to leave this machine, and a call to the server to be answered.
constexpr Duration goodbye_time_max = milliseconds(300);
constexpr Duration last_call_time_max = seconds(2);

std::string encoded(protocol::DoorOutput output) {
    return protocol::encode(output, local_encoding);
}

}  // namespace

OwnerDoor::OwnerDoor(Loop& loop, OwnerLock lock, Told told)
    : loop_(loop), lock_(std::move(lock)), told_(std::move(told)) {}

Result<std::unique_ptr<OwnerDoor>> OwnerDoor::open(Loop& loop, OwnerLock lock, const DoorSettings& settings,
                                                   Told told) {
    std::unique_ptr<OwnerDoor> door(new OwnerDoor(loop, std::move(lock), std::move(told)));
    const HostOptions options{.database_file = settings.place.database_file(),
                              .durability = settings.durability,
                              .server = settings.place.server,
                              .ca_file = settings.place.ca_file,
                              .core = settings.core,
                              .recording_file = settings.record ? settings.place.recording_file() : ""};
    TRY_ASSIGN(door->host_, Host::open(loop, options, [door = door.get()](const core::Notice& notice) {
                   door->tell(notice);
               }));
    TRY_ASSIGN(door->listener_,
               LocalListener::create(loop, settings.place.folder.string(),
                                     [door = door.get()](std::unique_ptr<LocalConnection> connection) {
                                         door->accept(std::move(connection));
                                     }));
    if (settings.connect) {
        door->host_->client().connect(read_clocks());
        door->host_->drive();
    }
    return door;
}

OwnerDoor::~OwnerDoor() {
    if (!host_) return;
    told_ = [](const protocol::DoorNotice&) {
    };
    host_->client().disconnect(read_clocks());
    host_->drive();
    // Replies to other processes, and the goodbye to the server, may still stand in queues.
    const auto quiet = [this] {
        for (const auto& [number, guest] : guests_) {
            if (guest.connection->bytes_queued() != 0) return false;
        }
        return host_->quiet();
    };
    const Duration time_max = host_->calling() ? last_call_time_max : goodbye_time_max;
    loop_.run_until(quiet, read_clocks().instant + time_max);
}

Result<protocol::DoorReply> OwnerDoor::ask(const protocol::DoorRequest& request) {
    return settled([&] { return core::answer(host_->client(), request, read_clocks()); });
}

Submission OwnerDoor::submit(std::span<const protocol::Envelope> commands) {
    std::vector<Uuid> taken;
    protocol::DoorReply reply = settled([&] {
        auto done = core::submit(host_->client(), commands, read_clocks());
        taken = done.accepted;
        return done;
    });
    Submission submission{.accepted = std::move(reply.accepted), .refused = std::move(reply.refused)};
    if (!reply.failure) return submission;
    // The disk may have them, or have lost them.
    if (submission.accepted.empty()) submission.unsure = std::move(taken);
    submission.failure = core::error_of(*reply.failure);
    return submission;
}

/// What the disk did not take does not count as done, whatever the core thinks; after that nothing is begun.
protocol::DoorReply OwnerDoor::settled(const std::function<protocol::DoorReply()>& act) {
    protocol::DoorReply reply;
    if (!host_->broken()) {
        for (const int guest : std::exchange(gone_, {}))
            host_->client().look({}, read_clocks(), guest);
        reply = act();
        host_->drive();
    }
    if (!host_->broken()) return reply;
    return {.call = reply.call,
            .failure = core::door_failure({ErrorCode::unavailable, host_->problem(), 0, {}})};
}

void OwnerDoor::accept(std::unique_ptr<LocalConnection> connection) {
    const int number = ++last_guest_;
    LocalConnection& guest = *connection;
    guests_.emplace(number, Guest{.connection = std::move(connection), .problem = {}});
    guest.start([this, number](const LocalMessage& message) { serve(number, message); },
                [this, number] {
                    guests_.erase(number);
                    gone_.push_back(number);
                });
}

/// Before what lets the guest ask: it learns no state without its reason.
void OwnerDoor::tell_problem(Guest& guest) {
    if (guest.problem == host_->problem()) return;
    guest.problem = host_->problem();
    guest.connection->send({.kind = LocalMessage::Kind::problem, .until = {}, .body = guest.problem});
}

void OwnerDoor::serve(int number, const LocalMessage& message) {
    // Whoever sent this has given up by now, or soon will.
    if (read_clocks().instant > message.until) return;
    protocol::DoorReply reply = settled([&]() -> protocol::DoorReply {
        if (message.kind == LocalMessage::Kind::commands)
            return core::submit(host_->client(), message.body, local_encoding, read_clocks());
        auto request = protocol::decode<protocol::DoorRequest>(message.body, local_encoding);
        if (!request) return {.failure = core::door_failure(request.error())};
        // Each process shows something else.
        if (request->look) request->look->viewer = number;
        return core::answer(host_->client(), *request, read_clocks());
    });
    // Telling the notices of this may have let the guest go.
    const auto guest = guests_.find(number);
    if (guest == guests_.end()) return;
    tell_problem(guest->second);
    guest->second.connection->send(
        {.kind = LocalMessage::Kind::output, .until = {}, .body = encoded({.reply = std::move(reply)})});
}

void OwnerDoor::tell(const core::Notice& notice) {
    const protocol::DoorNotice told = core::door_notice(notice);
    told_(told);
    if (guests_.empty()) return;
    const std::string body = encoded({.notice = told});
    std::erase_if(guests_, [this](const auto& guest) {
        if (guest.second.connection->bytes_queued() <= guest_queue_bytes_max) return false;
        gone_.push_back(guest.first);
        return true;
    });
    for (auto& [number, guest] : guests_) {
        tell_problem(guest);
        guest.connection->send({.kind = LocalMessage::Kind::output, .until = {}, .body = body});
    }
}

}  // namespace parley::client
