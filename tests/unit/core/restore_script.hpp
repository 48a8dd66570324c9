#pragma once

#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/core/streams_script.hpp"

#include <cstdint>
#include <string>

namespace parley::test {

/// As `script.state`, of a server that was restored when the stream's head was `restored_from`.
inline protocol::Envelope restored_state(Script& script, std::int64_t restored_from, std::int64_t head,
                                         std::int64_t account_seq) {
    auto state = script.state("c1", head);
    auto& payload = std::get<protocol::ConversationState>(state.payload);
    payload.restored_from = restored_from;
    payload.as_of = {head, account_seq};
    return state;
}

/// Answers the one question for the changes of this stream, which begins where the answer does.
inline void answer_changes(Script& script, const std::string& stream, const protocol::ChangesOk& changes) {
    std::vector<protocol::Envelope> asked;
    for (const auto& one : script.sent_of<protocol::Changes>())
        if (std::get<protocol::Changes>(one.payload).stream == StreamId(stream)) asked.push_back(one);
    ASSERT_EQ(asked.size(), 1u) << "who asks for the changes of " << stream;
    EXPECT_EQ(std::get<protocol::Changes>(asked[0].payload).after, changes.after);
    script.give(changes, asked[0].id);
}

}  // namespace parley::test
