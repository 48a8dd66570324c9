// What parts of a text are, and whom it names: from the command to the row, and what counts.

#include "core/rules/entities.hpp"
#include "tests/unit/core/edits_script.hpp"
#include "tests/unit/core/rich_texts.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using protocol::EntityKind;
using testing::ElementsAre;
using testing::IsEmpty;

class RichMessages : public Edits {
  protected:
    Uuid send(std::string text, std::vector<protocol::Entity> entities) {
        return script.submit(protocol::MessageSend{
            .target = to_stream(StreamId("c1")), .text = std::move(text), .entities = std::move(entities)});
    }
    static protocol::MessageNew to_all(const std::string& text) {
        auto message = Script::said(text);
        message.names_all = true;
        return message;
    }
};

TEST_F(RichMessages, AreShownFromTheMomentTheyAreGiven) {
    const std::vector wanted{entity(EntityKind::bold, 0, 2), mention_of("you", 3, 4)};
    const Uuid id = send("hi @you", wanted);
    EXPECT_EQ(last().entities, wanted);
    EXPECT_THAT(last().mentions, ElementsAre(AccountId("you")));
    script.accept(id, "c1", 4);
    EXPECT_EQ(last().entities, wanted) << "as a row";
    EXPECT_THAT(last().mentions, ElementsAre(AccountId("you")));
    script.disconnect();
    script.open();
    EXPECT_EQ(last().entities, wanted) << "it is in the database";
}

TEST_F(RichMessages, SayWhatAnEditMakesThemSay) {
    const Uuid id = said("hello", 4);
    const std::vector wanted{entity(EntityKind::italic, 0, 5), entity(EntityKind::everyone, 6, 3)};
    const Uuid change = script.submit(protocol::MessageEdit{
        .target = to_stream(StreamId("c1")), .message = id, .text = "hallo all", .entities = wanted});
    EXPECT_EQ(last().entities, wanted) << "while it waits";
    done(change, 5);
    EXPECT_EQ(last().entities, wanted);
    EXPECT_FALSE(last().names_all) << "that is settled when a message is sent";
    edit(id, "plain");
    EXPECT_THAT(last().entities, IsEmpty());
}

TEST_F(RichMessages, AreChangedWhereTheyWait) {
    script.disconnect();
    const Uuid id = send("hello", {entity(EntityKind::bold, 0, 5)});
    script.submit(protocol::MessageEdit{.target = to_stream(StreamId("c1")),
                                        .message = id,
                                        .text = "hey",
                                        .entities = {entity(EntityKind::code, 0, 3)}});
    EXPECT_EQ(last().text, "hey");
    EXPECT_THAT(last().entities, ElementsAre(entity(EntityKind::code, 0, 3)));
}

TEST_F(RichMessages, AreRefusedAtTheDoorWhereTheRuleIsBroken) {
    const auto refused = [&](std::vector<protocol::Entity> entities) {
        const protocol::MessageSend bad{
            .target = to_stream(StreamId("c1")), .text = "hello", .entities = std::move(entities)};
        const auto answer = script.core().submit(bad, script.now());
        return answer ? std::string("taken")
                      : std::string(name_of(answer.error().code)) + " " + answer.error().field;
    };
    EXPECT_EQ(refused({entity(EntityKind::bold, 3, 3)}), "invalid entities");
    EXPECT_EQ(refused({entity(EntityKind::bold, 0, 3), entity(EntityKind::italic, 2, 3)}),
              "invalid entities");
    EXPECT_EQ(refused({entity(EntityKind::mention, 0, 3)}), "invalid entities");
    EXPECT_THAT(script.texts("c1"), IsEmpty());
}

TEST_F(RichMessages, CountForAllWhomTheyName) {
    push(1, Script::said("hello"));
    auto naming = Script::said("hi @me");
    naming.entities = {mention_of("me", 3, 3)};
    naming.mentions = {AccountId("me")};
    push(2, naming);
    push(3, to_all("hi @everyone"));
    auto own = to_all("@here");
    own.sender = AccountId("me");
    push(4, own);
    EXPECT_EQ(script.view("c1").unread, 3);
    EXPECT_EQ(script.view("c1").mentions, 2);
}

TEST_F(RichMessages, CountNoMoreOnceTheyAreDeleted) {
    push(1, to_all("hi @everyone"));
    push(2, to_all("again @here"));
    auto counted = script.state("c1", 2);
    auto& told = std::get<protocol::ConversationState>(counted.payload);
    told.unread = told.mentions = 2;
    script.give({counted});
    ASSERT_EQ(script.view("c1").mentions, 2);
    auto gone = tombstone();
    gone.names_all = true;
    push(3, gone, 1);
    EXPECT_EQ(script.view("c1").unread, 1);
    EXPECT_EQ(script.view("c1").mentions, 1) << "the tombstone says that it named everybody";
    push(4, tombstone(), 2);
    EXPECT_EQ(script.view("c1").mentions, 1) << "and this one that it did not";
}

TEST_F(RichMessages, AreCutInPreviewsWithTheirText) {
    auto state = script.state("c1", 9);
    std::get<protocol::ConversationState>(state.payload).last =
        protocol::Preview{.id = Script::id_of(9),
                          .born = 9,
                          .sender = AccountId("you"),
                          .text = "psst",
                          .entities = {entity(EntityKind::spoiler, 0, 4)}};
    script.give({state});
    EXPECT_THAT(last().entities, ElementsAre(entity(EntityKind::spoiler, 0, 4)));
}

}  // namespace
}  // namespace parley::test
