#pragma once

#include "base/result.hpp"
#include "core/blocks.hpp"
#include "core/conversation.hpp"
#include "core/identity.hpp"
#include "core/outbox.hpp"
#include "core/own_settings.hpp"
#include "core/profiles.hpp"
#include "core/receipts.hpp"
#include "core/rows.hpp"
#include "core/view.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace parley::core {

/// Above every place in a stream.
inline constexpr std::int64_t end_of_time = std::numeric_limits<std::int64_t>::max();

/// What a user interface shows, read from the local database and from what stands in memory. Changes nothing.
class Views {
  public:
    Views(IdentityStore& identity, Conversations& conversations, Rows& rows, Outbox& outbox,
          Profiles& profiles, Receipts& receipts, const OwnSettings& own_settings, const Blocks& blocks)
        : identity_(identity),
          conversations_(conversations),
          rows_(rows),
          outbox_(outbox),
          profiles_(profiles),
          receipts_(receipts),
          own_settings_(own_settings),
          blocks_(blocks) {}

    // `now`: the server's time, as far as it is known.
    Result<std::vector<ConversationView>> conversations(std::size_t offset, std::size_t limit, WallTime now);
    Result<std::optional<ConversationView>> conversation(const StreamId& stream, WallTime now);
    Result<std::int64_t> badge(WallTime now);
    Result<std::vector<MemberView>> members(const StreamId& stream);
    /// In the order of pinning, as what waits to be sent leaves it.
    Result<std::vector<PinView>> pins(const StreamId& stream);
    Result<std::vector<DeviceView>> devices();
    /// In the order in which they were blocked, as what waits to be sent leaves it.
    Result<std::vector<BlockedView>> blocked() const;
    Result<std::vector<OutboxView>> outbox(std::size_t offset, std::size_t limit);
    OutboxCount outbox_count() const;

    struct Window {
        WindowView view;
        /// What the window lacks, or is not sure of.
        std::vector<protocol::Page> wanted;
    };
    Result<Window> window(const StreamId& stream, const WindowQuery& query);
    /// The stream of what a message to this target would go to, where there is one.
    Result<std::optional<StreamId>> stream_of(const protocol::Target& target) const;
    /// Of a conversation that exists only in the outbox.
    Result<WindowView> pending_window(const protocol::Target& target, const WindowQuery& query) const;

  private:
    /// A place in the list: a conversation, or a lane of the outbox that has no conversation yet.
    struct Listed {
        std::int64_t pending = 0;
        WallTime at;
        StreamId stream;
        std::string lane;
        bool archived = false;
        std::int64_t pinned = 0;
    };
    struct Span {
        std::int64_t low = 0;
        std::int64_t high = 0;
    };

    std::vector<Listed> list() const;
    Result<ConversationView> view_of(Conversation& conversation, WallTime now);
    Result<std::optional<WallTime>> next_message_at(Conversation& conversation);
    Result<std::optional<ConversationView>> view_of_lane(const std::string& lane, WallTime now);
    const Command* newest_under_way(const StreamId& stream) const;
    protocol::PreferencesChanged preferences(const StreamId& stream, const std::string& lane) const;
    protocol::PreferencesChanged preferences(const StreamId& stream) const;
    Status show_own(const StreamId& stream, const std::string& lane, WallTime now,
                    ConversationView& view) const;
    Result<rules::Tally> counts(Conversation& conversation);
    Result<std::optional<MessageView>> newest(const Conversation& conversation);
    Result<MessageView> message(const Conversation& conversation, const StoredRow& row) const;
    /// With what people say to them.
    Status add_messages(const Conversation& conversation, const std::vector<StoredRow>& rows,
                        WindowView& view) const;
    Status apply_changes(MessageView& view) const;
    void apply_reactions(MessageView& view) const;
    Result<std::optional<PinView>> pinned(const Conversation& conversation, const StoredRow& row) const;
    Status apply_pins(const Conversation& conversation, std::vector<PinView>& pins) const;
    std::vector<const Command*> asked_blocks() const;
    bool is_blocked(const AccountId& account) const;
    Result<MessageView> forwarded_message(const protocol::ForwardOf& forward) const;
    /// What a forward that waits is going to say.
    Status show_forwarded(const protocol::ForwardOf& forward, MessageView& view) const;
    Result<MessageView> pending_message(const Command& command) const;
    Result<std::vector<MessageView>> pending_messages(const std::string& lane, std::size_t limit) const;
    Result<Span> collect(const Conversation& conversation, const WindowQuery& query, WindowView& view);
    Status add_rows(const Conversation& conversation, std::optional<std::int64_t> below,
                    std::optional<std::int64_t> above, std::size_t limit, WindowView& view);

    IdentityStore& identity_;
    Conversations& conversations_;
    Rows& rows_;
    Outbox& outbox_;
    Profiles& profiles_;
    Receipts& receipts_;
    const OwnSettings& own_settings_;
    const Blocks& blocks_;
};

}  // namespace parley::core
