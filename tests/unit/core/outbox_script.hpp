#pragma once

#include "core/outbox.hpp"
#include "tests/unit/core/script.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace parley::test {

/// A live core in conversation "c1".
class Outbox : public testing::Test {
  protected:
    Outbox() {
        script.go_live();
        script.join("c1");
        script.forget();
    }
    std::vector<Uuid> say(int count) {
        std::vector<Uuid> said;
        said.reserve(static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i)
            said.push_back(script.say("c1", "text " + std::to_string(i)));
        return said;
    }
    core::CommandState state_of(const Uuid& id) {
        const auto outbox = script.core().outbox();
        for (const auto& command : *outbox)
            if (command.id == id) return command.state;
        ADD_FAILURE() << "not in the outbox";
        return core::CommandState::queued;
    }

    Script script;
};

}  // namespace parley::test
