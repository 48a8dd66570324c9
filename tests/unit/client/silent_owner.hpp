#pragma once

#include "client/door.hpp"
#include "protocol/codec.hpp"
#include "tests/unit/client/two_invocations.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::test {

/// Messages to one person, of which eight fill a frame.
inline std::vector<protocol::Envelope> long_messages(std::uint16_t count) {
    std::vector<protocol::Envelope> commands;
    for (std::uint16_t number = 1; number <= count; ++number) {
        protocol::Envelope command = group_named("", number);
        command.payload = protocol::MessageSend{.target = {.direct = AccountId("a2")},
                                                .text = std::to_string(number) + std::string(7900, '.')};
        commands.push_back(std::move(command));
    }
    return commands;
}

inline std::vector<Uuid> ids_of(const std::vector<protocol::Envelope>& commands) {
    std::vector<Uuid> ids;
    ids.reserve(commands.size());
    for (const auto& command : commands)
        ids.push_back(command.id.value_or(Uuid{}));
    return ids;
}

/// Holds the lock as an owner does, knows a group called Team, and answers so many frames of commands; then
/// nothing any more.
class SilentOwner {
  public:
    SilentOwner(TwoInvocations& two, int frames)
        : frames_(frames), lock_(client::OwnerLock::try_take(two.settings.place)) {
        EXPECT_TRUE(lock_);
        auto listener = client::LocalListener::create(
            two.loop, two.settings.place.folder, [this](std::unique_ptr<client::LocalConnection> connection) {
                guest_ = std::move(connection);
                guest_->start([this](const client::LocalMessage& message) { serve(message); }, [] {});
            });
        EXPECT_TRUE(listener);
        listener_ = std::move(*listener);
    }

    /// Commands that came, and those that it said to have put into the outbox.
    std::vector<Uuid> given;
    std::vector<Uuid> answered;
    std::optional<Instant> last_until;
    /// Where it would fall silent, it ends.
    bool ends_instead = false;
    /// What it tells of a command that it took.
    std::function<std::optional<protocol::DoorNotice>(const protocol::Envelope&)> tells;
    /// What it was asked to discard, and how it fails to.
    std::vector<Uuid> discarded;
    std::optional<ErrorCode> discard_failure;

  private:
    void serve(const client::LocalMessage& message) {
        protocol::DoorReply reply;
        std::vector<protocol::DoorNotice> notices;
        if (message.kind == client::LocalMessage::Kind::commands) {
            last_until = message.until;
            std::vector<Uuid> ids;
            const auto commands = protocol::decode_frame(message.body, client::local_encoding);
            ASSERT_TRUE(commands);
            for (const auto& one : *commands) {
                const auto& command = std::get<protocol::Envelope>(one);
                ids.push_back(command.id.value_or(Uuid{}));
                if (const auto notice = tells ? tells(command) : std::nullopt) notices.push_back(*notice);
            }
            given.insert(given.end(), ids.begin(), ids.end());
            if (frames_-- <= 0) return ends_instead ? end() : void();
            answered.insert(answered.end(), ids.begin(), ids.end());
            reply.accepted = std::move(ids);
        } else if (const auto request =
                       protocol::decode<protocol::DoorRequest>(message.body, client::local_encoding);
                   request && request->discard) {
            discarded.push_back(*request->discard);
            if (discard_failure) reply.failure = protocol::DoorFailure{.code = *discard_failure};
        } else if (request && request->conversations) {
            protocol::ViewConversation group{.stream = StreamId("c1"), .present = true};
            group.summary = {.kind = protocol::ConversationKind::group,
                             .title = "Team",
                             .members = 2,
                             .role = protocol::Role::owner};
            reply.conversations.push_back(std::move(group));
        } else {
            reply.status = protocol::DoorStatus{.connection = protocol::DoorConnection::offline,
                                                .account = AccountId("a1"),
                                                .device = DeviceId("d1")};
        }
        say({.reply = std::move(reply)});
        for (auto& notice : notices)
            say({.notice = std::move(notice)});
    }
    void say(const protocol::DoorOutput& output) {
        guest_->send({.kind = client::LocalMessage::Kind::output,
                      .until = {},
                      .body = protocol::encode(output, client::local_encoding)});
    }
    void end() {
        listener_.reset();
        lock_.reset();
        guest_.reset();
    }

    int frames_;
    std::optional<client::OwnerLock> lock_;
    std::unique_ptr<client::LocalListener> listener_;
    std::unique_ptr<client::LocalConnection> guest_;
};

}  // namespace parley::test
