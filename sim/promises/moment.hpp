#pragma once

#include "protocol/generated/cpp/types.hpp"
#include "server/domain/batch.hpp"
#include "sim/history.hpp"
#include "sim/promises/right.hpp"
#include "sim/scene.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace parley::sim {

using Effects = std::span<const server::Effect>;

/// What stood at one moment in the middle of a batch: the history, and what the batch had brought by then.
/// Each question walks that part of the batch; batches are short.
class Moment {
  public:
    Moment(const History& history, Effects so_far) : history_(history), so_far_(so_far) {}

    struct Standing {
        bool present = false;
        protocol::Role role = protocol::Role::member;
    };
    /// Nothing: he has never been one.
    std::optional<Standing> member(const StreamId& stream, const AccountId& account) const;
    bool present(const StreamId& stream, const AccountId& account) const;
    bool has_blocked(const AccountId& blocker, const AccountId& blocked) const;
    /// Of a direct conversation; nothing: it is none, or not known.
    std::optional<AccountId> other_in(const StreamId& stream, const AccountId& account) const;
    /// Present, and with this right in this group.
    bool has_right(const StreamId& stream, const AccountId& account, Right right) const;
    bool is_only_owner(const StreamId& stream, const AccountId& account) const;
    /// Null: not known, or there is none with this number.
    const protocol::Change* change(const StreamId& stream, std::int64_t seq) const;
    std::int64_t head(const StreamId& stream) const;
    /// The latest state of this sender's message with this id in this stream; null: there is none.
    const protocol::Change* message(const StreamId& stream, const AccountId& sender, const Uuid& id) const;
    /// How often the message at this place is known to have been edited.
    std::int64_t edits(const StreamId& stream, std::int64_t born) const;
    /// Of the message at this place, which is not deleted: pinned, and not by a row that this reader does not
    /// see.
    bool is_pinned(const StreamId& stream, std::int64_t message, const AccountId& reader) const;
    std::optional<protocol::ConversationKind> kind(const StreamId& stream) const;
    /// Null: there are none, or they are not known.
    const protocol::ConversationChanged* settings(const StreamId& stream) const;
    /// What is set there; nothing, where nothing is.
    protocol::Permissions permissions(const StreamId& stream) const;
    /// Null: there is no such account.
    const protocol::ProfileChanged* profile(const AccountId& account) const;
    /// Null: the account has never had this device.
    const protocol::DeviceChanged* device(const AccountId& account, const DeviceId& device) const;
    /// How far this account has read in this conversation.
    std::int64_t read(const AccountId& account, const StreamId& conversation) const;
    /// What this account has set for itself in this conversation; null: nothing yet.
    const protocol::PreferencesChanged* preferences(const AccountId& account,
                                                    const StreamId& conversation) const;
    const protocol::DraftChanged* draft(const AccountId& account, const StreamId& conversation) const;
    /// Another text than this stands there, written after the one that this one's writer had before him.
    bool supersedes(const AccountId& account, const StreamId& conversation,
                    const protocol::DraftSet& written) const;
    /// Both are members of this direct conversation, and nobody else; of saved messages the one who is both.
    bool is_between(const StreamId& stream, const AccountId& one, const AccountId& other) const;
    /// The conversation of these two alone.
    std::optional<StreamId> direct_between(const AccountId& one, const AccountId& other) const;
    const History& history() const { return history_; }

  private:
    const protocol::Change* draft_change(const AccountId& account, const StreamId& conversation) const;

    const History& history_;
    Effects so_far_;
};

/// The command of this account with this id, as it was given to one of its devices, or by HTTP; null: nobody
/// gave it.
const Given* given_by(Scene& scene, const AccountId& account, const Uuid& id);

}  // namespace parley::sim
