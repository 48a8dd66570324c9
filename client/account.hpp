#pragma once

#include "client/door.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace parley::client {

/// An account as commands see it, whichever process owns its database. When the owner ends, this one takes
/// over or follows the next; what was asked meanwhile is asked again, which is harmless, since commands carry
/// their ids. Where nobody answers, errors are whole sentences for people.
class Account {
  public:
    /// Fails where the database cannot be opened, or another process has it and does not answer.
    static Result<std::unique_ptr<Account>> open(Loop& loop, DoorSettings settings);

    Result<protocol::DoorReply> ask(const protocol::DoorRequest& request);
    /// Durably puts commands into the outbox. Each must have an id. An owner that does not answer leaves the
    /// last of those that it was given in doubt.
    Submission submit(std::span<const protocol::Envelope> commands);

    /// Runs the loop until a notice waits, the owner changed, `also` holds, or the moment has come.
    /// Fails where the owner is gone and nobody can take its place.
    Status wait(const std::function<bool()>& also, std::optional<Instant> until);
    /// The oldest notice that was not taken yet.
    std::optional<protocol::DoorNotice> take_notice();
    /// True once after the owner changed: notices may be missing.
    bool take_changed_owner() { return std::exchange(changed_owner_, false); }

    /// This process owns the database.
    bool owner() const;
    std::string problem() const { return door_ ? door_->problem() : std::string(); }
    const AccountPlace& place() const { return settings_.place; }
    Loop& loop() { return loop_; }

  private:
    Account(Loop& loop, DoorSettings settings) : loop_(loop), settings_(std::move(settings)) {}

    bool gone() const { return !door_ || door_->lost(); }
    /// Becomes the owner or the guest of one. The advice says what to do where one does not answer.
    Status enter(std::string_view advice);
    /// Becomes so again, where the owner is gone.
    Status stay(std::string_view advice);

    Loop& loop_;
    DoorSettings settings_;
    std::deque<protocol::DoorNotice> notices_;
    bool changed_owner_ = false;
    std::unique_ptr<Door> door_;
};

}  // namespace parley::client
