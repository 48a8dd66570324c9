#include "server/api/session.hpp"
#include "server/api/shard.hpp"

#include <algorithm>

namespace parley::server {

bool Session::has_subscribed(const Batch& batch, std::optional<ConversationKey> stream) const {
    const auto found = std::ranges::find(subscribed_, stream, &Subscribed::stream);
    return found != subscribed_.end() && batch.last_position > found->from;
}

bool Session::has_subscribed(const Batch& batch, const protocol::Change& own) const {
    if (has_subscribed(batch, std::nullopt)) return true;
    const auto* left = std::get_if<protocol::Left>(&own.payload);
    const auto conversation = left != nullptr ? conversation_key(left->conversation.text()) : std::nullopt;
    return conversation && has_subscribed(batch, conversation);
}

void Session::open_stream(const StreamId& stream, std::int64_t position) {
    const auto conversation = conversation_key(stream.text());
    if (sync_ == Sync::none) {
        sync_ = Sync::subscribed;
        shard_.join(*this);
        shard_.replay_blocks(*this, position);
    }
    std::erase_if(subscribed_, [&](const Subscribed& one) { return one.stream == conversation; });
    subscribed_.push_back({.stream = conversation, .from = position});
    if (conversation && !has_open(*conversation)) {
        open_.insert(std::ranges::lower_bound(open_, *conversation), *conversation);
        shard_.open(*this, *conversation);
    }
    // What went by while it was read is told now; what was read ahead of the shard is not told again.
    shard_.replay_stream(*this, position, conversation);
}

void Session::unsubscribe(const StreamId& stream) {
    // Where everything is live there is nothing to end.
    if (sync_ != Sync::subscribed) return;
    const auto conversation = conversation_key(stream.text());
    if (conversation) return handle_closed(*conversation);
    std::erase_if(subscribed_, [](const Subscribed& one) { return !one.stream; });
}

}  // namespace parley::server
