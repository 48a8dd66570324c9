#pragma once

#include "core/client.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "tests/support/failing_database.hpp"
#include "tests/unit/core/script_faults.hpp"
#include "tests/unit/core/small_world.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace parley::test {

/// One core, driven by hand: give it something, at some moment, and look at what it wants. Signed in as
/// account "me" on device "d1"; its own streams are written down by the test. At its end the script is played
/// again with faults in its steps: which, script_faults.hpp says.
class Script {
  public:
    explicit Script(core::ClientOptions options = {}) : options_(std::move(options)) {
        options_.encoding = protocol::Encoding::cbor;
        options_.recorder = &tape_;
        open();
    }
    /// What the test gave is given again, many times, each with one fault (script_faults.hpp).
    ~Script() {
        if (testing::Test::HasFailure() || testing::Test::IsSkipped()) return;
        replay_with_faults(tape_, options_);
    }
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;

    core::Client& core() { return *core_; }
    FailingDatabase& database() { return database_; }
    Now now() const { return now_; }

    void open() {
        core_.reset();
        auto core = core::Client::open(options_, database_, primitives_, now_);
        ASSERT_TRUE(core) << core.error().context;
        core_ = std::move(*core);
    }

    // Give.
    void give(const std::vector<protocol::Envelope>& envelopes) {
        std::string frame;
        for (const auto& envelope : envelopes) {
            std::string bytes;
            protocol::append_envelope(bytes, envelope, protocol::Encoding::cbor);
            protocol::append_to_frame(frame, bytes, protocol::Encoding::cbor);
        }
        core_->handle_frame(frame, now_);
        take();
    }
    void give(protocol::Payload payload, std::optional<Uuid> re = std::nullopt) {
        protocol::Envelope envelope;
        envelope.re = re;
        envelope.payload = std::move(payload);
        give({envelope});
    }
    void refuse(const Uuid& command, ErrorCode code, std::int64_t retry_after_ms = 0) {
        protocol::ErrorReply error{code, "no", {}, {}, {}};
        if (retry_after_ms > 0) error.retry_after_ms = retry_after_ms;
        give(error, command);
    }
    void accept(const Uuid& command, const std::string& stream, std::int64_t seq) {
        give({accepted(command, stream, seq)});
    }
    static protocol::Envelope accepted(const Uuid& command, const std::string& stream, std::int64_t seq) {
        protocol::Envelope envelope;
        envelope.re = command;
        envelope.stream = StreamId(stream);
        envelope.seq = seq;
        envelope.timestamp = WallTime{1'700'000'000'000 + seq};
        envelope.payload = protocol::MessageAccepted{};
        return envelope;
    }
    void answer(const core::CallHttp& call, int status, const std::string& body) {
        core_->handle_http_response(call.call, status, body, now_);
        take();
    }
    void disconnect(std::optional<std::uint16_t> code = std::nullopt) {
        core_->handle_disconnected(code, now_);
        take();
    }
    /// The connection breaks, and the next one gets as far as `auth.ok`; what was sent before is forgotten.
    void reconnect() {
        disconnect();
        wait(30'000);
        forget();
        core_->handle_connected(now_);
        take();
        auth_ok();
    }

    // At.
    /// Time passes; timers ring when they are due.
    void wait(std::int64_t ms) {
        const Instant end = now_.instant + milliseconds(ms);
        while (core_->next_timeout() && *core_->next_timeout() <= end) {
            const Duration step = std::max(*core_->next_timeout() - now_.instant, Duration{0});
            now_ = {now_.instant + step, now_.wall + step};
            core_->handle_timer(now_);
            take();
        }
        const Duration rest = end - now_.instant;
        now_ = {now_.instant + rest, now_.wall + rest};
    }
    void jump_wall(std::int64_t ms) { now_.wall = now_.wall + milliseconds(ms); }

    // Expect.
    /// Carries over what the core wants by now.
    void take() {
        while (auto action = core_->poll_action()) {
            if (const auto* frame = std::get_if<core::SendFrame>(&*action)) {
                auto decoded = protocol::decode_frame(frame->bytes, protocol::Encoding::cbor);
                ASSERT_TRUE(decoded);
                frames.push_back(decoded->size());
                frame_bytes.push_back(frame->bytes.size());
                for (auto& one : *decoded) {
                    ASSERT_TRUE(std::holds_alternative<protocol::Envelope>(one));
                    sent.push_back(std::get<protocol::Envelope>(one));
                }
            }
            if (const auto* call = std::get_if<core::CallHttp>(&*action)) calls.push_back(*call);
            if (std::holds_alternative<core::OpenSocket>(*action)) ++opened;
            if (std::holds_alternative<core::CloseSocket>(*action)) ++closed;
            if (const auto* notice = std::get_if<core::Notice>(&*action)) notices.push_back(*notice);
        }
        if (auto wrong = core_->check()) FAIL() << *wrong;
    }
    template <class T>
    std::vector<protocol::Envelope> sent_of() const {
        std::vector<protocol::Envelope> found;
        for (const auto& envelope : sent)
            if (std::holds_alternative<T>(envelope.payload)) found.push_back(envelope);
        return found;
    }
    template <class T>
    std::vector<T> noticed() const {
        std::vector<T> found;
        for (const auto& notice : notices)
            if (const auto* one = std::get_if<T>(&notice)) found.push_back(*one);
        return found;
    }
    void forget() {
        frames.clear();
        frame_bytes.clear();
        sent.clear();
        calls.clear();
        notices.clear();
        opened = closed = 0;
    }

    // Well-trodden ways.
    static protocol::Session tokens(int number) {
        const std::string n = std::to_string(number);
        return {AccountId("me"), DeviceId("d1"), "access" + n, WallTime{1'700'000'000'000 + 900'000},
                "refresh" + n};
    }
    static std::string json(const protocol::Session& session) {
        return protocol::encode(session, protocol::Encoding::json);
    }
    static std::string problem(ErrorCode code) {
        return protocol::encode(
            protocol::Problem{"urn:parley:error:x", "x", http_status(code), code, {}, {}, {}, {}},
            protocol::Encoding::json);
    }
    void sign_in() {
        core_->sign_in({"me", "password", "test"}, now_);
        take();
        answer(calls.back(), 201, json(tokens(1)));
    }
    /// From signed in to a socket that is open.
    void connect() {
        core_->connect(now_);
        take();
        core_->handle_connected(now_);
        take();
    }
    void auth_ok() {
        give(protocol::AuthOk{AccountId("me"), DeviceId("d1"), SessionId("s"),
                              WallTime{1'700'000'000'000 + 900'000}});
    }
    void resumed(const std::string& token = "1:1", std::int64_t epoch = 1) {
        give(protocol::Resumed{token, epoch});
    }
    void go_live() {
        sign_in();
        connect();
        auth_ok();
        resumed();
    }
    /// A group in which "me" and "you" are, seen from its second row on.
    void join(const std::string& stream, std::int64_t account_seq = 1, std::int64_t from = 1) {
        give({joined(stream, account_seq, from)});
    }
    static protocol::Envelope joined(const std::string& stream, std::int64_t account_seq,
                                     std::int64_t from = 1) {
        protocol::Summary summary{protocol::ConversationKind::group, "title", std::nullopt, 2,
                                  protocol::Role::owner};
        return pushed("me", account_seq, protocol::Joined{StreamId(stream), from, summary});
    }
    static protocol::Envelope pushed(const std::string& stream, std::int64_t seq,
                                     protocol::ChangePayload payload,
                                     std::optional<std::int64_t> born = std::nullopt) {
        return protocol::to_envelope(StreamId(stream), row(seq, std::move(payload), born));
    }
    static protocol::Change row(std::int64_t seq, protocol::ChangePayload payload,
                                std::optional<std::int64_t> born = std::nullopt) {
        protocol::Change change;
        change.seq = seq;
        change.born = born.value_or(seq);
        if (std::holds_alternative<protocol::MessageNew>(payload)) change.id = id_of(change.born);
        change.timestamp = WallTime{1'700'000'000'000 + seq};
        change.payload = std::move(payload);
        return change;
    }
    static Uuid id_of(std::int64_t number) {
        std::array<std::uint8_t, 10> bytes{};
        bytes[8] = static_cast<std::uint8_t>(number >> 8);
        bytes[9] = static_cast<std::uint8_t>(number);
        return Uuid::version7(WallTime{1'600'000'000'000}, bytes);
    }
    static protocol::MessageNew said(const std::string& text, const std::string& by = "you") {
        return {AccountId(by), text, std::nullopt, {}};
    }
    /// `from`: absent in rows that an older server wrote.
    static protocol::MemberChanged member(const std::string& who, bool present = true,
                                          std::optional<std::int64_t> from = std::nullopt) {
        return {
            {AccountId(who), who, who, std::nullopt}, protocol::Role::member, present, AccountId(who), from};
    }
    protocol::Envelope state(const std::string& stream, std::int64_t head, std::int64_t from = 1) {
        protocol::Envelope envelope;
        envelope.stream = StreamId(stream);
        protocol::ConversationState state;
        state.head = head;
        state.as_of = {head, 1};
        state.from = from;
        state.summary = {protocol::ConversationKind::group, "title", std::nullopt, 2, protocol::Role::owner};
        envelope.payload = state;
        return envelope;
    }
    Uuid submit(protocol::Payload payload) {
        auto id = core_->submit(std::move(payload), now_);
        EXPECT_TRUE(id) << id.error().context;
        take();
        return id.value_or(Uuid{});
    }
    Uuid say(const std::string& stream, const std::string& text) {
        return submit(protocol::MessageSend{to_stream(StreamId(stream)), text, std::nullopt, {}});
    }
    std::vector<std::string> texts(const std::string& stream) {
        std::vector<std::string> texts;
        auto window = core_->window(StreamId(stream), {.limit = 1000});
        EXPECT_TRUE(window);
        for (const auto& message : window->messages)
            texts.push_back(message.text);
        take();
        return texts;
    }
    core::ConversationView view(const std::string& stream) {
        auto view = core_->conversation(StreamId(stream));
        EXPECT_TRUE(view && *view);
        return view && *view ? **view : core::ConversationView{};
    }

    /// Of each frame: how many envelopes, and how long it was.
    std::vector<std::size_t> frames;
    std::vector<std::size_t> frame_bytes;
    std::vector<protocol::Envelope> sent;
    std::vector<core::CallHttp> calls;
    std::vector<core::Notice> notices;
    int opened = 0;
    int closed = 0;

  private:
    Tape tape_;
    core::ClientOptions options_;
    FailingDatabase database_;
    SeededPrimitives primitives_{1};
    Now now_{Instant{1000}, WallTime{1'700'000'000'000}};
    std::unique_ptr<core::Client> core_;
};

}  // namespace parley::test
