#include "sim/token_book.hpp"

#include "server/domain/keys.hpp"

#include <algorithm>
#include <variant>

namespace parley::sim {

void TokenBook::note(const AccountId& account, const protocol::Change& change, Instant now) {
    const auto* device = std::get_if<protocol::DeviceChanged>(&change.payload);
    if (device == nullptr) return;
    const auto [known, fresh] = tokens_.try_emplace(
        device->device, Tokens{.account = account, .renewed_at = change.timestamp, .since = now});
    known->second.taken_back = !device->present;
}

void TokenBook::committed(const server::Batch& batch, Instant now) {
    for (const auto& effect : batch.effects) {
        if (const auto* own = std::get_if<server::AccountChange>(&effect))
            note(server::to_id(own->account), own->change, now);
        const auto* replied = std::get_if<server::Replied>(&effect);
        if (replied == nullptr || !replied->answer) continue;
        const auto* given = std::get_if<server::SignedIn>(&replied->answer->payload);
        if (given == nullptr) continue;
        Tokens& tokens = tokens_[server::to_id(given->device)];
        // The same successor is given again where its answer was lost.
        if (given->refresh_number <= tokens.number && tokens.account == server::to_id(given->account))
            continue;
        tokens.account = server::to_id(given->account);
        tokens.number = given->refresh_number;
        tokens.renewed_at = replied->answer->timestamp;
        tokens.since = now;
    }
}

void TokenBook::learn(const StoredRows& stored, Instant now) {
    for (const StoredRow& row : stored.rows)
        note(AccountId(row.stream.text()), row.change, now);
}

const TokenBook::Tokens* TokenBook::find(const DeviceId& device) const {
    const auto found = tokens_.find(device);
    return found == tokens_.end() ? nullptr : &found->second;
}

std::int64_t TokenBook::count(const AccountId& account) const {
    return std::ranges::count_if(
        tokens_, [&](const auto& one) { return one.second.account == account && !one.second.taken_back; });
}

}  // namespace parley::sim
