#include "server/api/outbound.hpp"

#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <cassert>
#include <utility>

namespace parley::server {

namespace {

/// What an encoded pong with a token takes at most, about; it counts so while it waits.
constexpr std::size_t pong_bytes = 200;

/// So many pongs wait, each for its ping; then the latest ping is answered for all.
constexpr std::size_t pongs_max = 16;

const SharedText& separator() {
    static const SharedText newline = std::make_shared<const std::string>("\n");
    return newline;
}

}  // namespace

void Outbound::push_reply(SharedText text) {
    const std::size_t bytes = text->size();
    push({.text = std::move(text), .before = {}, .received = {}, .kind = Kind::reply}, bytes);
}

void Outbound::push_change(SharedText text, Coverage before, Stamp received) {
    const std::size_t bytes = text->size();
    push({.text = std::move(text), .before = before, .received = received, .kind = Kind::change}, bytes);
}

void Outbound::push_pong(std::optional<Uuid> re, std::optional<std::string> token, WallTime time) {
    const bool follows_pong = !empty() && items_.back().kind == Kind::pong;
    if (follows_pong && pongs_.size() >= pongs_max) {
        pongs_.back() = {re, std::move(token), time};
        return;
    }
    pongs_.push_back({re, std::move(token), time});
    push({.text = nullptr, .before = {}, .received = {}, .kind = Kind::pong}, pong_bytes);
}

void Outbound::push(Item item, std::size_t bytes) {
    bytes_ += bytes;
    // A queue that never runs empty lets go of what it has given out.
    if (next_ > 64 && next_ > items_.size() / 2) {
        items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(next_));
        next_ = 0;
    }
    items_.push_back(std::move(item));
}

std::size_t Outbound::size_of(const Item& item) {
    return item.kind == Kind::pong ? pong_bytes : item.text->size();
}

std::optional<Coverage> Outbound::drop_changes() {
    std::optional<Coverage> covered;
    std::vector<Item> kept;
    for (std::size_t i = next_; i < items_.size(); ++i) {
        if (items_[i].kind != Kind::change) {
            kept.push_back(std::move(items_[i]));
            continue;
        }
        if (!covered) covered = items_[i].before;
        bytes_ -= items_[i].text->size();
    }
    items_ = std::move(kept);
    next_ = 0;
    for (Pong& pong : pongs_) {
        if (!mutant(Mutant::pong_token_while_resuming)) pong.token.reset();
    }
    return covered;
}

SharedText Outbound::encode_pong() {
    assert(!pongs_.empty());
    const Pong pong = pongs_.front();
    pongs_.erase(pongs_.begin());
    protocol::Pong payload{.token = std::nullopt, .time = pong.time};
    payload.token = pong.token;
    protocol::Envelope envelope;
    envelope.re = pong.re;
    envelope.payload = std::move(payload);
    auto text = std::make_shared<std::string>();
    protocol::append_envelope(*text, envelope, encoding_);
    return text;
}

Frame Outbound::take_frame() {
    Frame frame;
    oldest_received_ = {};
    while (next_ < items_.size()) {
        Item& item = items_[next_];
        const std::size_t size = size_of(item);
        const bool first = frame.pieces.empty();
        if (!first && frame.bytes + size + 1 > static_cast<std::size_t>(limits::frame_bytes_max)) break;
        if (!first && encoding_ == protocol::Encoding::json) {
            frame.pieces.push_back(separator());
            frame.bytes += 1;
        }
        if (item.received != Stamp{} && (oldest_received_ == Stamp{} || item.received < oldest_received_)) {
            oldest_received_ = item.received;
        }
        SharedText text = item.kind == Kind::pong ? encode_pong() : std::move(item.text);
        frame.bytes += text->size();
        frame.pieces.push_back(std::move(text));
        bytes_ -= size;
        ++next_;
    }
    if (empty()) {
        items_ = {};
        next_ = 0;
    }
    return frame;
}

}  // namespace parley::server
