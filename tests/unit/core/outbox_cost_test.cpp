// What it costs to empty an outbox in which thousands wait: so much for each command, however many there are.

#include "core/chance.hpp"
#include "core/outbox.hpp"
#include "core/schema.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "tests/support/failing_database.hpp"
#include "tests/unit/core/small_world.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace parley::test {
namespace {

constexpr Now at{Instant{1000}, WallTime{1'700'000'000'000}};

/// An outbox by itself, and a server that answers whatever is under way.
class OutboxCost : public testing::Test {
  protected:
    OutboxCost() {
        EXPECT_TRUE(core::migrate(local_));
        restart();
    }

    void restart() {
        outbox_.reset();
        conversations_.clear();
        outbox_ = std::make_unique<core::Outbox>(local_, conversations_, own_settings_, output_, primitives_,
                                                 timers_);
        EXPECT_TRUE(outbox_->load());
    }

    Uuid add(const protocol::Payload& payload) {
        const Uuid id = core::make_uuid(primitives_, at.wall);
        EXPECT_TRUE(outbox_->add(id, payload, at.wall));
        ++commands_;
        return id;
    }
    Uuid say(protocol::Target target) {
        return add(protocol::MessageSend{std::move(target), "text", std::nullopt, {}});
    }
    /// A group that an answer which was lost may have made: it is called as what was to be made.
    StreamId own_group(const std::string& title) {
        core::Conversation& group = conversations_.open(StreamId("group-" + title));
        group.known = group.present = true;
        group.origin = 1;
        group.summary = {protocol::ConversationKind::group, title, std::nullopt, 1, protocol::Role::owner};
        return group.stream;
    }
    /// So many groups that are to be made, something to be said in each, and as much in one of its title.
    void give_groups(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string title = "title-" + std::to_string(i);
            say(to_made_by(add(protocol::ConversationCreate{title, {}})));
            say(to_stream(own_group(title)));
        }
    }

    /// Answers until nothing is sent any more; what the answers are is up to the test.
    template <class Answer>
    void empty(Answer answer) {
        double answers = 0;
        pump();
        while (outbox_->in_flight() > 0) {
            ASSERT_LE(++answers, commands_) << "an answer settles what it answers";
            const core::Command command = under_way();
            outbox_->answered(command.id);
            answer(command);
            outbox_->answered(command.id);  // what is forgotten under way counts as unanswered
            pump();
        }
    }
    void accept(const core::Command& command) {
        const bool creates = command.type == protocol::Type::conversation_create;
        const StreamId made = creates ? StreamId("made-" + command.title) : StreamId();
        ASSERT_TRUE(outbox_->accepted(command.id, made, std::nullopt, at.wall));
    }
    void pump() {
        ASSERT_TRUE(outbox_->pump(at, true));
        ASSERT_TRUE(local_.commit());
        output_.release(std::nullopt);
        while (output_.poll())
            continue;
    }
    /// The first that is under way; among the first few, since these are sent first.
    core::Command under_way() const {
        for (const auto& [position, command] : outbox_->all())
            if (command.state == core::CommandState::in_flight) return command;
        ADD_FAILURE() << "nothing is under way";
        return {};
    }

    /// For each command that was given: no more than so many looks and calls, from here on.
    struct Spent {
        std::uint64_t looks;
        std::int64_t calls;
    };
    Spent spent() const { return {outbox_->looked_at(), database_.calls()}; }
    void expect_linear(const Spent& before) const {
        const auto looks = static_cast<double>(outbox_->looked_at() - before.looks);
        const auto calls = static_cast<double>(database_.calls() - before.calls);
        EXPECT_LT(looks / commands_, 30);
        EXPECT_LT(calls / commands_, 30);
    }

    FailingDatabase database_;
    core::LocalDatabase local_{database_};
    core::Conversations conversations_{local_};
    core::Output output_{protocol::Encoding::cbor};
    core::Rows rows_{local_};
    core::OwnSettings own_settings_{rows_, output_};
    SeededPrimitives primitives_{1};
    core::Timers timers_;
    std::unique_ptr<core::Outbox> outbox_;
    double commands_ = 0;
};

TEST_F(OutboxCost, IsSoMuchForEachCommandWhereThousandsOfGroupsAreToBeMade) {
    give_groups(1000);
    const Spent before = spent();
    empty([this](const core::Command& command) { accept(command); });
    EXPECT_TRUE(outbox_->all().empty());
    expect_linear(before);
}

TEST_F(OutboxCost, IsSoMuchForEachCommandWhereNoGroupCanBeMade) {
    give_groups(1000);
    const Spent before = spent();
    std::size_t refused = 0;
    empty([&](const core::Command& command) {
        if (command.type != protocol::Type::conversation_create) return accept(command);
        ASSERT_TRUE(outbox_->refused(command.id, Error{ErrorCode::limit, "no more", 0, {}}, at));
        ++refused;
    });
    EXPECT_EQ(refused, 1000u);
    EXPECT_EQ(outbox_->all().size(), 2000u) << "each with what was to be said in it";
    expect_linear(before);
}

TEST_F(OutboxCost, IsSoMuchForEachReadThatWaits) {
    core::Conversation& conversation = conversations_.open(StreamId("c1"));
    conversation.known = conversation.present = true;
    for (int upto = 1; upto <= 3000; ++upto)
        add(protocol::Read{to_stream(conversation.stream), upto});
    const Spent before = spent();
    std::size_t sent = 0;
    empty([&](const core::Command& command) {
        conversation.read = command.upto;
        accept(command);
        ++sent;
    });
    EXPECT_EQ(sent, 1u);
    EXPECT_TRUE(outbox_->all().empty());
    expect_linear(before);
}

TEST_F(OutboxCost, IsSoMuchForEachMessageThatWaitsForItsTurn) {
    const StreamId slow = own_group("slow");
    const Uuid first = say(to_stream(slow));
    pump();
    outbox_->answered(first);
    const Error turn{ErrorCode::slow_mode, "one at a time", 60'000, {}};
    ASSERT_TRUE(outbox_->refused(first, turn, at));
    const Spent before = spent();
    for (int i = 0; i < 3000; ++i)
        say(to_stream(slow));
    pump();
    EXPECT_EQ(outbox_->in_flight(), 0u);
    expect_linear(before);
}

// Thousands of messages may wait. None of them is looked into before its turn comes.
TEST_F(OutboxCost, OfARestartIsACallForEachMessage) {
    const StreamId group = own_group("many");
    for (int i = 0; i < 3000; ++i)
        say(to_stream(group));
    ASSERT_TRUE(local_.commit());
    const std::int64_t before = database_.calls();
    restart();
    EXPECT_EQ(outbox_->all().size(), 3000u);
    EXPECT_LT(static_cast<double>(database_.calls() - before) / commands_, 1.1);
}

TEST_F(OutboxCost, OfARestartIsSoMuchForEachCommand) {
    give_groups(1000);
    ASSERT_TRUE(local_.commit());
    restart();
    const Spent before{0, database_.calls()};
    restart();
    EXPECT_EQ(outbox_->all().size(), 3000u);
    expect_linear(before);
}

}  // namespace
}  // namespace parley::test
