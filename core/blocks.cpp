#include "core/blocks.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {

Status Blocks::load() {
    clear();
    // By a restore whose rows were not all told yet.
    bool marked = false;
    TRY_ASSIGN(const auto rows, rows_.of_type(account_stream_number, protocol::Type::block_changed));
    for (const auto& row : rows) {
        handle_row(row.change);
        if (row.not_on_server) marked = true;
    }
    if (marked) handle_restored();
    return {};
}

std::vector<Blocks::Blocked> Blocks::in_order() const {
    std::vector<Blocked> all;
    for (const AccountId& account : blocked_)
        all.push_back({account, states_.at(account).at});
    std::ranges::sort(all, {}, [&](const Blocked& one) { return states_.at(one.account).seq; });
    return all;
}

bool Blocks::handle_row(const protocol::Change& change) {
    const auto* block = change.unreadable ? nullptr : std::get_if<protocol::BlockChanged>(&change.payload);
    return block && set(block->account, block->blocked, {change.seq, change.timestamp});
}

bool Blocks::handle_done(const protocol::BlockSet& command, std::int64_t seq, WallTime at) {
    return set(command.account, command.blocked, {seq, at});
}

void Blocks::handle_restored() {
    restored_ = true;
    for (auto& [account, state] : states_)
        state.seq = 0;
}

Result<bool> Blocks::handle_told() {
    if (!std::exchange(restored_, false)) return false;
    const auto before = blocked_;
    TRY(load());
    return blocked_ != before;
}

void Blocks::clear() {
    blocked_.clear();
    states_.clear();
    restored_ = false;
}

bool Blocks::set(const AccountId& account, bool blocked, const State& state) {
    State& known = states_[account];
    if (state.seq < known.seq) return false;
    known = state;
    return blocked ? blocked_.insert(account).second : blocked_.erase(account) > 0;
}

}  // namespace parley::core
