#include "sim/ledger.hpp"

namespace parley::sim {

Given& Ledger::add(const Uuid& id, protocol::Payload command, const AccountId& account) {
    by_id_[id] = given_.size();
    given_.push_back({.id = id, .command = std::move(command), .account = account, .order = ++order_});
    return given_.back();
}

Given* Ledger::find(const Uuid& id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &given_[found->second];
}

}  // namespace parley::sim
