#pragma once

#include "core/client.hpp"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace parley::test {

/// What a user interface shows of a core, by the name of each part: `list` (the conversations), `devices`,
/// `outbox`, `badge`, and of every conversation in the list the `conversation`, its `members` and its newest
/// `window`. Empty where the core has ended and shows nothing.
struct Shown {
    core::Connection connection{};
    std::map<std::string, std::string> listed;
    std::map<std::string, std::string> waiting;
    std::map<std::string, std::string> badge;
    std::map<StreamId, std::map<std::string, std::string>> conversations;
};

/// Asks as an application would (core/door/answer.hpp). A window that lacks something asks the server for it.
Shown look_at(core::Client& core, Now now);

/// What differs although no notice said so, one line each: a person would go on looking at what was.
std::vector<std::string> unannounced(const Shown& before, const Shown& after,
                                     std::span<const core::Notice> notices);

}  // namespace parley::test
