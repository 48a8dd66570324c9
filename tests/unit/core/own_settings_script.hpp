#pragma once

#include "tests/unit/core/outbox_script.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::test {

/// What nobody has set.
inline protocol::PreferencesChanged no_preferences() {
    return {.conversation = StreamId("c1"), .notify = protocol::Notify::all};
}

class OwnSettings : public Outbox {
  protected:
    /// A row of the account's stream, which is born with its first state.
    void push(std::int64_t seq, protocol::ChangePayload row, std::optional<std::int64_t> born = {}) {
        script.give({Script::pushed("me", seq, std::move(row), born)});
    }
    Uuid set(protocol::PreferencesSet what) {
        what.target = to_stream(StreamId("c1"));
        return script.submit(what);
    }
    Uuid draft(const std::string& text) {
        return script.submit(protocol::DraftSet{.target = to_stream(StreamId("c1")), .text = text});
    }
    Uuid read(std::int64_t upto) {
        return script.submit(protocol::Read{.target = to_stream(StreamId("c1")), .upto = upto});
    }
    void read_ok(const Uuid& command, std::int64_t upto, std::int64_t account_seq) {
        protocol::Envelope envelope;
        envelope.re = command;
        envelope.stream = StreamId("c1");
        envelope.payload = protocol::ReadOk{upto, 0, 0, {upto, account_seq}};
        script.give({envelope});
    }
    void done(const Uuid& command, std::optional<std::int64_t> seq) {
        protocol::Envelope envelope;
        envelope.re = command;
        if (seq) envelope.stream = StreamId("me");
        envelope.seq = seq;
        envelope.timestamp = WallTime{1'700'000'000'000 + seq.value_or(0)};
        envelope.payload = protocol::Done{};
        script.give({envelope});
    }
    /// After the core was opened anew: connected, and told that nothing has happened.
    void come_back() {
        script.connect();
        script.auth_ok();
        script.resumed();
    }
    /// What the server says of its clock when one connects.
    void hello(WallTime time) {
        script.give(
            protocol::Hello{.version = 1, .heartbeat_ms = 25'000, .frame_bytes_max = 65'536, .time = time});
    }
    std::string shown_draft() {
        const auto shown = script.view("c1").draft;
        return shown ? shown->text : "(none)";
    }
    std::int64_t badge() {
        const auto badge = script.core().badge();
        EXPECT_TRUE(badge);
        script.take();
        return badge.value_or(-1);
    }
    std::vector<std::string> sent_drafts() const {
        std::vector<std::string> texts;
        for (const auto& one : script.sent_of<protocol::DraftSet>())
            texts.push_back(std::get<protocol::DraftSet>(one.payload).text);
        return texts;
    }
    /// In rows and commands.
    std::int64_t held(const std::string& text) {
        return script.database().number("SELECT (SELECT count(*) FROM stream_row WHERE instr(body, '" + text +
                                        "')) + (SELECT count(*) FROM command WHERE instr(body, '" + text +
                                        "'))");
    }
};

}  // namespace parley::test
