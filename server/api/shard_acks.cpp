#include "protocol/generated/cpp/limits.hpp"
#include "server/api/shard.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

/// What devices have received, collected for a moment and written together.
namespace parley::server {

namespace {

/// Acks of all devices that wait; with as many they are handed to the writer at once, and where it cannot
/// take them, later ones are forgotten: the next of a conversation says the same and more.
constexpr std::size_t acks_waiting_max = 100'000;
/// The same of one device, beyond which only its own are forgotten. A device that is live can acknowledge
/// only what it has open; so this bounds what others may say of conversations that nobody knows.
constexpr std::size_t acks_of_device_max = 4 * std::size_t{limits::acks_max};
/// Those that could not be written are tried again after this, in two halves, so that one which can never be
/// written is soon alone; and so often, which is about two minutes.
constexpr Duration acks_retry = seconds(5);
constexpr int acks_tries_max = 24;
/// After acks came back no pong proves any for so long: until the next try, and its own way back.
constexpr Duration acks_doubt = acks_retry * 2;

}  // namespace

std::size_t Shard::acks() const {
    return acks_count_ + acks_returned_count_;
}

void Shard::collect_acks(AccountKey account, DeviceKey device, const protocol::Ack& ack,
                         const Session* session) {
    const std::size_t before = acks_count_;
    DeviceAcks& own = acks_[device];
    own.account = account;
    for (const protocol::StreamPosition& one : ack.streams) {
        const auto conversation = conversation_key(one.stream.text());
        if (!conversation) continue;
        if (session != nullptr && session->live() && !session->has_open(*conversation)) continue;
        const auto known = own.seqs.find(*conversation);
        if (known != own.seqs.end()) {
            known->second = std::max(known->second, one.seq);
            continue;
        }
        if (own.seqs.size() >= acks_of_device_max || acks_count_ >= acks_waiting_max) continue;
        own.seqs.emplace(*conversation, one.seq);
        ++acks_count_;
    }
    if (own.seqs.empty()) acks_.erase(device);
    if (acks_count_ > 0 && !acks_due_) acks_due_ = now_.instant + options_.acks_delay;
    if (before < acks_waiting_max && acks_count_ >= acks_waiting_max) flush_acks(now_);
}

void Shard::flush_acks(Now now) {
    acks_due_.reset();
    if (acks_.empty()) return;
    Acks acks{.epoch = epoch_, .acks = {}};
    acks.acks.reserve(acks_count_);
    for (const auto& [device, own] : acks_) {
        for (const auto& [conversation, seq] : own.seqs)
            acks.acks.push_back(
                {.account = own.account, .device = device, .conversation = conversation, .seq = seq});
    }
    // In an order that does not hang on addresses or hashes.
    std::ranges::sort(acks.acks, {},
                      [](const Acks::One& one) { return std::tuple(one.device, one.conversation); });
    if (submit_acks(std::move(acks), now)) {
        acks_.clear();
        acks_count_ = 0;
    } else {
        acks_due_ = now.instant + options_.acks_delay;
    }
}

bool Shard::submit_acks(Acks acks, Now now) {
    Origin origin;
    origin.shard = options_.number;
    return ports_.writes.submit({.origin = origin, .command = std::move(acks), .at = now.wall});
}

void Shard::take_back(const AcksReturned& returned) {
    // Given up or not: they are not in the store.
    acks_doubt_until_ = now_.instant + acks_doubt;
    const auto& acks = returned.acks.acks;
    if (returned.acks.tries >= acks_tries_max || acks_returned_count_ + acks.size() > acks_waiting_max)
        return;
    const auto half = acks.begin() + static_cast<std::ptrdiff_t>((acks.size() + 1) / 2);
    const auto keep = [&](auto from, auto to) {
        if (from == to) return;
        acks_returned_.push_back(
            {.epoch = returned.acks.epoch, .acks = {from, to}, .tries = returned.acks.tries + 1});
    };
    keep(acks.begin(), half);
    keep(half, acks.end());
    acks_returned_count_ += acks.size();
    if (!acks_again_) acks_again_ = now_.instant + acks_retry;
}

void Shard::flush_returned_acks(Now now) {
    acks_again_.reset();
    while (!acks_returned_.empty()) {
        if (!submit_acks(acks_returned_.back(), now)) {
            acks_again_ = now.instant + acks_retry;
            acks_doubt_until_ = now.instant + acks_doubt;
            return;
        }
        acks_returned_count_ -= acks_returned_.back().acks.size();
        acks_returned_.pop_back();
    }
}

void Shard::forget_acks() {
    acks_.clear();
    acks_count_ = 0;
    acks_due_.reset();
    acks_returned_.clear();
    acks_returned_count_ = 0;
    acks_again_.reset();
    acks_doubt_until_.reset();
}

}  // namespace parley::server
