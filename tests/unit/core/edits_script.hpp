#pragma once

#include "tests/unit/core/outbox_script.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::test {

inline protocol::MessageNew edited(const std::string& text, const std::string& by = "you") {
    auto message = Script::said(text, by);
    message.edited_at = WallTime{1'700'000'500'000};
    return message;
}

inline protocol::MessageNew tombstone(const std::string& of = "you", const std::string& by = "you") {
    return {.sender = AccountId(of), .text = {}, .deleted_by = AccountId(by)};
}

class Edits : public Outbox {
  protected:
    void push(std::int64_t seq, protocol::MessageNew message, std::optional<std::int64_t> born = {}) {
        script.give({Script::pushed("c1", seq, std::move(message), born)});
    }
    void push_as(const Uuid& id, std::int64_t seq, protocol::MessageNew message, std::int64_t born) {
        auto row = Script::row(seq, std::move(message), born);
        row.id = id;
        script.give({protocol::to_envelope(StreamId("c1"), row)});
    }
    core::MessageView last() { return script.view("c1").last.value_or(core::MessageView{}); }
    std::vector<core::MessageView> window() {
        auto window = script.core().window(StreamId("c1"), {.limit = 100});
        EXPECT_TRUE(window);
        script.take();
        return window->messages;
    }
    Uuid edit(const Uuid& message, const std::string& text) {
        return script.submit(protocol::MessageEdit{
            .target = to_stream(StreamId("c1")), .message = message, .text = text, .mentions = {}});
    }
    Uuid erase(const Uuid& message, std::optional<AccountId> sender = {}) {
        return script.submit(protocol::MessageDelete{
            .target = to_stream(StreamId("c1")), .message = message, .sender = std::move(sender)});
    }
    /// One of one's own, as the server has it.
    Uuid said(const std::string& text, std::int64_t seq) {
        const Uuid id = script.say("c1", text);
        script.accept(id, "c1", seq);
        return id;
    }
    void done(const Uuid& command, std::int64_t seq) {
        protocol::Envelope envelope;
        envelope.re = command;
        envelope.stream = StreamId("c1");
        envelope.seq = seq;
        envelope.timestamp = WallTime{1'700'000'000'000 + seq};
        envelope.payload = protocol::Done{};
        script.give({envelope});
    }
    std::int64_t rows_with(const std::string& text) {
        return script.database().number("SELECT (SELECT count(*) FROM stream_row WHERE instr(body, '" + text +
                                        "')) + (SELECT count(*) FROM conversation WHERE instr(preview, '" +
                                        text + "')) + (SELECT count(*) FROM command WHERE instr(body, '" +
                                        text + "'))");
    }
};

}  // namespace parley::test
