// Who is typing: from one session to those of others who look. Nothing of it is kept, and all of it may get
// lost.

#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/api/session.hpp"
#include "server/api/shard.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace parley::server {

void Session::look(const protocol::Look& look) {
    looks_.clear();
    for (const StreamId& stream : look.streams)
        if (const auto conversation = conversation_key(stream.text())) looks_.push_back(*conversation);
    std::ranges::sort(looks_);
}

bool Session::looks_at(ConversationKey conversation) const {
    return sync_ == Sync::subscribed || std::ranges::binary_search(looks_, conversation) ||
           mutant(Mutant::typing_told_to_all);
}

void Session::type(const protocol::Typing& typing) {
    const auto conversation = conversation_key(typing.stream.text());
    if (!conversation || !listens()) return;
    if (!has_open(*conversation) && !mutant(Mutant::departed_still_type)) return;
    const auto kind = typing.kind.value_or(protocol::TypingKind::text);
    const bool stops = kind == protocol::TypingKind::stopped;
    const Instant now = shard_.now().instant;
    const bool too_fast = typed_at_ && now - *typed_at_ < milliseconds(limits::typing_ms_min);
    // That it stopped is said once, however soon.
    if (stops ? !typing_ : too_fast) return;
    typing_ = !stops;
    if (!stops) typed_at_ = now;
    shard_.tell_typing({.conversation = *conversation,
                        .account = account_,
                        .kind = kind,
                        .position = std::max(shard_.walked(), live_from_),
                        .unheard_by = blocked_});
}

void Session::handle_block(AccountKey account, bool blocked) {
    auto all = blocked_ ? *blocked_ : std::vector<AccountKey>();
    const auto place = std::ranges::lower_bound(all, account);
    const bool known = place != all.end() && *place == account;
    if (known == blocked) return;
    if (blocked) {
        all.insert(place, account);
    } else {
        all.erase(place);
    }
    blocked_ = share(std::move(all));
}

bool Session::has_blocked(AccountKey account) const {
    return contains(blocked_, account);
}

void Session::handle_typing(SharedText text) {
    if (closed() || overflow_ || Shard::lags(outbound_.bytes())) return;
    outbound_.push_reply(std::move(text));
    count_queued();
}

void Shard::tell_typing(const Typed& typed) {
    pass_on(typed);
    ports_.bus.announce(options_.number, typed);
}

void Shard::handle_typed(const Typed& typed, Now now) {
    const Turn turn(*this, now);
    pass_on(typed);
}

void Shard::pass_on(const Typed& typed) {
    if (walked_ < typed.position) return;
    std::vector<Session*> hearers;
    for (Session* session : conversations_.of(typed.conversation)) {
        if (session->account() == typed.account || !session->looks_at(typed.conversation)) continue;
        const bool silent =
            session->has_blocked(typed.account) || contains(typed.unheard_by, session->account());
        if (silent && !mutant(Mutant::typing_passes_a_block)) continue;
        if (std::cmp_greater_equal(hearers.size(), limits::typing_hearers_max)) return;
        hearers.push_back(session);
    }
    if (hearers.empty()) return;
    protocol::Envelope envelope;
    envelope.stream = to_id(typed.conversation);
    envelope.payload = protocol::TypingChanged{.account = to_id(typed.account), .kind = typed.kind};
    envelope.timestamp = now_.wall;
    std::array<SharedText, 2> texts;
    for (Session* session : hearers) {
        SharedText& text = texts[static_cast<std::size_t>(session->encoding())];
        if (!text) text = session->encode(envelope);
        session->handle_typing(text);
    }
}

}  // namespace parley::server
