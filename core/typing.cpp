#include "core/typing.hpp"

#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace parley::core {

namespace {

using protocol::TypingKind;

/// More than anybody shows; a server that says more is not listened to.
constexpr std::size_t others_max = 1'000;
/// Windows that share a core.
constexpr std::size_t viewers_max = 64;
constexpr Duration again = milliseconds(limits::typing_again_ms);
constexpr Duration stop_after = milliseconds(limits::typing_stop_ms);

}  // namespace

std::vector<TypingView> Typing::of(const StreamId& stream) const {
    std::vector<TypingView> typing;
    for (const Other& other : others_)
        if (other.stream == stream) typing.push_back(other.view);
    return typing;
}

void Typing::look(std::int64_t viewer, const std::vector<StreamId>& streams) {
    if (streams.empty())
        viewers_.erase(viewer);
    else if (viewers_.contains(viewer) || viewers_.size() < viewers_max)
        viewers_[viewer] = streams;
    std::set<StreamId> all;
    for (const auto& [one, shown] : viewers_)
        for (const StreamId& stream : shown)
            if (std::cmp_less(all.size(), limits::looks_max)) all.insert(stream);
    std::vector<StreamId> looks(all.begin(), all.end());
    if (looks_ == looks) return;
    looks_ = std::move(looks);
    looks_said_ = false;
    forget([&](const Other& other) { return !looks_at(other.stream); });
}

void Typing::type(const StreamId& stream, TypingKind kind, Instant now) {
    if (own_ && own_->stream != stream) stop_own();
    if (kind == TypingKind::stopped) return stop_own();
    if (!own_) own_ = Own{.stream = stream, .kind = kind, .key_at = now, .said_at = std::nullopt};
    own_->kind = kind;
    own_->key_at = now;
}

void Typing::clear() {
    viewers_.clear();
    looks_.clear();
    own_.reset();
    handle_disconnected();
}

void Typing::handle_changed(const StreamId& stream, const protocol::TypingChanged& changed, Instant now) {
    if (!looks_at(stream)) return;
    const auto is_this = [&](const Other& other) {
        return other.stream == stream && other.view.account == changed.account;
    };
    if (changed.kind == TypingKind::stopped) return forget(is_this);
    auto known = std::ranges::find_if(others_, is_this);
    if (known == others_.end()) {
        if (others_.size() >= others_max) return;
        known = others_.insert(others_.end(),
                               Other{.stream = stream, .view = {.account = changed.account}, .until = {}});
    }
    known->until = now + milliseconds(limits::typing_ms_max);
    if (std::exchange(known->view.kind, changed.kind) != changed.kind) output_.touch(stream);
}

void Typing::handle_message(const StreamId& stream, const AccountId& sender) {
    forget([&](const Other& other) { return other.stream == stream && other.view.account == sender; });
}

void Typing::handle_sent(const StreamId& stream) {
    if (own_ && own_->stream == stream) own_.reset();
}

void Typing::handle_disconnected() {
    looks_said_ = looks_.empty();
    stopped_.reset();
    if (own_) own_->said_at.reset();
    forget([](const Other&) { return true; });
}

void Typing::pump(bool live, Instant now) {
    timers_.fired(Timer::typing, now);
    if (!mutant(Mutant::typing_never_ends)) forget([&](const Other& other) { return other.until <= now; });
    if (own_ && own_->key_at + stop_after <= now) stop_own();
    if (live) {
        if (!std::exchange(looks_said_, true)) {
            protocol::Envelope look;
            look.payload = protocol::Look{.streams = looks_};
            output_.send(look);
        }
        if (const auto stopped = std::exchange(stopped_, std::nullopt)) say(*stopped, TypingKind::stopped);
        const bool due =
            own_ && (!own_->said_at || (own_->key_at > *own_->said_at && *own_->said_at + again <= now));
        if (due) {
            say(own_->stream, own_->kind);
            own_->said_at = now;
        }
    }
    arm();
}

bool Typing::looks_at(const StreamId& stream) const {
    return std::ranges::find(looks_, stream) != looks_.end();
}

void Typing::stop_own() {
    if (own_ && own_->said_at) stopped_ = own_->stream;
    own_.reset();
}

void Typing::say(const StreamId& stream, TypingKind kind) {
    protocol::Envelope typing;
    typing.payload = protocol::Typing{.stream = stream, .kind = kind};
    output_.send(typing);
}

template <class Gone>
void Typing::forget(Gone gone) {
    std::erase_if(others_, [&](const Other& other) {
        if (!gone(other)) return false;
        output_.touch(other.stream);
        return true;
    });
}

void Typing::arm() {
    std::optional<Instant> next;
    const auto by = [&](Instant at) {
        next = next ? std::min(*next, at) : at;
    };
    for (const Other& other : others_)
        by(other.until);
    if (own_) {
        by(own_->key_at + stop_after);
        if (own_->said_at && own_->key_at > *own_->said_at) by(*own_->said_at + again);
    }
    if (next && !mutant(Mutant::typing_never_ends))
        timers_.set(Timer::typing, *next);
    else
        timers_.stop(Timer::typing);
}

}  // namespace parley::core
