#include "sim/ledger.hpp"

namespace parley::sim {

Given& Ledger::add(const Uuid& id, protocol::Payload command, const AccountId& account) {
    by_id_[id] = given_.size();
    given_.push_back({.id = id, .command = std::move(command), .account = account, .order = ++order_});
    return given_.back();
}

void Ledger::forget(const std::function<bool(const Given&)>& undone) {
    std::erase_if(given_, undone);
    by_id_.clear();
    for (std::size_t one = 0; one < given_.size(); ++one)
        by_id_[given_[one].id] = one;
}

Given* Ledger::find(const Uuid& id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &given_[found->second];
}

}  // namespace parley::sim
