#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley::core {

/// States of an own message, which only move forward; `failed` may become `sending` again under a new id.
enum class MessageState : std::uint8_t { sending, sent, delivered, read, failed };

/// How people reacted to a message with one emoji.
struct ReactionView {
    std::string emoji;
    std::int64_t count = 0;
    /// The person is one of them.
    bool own = false;
    /// The first of them, at most limits::reactions_shown_max.
    std::vector<AccountId> accounts;
    /// The own one is as a command leaves it that is not accepted yet.
    bool changing = false;
    friend bool operator==(const ReactionView&, const ReactionView&) = default;
};

struct MessageView {
    Uuid id;
    /// Place in the conversation; 0 while it is not accepted.
    std::int64_t born = 0;
    AccountId sender;
    std::string text;
    std::optional<Uuid> reply_to;
    /// All who are named, and with `names_all` everybody besides.
    std::vector<AccountId> mentions;
    /// What parts of the text are; whoever shows them looks whether they keep the rule (rules/entities.hpp).
    std::vector<protocol::Entity> entities;
    bool names_all = false;
    /// Nobody is to be alerted to it.
    bool silent = false;
    /// What it says to an application. Without its data where the device has only heard of the message yet.
    std::optional<protocol::Custom> custom;
    /// Whose words it says. While it is under way, as far as the device knows, mostly without a name.
    std::optional<protocol::Forwarded> forwarded;
    /// The server's time once accepted, the device's before.
    WallTime at;
    bool own = false;
    /// Of own messages; `sent` while the server does not hold it.
    MessageState state = MessageState::sent;
    std::optional<Error> failure;
    /// When its text was changed last.
    std::optional<WallTime> edited_at;
    /// For everyone: nothing is left of it but who wrote it, and when.
    bool deleted = false;
    /// Shown as an own edit or deletion leaves it that is not accepted yet.
    bool changing = false;
    /// Each emoji with which somebody reacted, the earliest first. Only where it stands in a window.
    std::vector<ReactionView> reactions;
    /// After a restore of the server: it holds this message no more; this device does.
    bool not_on_server = false;
    /// With that: it is not certain until this part of the history has been looked up.
    bool in_doubt = false;
    /// Whoever wrote it is blocked now: to be shown folded.
    bool blocked = false;
};

/// A pinned message.
struct PinView {
    Uuid id;
    /// Place of the message; 0 while it is not accepted.
    std::int64_t born = 0;
    AccountId sender;
    AccountId by;
    WallTime at;
    /// As it stands now; absent: the device does not hold it.
    std::optional<MessageView> message;
    /// An own command pins it that is not accepted yet.
    bool changing = false;
};

/// What the person has begun to write, on whichever of his devices.
struct DraftView {
    std::string text;
    std::optional<Uuid> reply_to;
    /// The server's time once it has it, the device's before.
    WallTime at;
};

/// Somebody else who is about to say something.
struct TypingView {
    AccountId account;
    protocol::TypingKind kind{};
};

struct ConversationView {
    StreamId stream;
    protocol::Summary summary;
    /// None where one is out: nobody could settle them.
    std::int64_t unread = 0;
    std::int64_t mentions = 0;
    /// Own read position, a `born`.
    std::int64_t read = 0;
    std::int64_t head = 0;
    /// The first place that one may see since one is in it.
    std::int64_t from = 0;
    /// The newest message, own ones that are under way included; refused ones stand in the window alone.
    std::optional<MessageView> last;
    /// False: one is out; the history that the device holds stays readable.
    bool present = true;
    /// False: something below the head is still to be pulled.
    bool complete = true;
    /// Rows of later versions, which this one cannot show.
    std::int64_t unreadable = 0;
    /// True for a conversation that so far exists only in the outbox: `stream` is empty, `made_by` or `peer`
    /// names it.
    bool pending = false;
    std::optional<Uuid> made_by;
    std::optional<AccountId> peer;
    /// Of a pending one: why the server refused what was to make it; absent while it may still accept that.
    std::optional<Error> failure;
    /// Muted now, and until when by the server's clock; absent: not muted, or for ever.
    bool muted = false;
    std::optional<WallTime> muted_until;
    bool archived = false;
    bool pinned = false;
    /// And not read since.
    bool marked_unread = false;
    protocol::Notify notify = protocol::Notify::all;
    /// What it adds to the badge.
    std::int64_t badge = 0;
    std::optional<DraftView> draft;
    /// Of a direct one: the other person is blocked now.
    bool blocked = false;
    /// In a group in slow mode: from then on, by the server's clock, the next message is taken; it may be
    /// over. Absent: nothing is known to hold it back.
    std::optional<WallTime> next_message_at;
    /// Who is typing now, who began first at the front: only in the view of one conversation, which is looked
    /// at.
    std::vector<TypingView> typing;
};

/// Which part of a conversation a window shows: the newest, or around a place.
struct WindowQuery {
    std::optional<std::int64_t> around;
    std::optional<std::int64_t> before;
    std::optional<std::int64_t> after;
    std::size_t limit = 50;
};

struct WindowView {
    std::vector<MessageView> messages;
    /// There are more before the first of these, or there may be: what is there is not on this device yet.
    bool more_before = false;
    /// There are more after the window.
    bool more_after = false;
    /// A part that belongs here is not on this device yet.
    bool missing = false;
};

struct MemberView {
    protocol::Profile profile;
    protocol::Role role{};
    bool present = true;
    std::int64_t delivered = 0;
    std::int64_t read = 0;
    /// By whose invite link he came in; absent: by none.
    std::optional<AccountId> invited_by = {};
    bool blocked = false;
};

/// Somebody who is blocked.
struct BlockedView {
    AccountId account;
    /// As the device last heard of him; absent: it never did.
    std::optional<protocol::Profile> profile;
    /// Since when, by the server's clock; by the device's while the server has not accepted it.
    WallTime at;
    /// An own command blocks him that is not accepted yet.
    bool changing = false;
};

struct DeviceView {
    DeviceId device;
    std::string name;
    WallTime created_at;
    bool own = false;
};

enum class CommandState : std::uint8_t { queued, in_flight, failed };

/// How much stands in the outbox.
/// Without questions that wait: losing one loses nothing.
struct OutboxCount {
    std::int64_t waiting = 0;
    std::int64_t failed = 0;
};

struct OutboxView {
    Uuid id;
    protocol::Payload command;
    CommandState state{};
    std::optional<Error> failure;
};

}  // namespace parley::core
