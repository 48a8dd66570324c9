#pragma once

#include "server/api/session.hpp"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <vector>

namespace parley::server {

/// The live sessions by what they are to hear of. Does not own them.
template <class Key>
class Subscribers {
  public:
    std::span<Session* const> of(Key key) const {
        const auto found = sessions_.find(key);
        if (found == sessions_.end()) return {};
        return found->second;
    }

    void add(Key key, Session& session) { sessions_[key].push_back(&session); }

    void remove(Key key, Session& session) {
        const auto found = sessions_.find(key);
        if (found == sessions_.end()) return;
        auto& all = found->second;
        const auto at = std::find(all.begin(), all.end(), &session);
        if (at == all.end()) return;
        *at = all.back();
        all.pop_back();
        if (all.empty()) sessions_.erase(found);
    }

  private:
    std::unordered_map<Key, std::vector<Session*>> sessions_;
};

}  // namespace parley::server
