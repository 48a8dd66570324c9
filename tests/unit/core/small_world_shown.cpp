// What a device of the small world shows.

#include "tests/unit/core/small_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace parley::test {

using core::Connection;

void Device::look(const StreamId& stream, core::WindowQuery query) {
    (void)core_->window(stream, query);
    world_.run();
}

std::vector<std::string> Device::texts(const StreamId& stream) {
    std::vector<std::string> texts;
    core::WindowQuery query;
    query.limit = 1000;
    auto window = core_->window(stream, query);
    if (!window) window = core_->window(stream, query);
    EXPECT_TRUE(window);
    if (!window) return texts;
    for (const auto& message : window->messages)
        texts.push_back(message.text);
    world_.run();
    return texts;
}

StreamId Device::only_conversation() {
    auto conversations = core_->conversations(0, 10);
    if (!conversations) conversations = core_->conversations(0, 10);
    EXPECT_TRUE(conversations);
    if (!conversations) return {};
    EXPECT_EQ(conversations->size(), 1u);
    return conversations->empty() ? StreamId() : conversations->front().stream;
}

std::vector<protocol::Envelope> Device::sent() const {
    return sent_;
}

std::string Device::picture() {
    database_.fail_at(std::nullopt);
    database_.lie_at_commit(std::nullopt);
    std::ostringstream out;
    auto conversations = core_->conversations(0, 100);
    if (!conversations) return "broken";
    // Why one is signed out is not remembered by the next process.
    const bool signed_out = core_->connection() == Connection::revoked;
    out << handle_ << " (" << static_cast<int>(signed_out ? Connection::signed_out : core_->connection())
        << ")\n";
    std::vector<std::string> parts;
    for (const auto& one : *conversations) {
        std::ostringstream part;
        part << one.stream.text() << " \"" << one.summary.title.value_or("") << "\" peer "
             << (one.summary.peer ? one.summary.peer->handle : "") << " members " << one.summary.members
             << " unread " << one.unread << "/" << one.mentions << " head " << one.head
             << (one.present ? "" : " left") << (one.complete ? "" : " incomplete")
             << (one.pending ? " pending" : "") << "\n";
        if (one.last) part << "  last " << one.last->text << "\n";
        auto window = core_->window(one.stream, {.limit = 1000});
        for (const auto& message : window ? window->messages : std::vector<core::MessageView>{})
            part << "  " << message.born << " " << message.sender.text() << ": " << message.text << " "
                 << static_cast<int>(message.state) << (message.not_on_server ? " lost" : "") << "\n";
        auto members = core_->members(one.stream);
        for (const auto& member : members ? *members : std::vector<core::MemberView>{})
            part << "  - " << member.profile.handle << (member.present ? "" : " gone") << " "
                 << member.delivered << " " << member.read << "\n";
        parts.push_back(part.str());
    }
    std::ranges::sort(parts);
    for (const auto& part : parts)
        out << part;
    auto outbox = core_->outbox();
    out << "outbox " << (outbox ? outbox->size() : 999) << "\n";
    world_.run();
    return out.str();
}

}  // namespace parley::test
