#pragma once

#include "client/home.hpp"
#include "client/host.hpp"
#include "client/net/local_socket.hpp"
#include "protocol/generated/cpp/door.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace parley::client {

/// What processes of one account speak with each other, and with the core.
inline constexpr auto local_encoding = protocol::Encoding::cbor;

/// What became of commands that were to go into the outbox.
struct Submission {
    /// Survive a power loss.
    std::vector<Uuid> accepted;
    /// Can never be accepted, and were not taken.
    std::vector<protocol::DoorSettled> refused;
    /// Were handed over, and nobody has said what became of them: they may stand in the outbox, or will yet.
    std::vector<Uuid> unsure;
    /// Why it ended early. What is in none of the lists went nowhere.
    std::optional<Error> failure;
    /// Nobody answered, and that is why.
    bool unanswered = false;
};

/// The core of an account as one process reaches it: its own, or that of another process. Notices are told
/// from the loop and from inside calls; whoever is told must not call back.
class Door {
  public:
    using Told = std::function<void(const protocol::DoorNotice&)>;

    virtual ~Door() = default;

    /// Carries out one request (core/door/answer.hpp). Fails where nobody answers: what it was to change may
    /// be changed all the same.
    virtual Result<protocol::DoorReply> ask(const protocol::DoorRequest& request) = 0;
    /// Puts commands, in their order, into the outbox.
    virtual Submission submit(std::span<const protocol::Envelope> commands) = 0;
    /// The process behind it has ended: nothing more will come through.
    virtual bool lost() const = 0;
    /// Why the server is out of reach, for people; empty where that is unknown or it is not.
    virtual std::string problem() const = 0;
};

struct DoorSettings {
    AccountPlace place;
    core::ClientOptions core;
    Durability durability = Durability::on_sync;
    /// Keep the newest of what happens in the account's recording file, without anything private.
    bool record = false;
    /// Connect to the server where a session is stored.
    bool connect = true;
};

/// Owns the database and drives the core, for this process and for those that come through the socket.
class OwnerDoor final : public Door {
  public:
    static Result<std::unique_ptr<OwnerDoor>> open(Loop& loop, OwnerLock lock, const DoorSettings& settings,
                                                   Told told);
    /// Says goodbye to the server and lets the others go; they settle among themselves who is next.
    ~OwnerDoor() override;

    Result<protocol::DoorReply> ask(const protocol::DoorRequest& request) override;
    Submission submit(std::span<const protocol::Envelope> commands) override;
    bool lost() const override { return false; }
    std::string problem() const override { return host_->problem(); }

  private:
    OwnerDoor(Loop& loop, OwnerLock lock, Told told);

    /// Another process that came through the socket.
    struct Guest {
        std::unique_ptr<LocalConnection> connection;
        /// Why the server is out of reach, as it was told last.
        std::string problem;
    };

    void accept(std::unique_ptr<LocalConnection> connection);
    void tell_problem(Guest& guest);
    void serve(int guest, const LocalMessage& message);
    protocol::DoorReply settled(const std::function<protocol::DoorReply()>& act);
    void tell(const core::Notice& notice);

    Loop& loop_;
    OwnerLock lock_;
    Told told_;
    std::unique_ptr<Host> host_;
    std::unique_ptr<LocalListener> listener_;
    std::map<int, Guest> guests_;
    int last_guest_ = 0;
    /// Of whom the core does not know yet that they look at nothing any more.
    std::vector<int> gone_;
};

/// Hands everything to the process that owns the database.
class GuestDoor final : public Door {
  public:
    /// Fails where nobody listens, and where the owner does not answer within two seconds.
    static Result<std::unique_ptr<GuestDoor>> open(Loop& loop, const AccountPlace& place, Told told);

    Result<protocol::DoorReply> ask(const protocol::DoorRequest& request) override;
    Submission submit(std::span<const protocol::Envelope> commands) override;
    bool lost() const override { return lost_; }
    std::string problem() const override { return problem_; }

  private:
    GuestDoor(Loop& loop, Told told) : loop_(loop), told_(std::move(told)) {}

    Result<protocol::DoorReply> exchange(LocalMessage::Kind kind, std::string body);
    bool hand_over(std::string frame, std::vector<Uuid> ids, Submission& all);
    void receive(const LocalMessage& message);

    Loop& loop_;
    Told told_;
    std::unique_ptr<LocalConnection> connection_;
    std::optional<protocol::DoorReply> reply_;
    std::string problem_;
    bool lost_ = false;
};

}  // namespace parley::client
