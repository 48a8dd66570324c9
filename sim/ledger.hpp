#pragma once

#include "base/result.hpp"
#include "base/uuid.hpp"
#include "protocol/generated/cpp/types.hpp"
#include "sim/history.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parley::sim {

/// A command that a device took over, and how it answered.
struct Given {
    Uuid id;
    protocol::Payload command;
    AccountId account;
    /// Count of the device's commands: in this order they were given.
    std::int64_t order = 0;
    /// It was on the device's disk when the person looked away; without it, a crash may have taken it.
    bool kept = false;
    /// The command that must have been accepted first.
    std::optional<Uuid> follows = std::nullopt;
    /// The person threw it away, or sent it again under another id, after it had failed.
    bool dropped = false;
    /// Under which id, where it was sent again.
    std::optional<Uuid> again_as;
    /// Of a reaction: what was said later on this device by the same emoji says all that there is to say,
    /// also where a restore took back that it was done.
    bool overtaken = false;
    /// It has left the device; and the server has refused it for good.
    bool sent = false;
    bool refused = false;
};

/// Whether two commands of one account go to the same conversation.
using SamePlace = std::function<bool(const protocol::Target&, const protocol::Target&)>;

/// What one device was told to do.
class Ledger {
  public:
    Given& add(const Uuid& id, protocol::Payload command, const AccountId& account);
    const std::vector<Given>& given() const { return given_; }
    /// Also what was forgotten: that a person wished it stays true, and it may be asked for again.
    Given* find(const Uuid& id);
    /// Where this is a read: it asks for so much from here on, since a restore took away what lies above.
    void cut_read(const Uuid& id, const protocol::Payload& now);
    /// It leaves the device. A message that was edited before says what the edit made of it; a mark that a
    /// later read takes back is left out; and of a draft the device says which one its writer had before him.
    void note_sent(const Uuid& id, const protocol::Payload& now, const SamePlace& same);
    /// The edit of this device that gave a message this text; null: none.
    const Given* edit_into(const Uuid& message, const protocol::MessageSend& now) const;
    /// This marks a conversation as unread which was read after that.
    bool is_taken_back(const Given& mark, const SamePlace& same) const;
    /// What the server has done and then, restored, knows nothing of. Nothing is expected of it any more.
    void forget(const std::function<bool(const Given&)>& undone);
    /// The device was erased, with all that waited in it. What was under way may be done all the same.
    void erase() {
        forget([](const Given&) { return true; });
    }

  private:
    std::vector<Given> given_;
    std::unordered_map<Uuid, std::size_t> by_id_;
    std::unordered_map<Uuid, Given> forgotten_;
    std::int64_t order_ = 0;
};

/// What the server has said about commands, by who gave them.
struct Said {
    /// `message.accepted`.
    std::map<std::pair<AccountId, Uuid>, Place> accepted;
    /// Any success.
    std::map<std::pair<AccountId, Uuid>, StreamId> done;
    /// When the first of these was said, by the clock that does not jump and by the server's.
    std::map<std::pair<AccountId, Uuid>, std::pair<Instant, WallTime>> done_at;
    /// For good.
    std::set<std::pair<AccountId, Uuid>> refused;
};

}  // namespace parley::sim
