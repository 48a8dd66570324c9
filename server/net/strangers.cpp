#include "server/net/strangers.hpp"

#include <utility>

namespace parley::server {

std::unique_ptr<Strangers::Place> Strangers::enter(const std::string& address, std::int64_t max) {
    {
        const std::lock_guard lock(mutex_);
        std::int64_t& count = counts_[address];
        if (count >= max) return nullptr;
        ++count;
    }
    return std::unique_ptr<Place>(new Place(*this, address));
}

Strangers::Place::~Place() {
    const std::lock_guard lock(all_.mutex_);
    const auto counted = all_.counts_.find(address_);
    if (--counted->second == 0) all_.counts_.erase(counted);
}

std::size_t Strangers::size() const {
    const std::lock_guard lock(mutex_);
    return counts_.size();
}

}  // namespace parley::server
