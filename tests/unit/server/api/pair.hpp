#pragma once

#include "tests/unit/server/api/world.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace parley::server::test {

/// Highest head told per conversation, by states and by changes.
inline void note_heads(const std::vector<protocol::Envelope>& came, std::map<StreamId, std::int64_t>& heads) {
    for (const auto& envelope : came) {
        auto& head = heads[envelope.stream];
        if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload))
            head = std::max(head, state->head);
        if (envelope.seq) head = std::max(head, *envelope.seq);
    }
}

/// Ada writes, bob reads, both live in one group.
struct Pair {
    explicit Pair(World::Options options = {})
        : world(std::move(options)),
          ada(world.person("ada")),
          bob(world.person("bob")),
          writer(world.online(ada)),
          reader(world.online(bob)),
          group(world.group(writer, {bob})) {
        world.settle();
        reader.take();
        writer.take();
    }
    void send(int count, const std::string& text = "x") {
        for (int i = 0; i < count; ++i) {
            writer.ask(message(group, text));
            world.settle();
        }
    }
    World world;
    Account ada;
    Account bob;
    Peer& writer;
    Peer& reader;
    StreamId group;
};

}  // namespace parley::server::test
