#include "protocol/codec.hpp"
#include "protocol/field.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

#include <map>

namespace parley::server::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

/// A device that resumes from part to part.
struct Resumed {
    std::vector<ResumePart> parts;
    std::map<std::string, protocol::ConversationState> states;
    std::vector<std::string> order;
    std::vector<std::string> account;

    const SyncToken& token() const { return parts.back().token; }
};

/// `between` is called after each part.
template <class Between>
Resumed resume(StoreWorld& world, const Person& person, std::optional<SyncToken> token, Between between) {
    Resumed resumed;
    do {
        auto part = resume_part(*world.snapshot(), person.account, token);
        if (!part) {
            ADD_FAILURE() << part.error().context;
            return resumed;
        }
        for (const auto& envelope : part->envelopes) {
            if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload)) {
                resumed.states[envelope.stream.text()] = *state;
                resumed.order.push_back(envelope.stream.text());
            } else {
                EXPECT_EQ(envelope.stream, to_stream(person.account));
                resumed.account.emplace_back(name_of(envelope.type()));
            }
        }
        token = part->token;
        EXPECT_EQ(parse_sync_token(to_text(*token)), token);
        resumed.parts.push_back(std::move(*part));
        between();
    } while (!resumed.parts.back().finished && resumed.parts.size() < 1000);
    return resumed;
}

Resumed resume(StoreWorld& world, const Person& person, std::optional<SyncToken> token = {}) {
    return resume(world, person, token, [] {});
}

}  // namespace

TEST_P(StoreContract, ANewDeviceIsToldEverything) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto first = world.group(ada, {bob}, "first");
    const auto second = world.group(bob, {ada}, "second");
    ASSERT_TRUE(world.send(bob, first, "news"));
    const auto resumed = resume(world, ada);
    EXPECT_THAT(resumed.account, ElementsAre("profile.changed", "device.changed", "joined", "joined"));
    EXPECT_THAT(resumed.order, ElementsAre(to_id(first).text(), to_id(second).text()));
    EXPECT_THAT(resumed.parts.back().open, testing::UnorderedElementsAre(first, second));
    const auto& state = resumed.states.at(to_id(first).text());
    EXPECT_EQ(state.head, 4);
    EXPECT_EQ(state.last->text, "news");
    EXPECT_EQ(state.unread, 1);
    EXPECT_EQ(state.from, 1);
    EXPECT_EQ(resumed.token(), (SyncToken{.epoch = store->epoch(),
                                          .life = store->life(),
                                          .position = store->position(),
                                          .account_seq = 4}));
}

TEST_P(StoreContract, AResumeBringsWhatMovedAndNothingElse) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto first = world.group(ada, {bob});
    const auto second = world.group(ada, {bob});
    const auto token = resume(world, ada).token();
    EXPECT_THAT(resume(world, ada, token).order, IsEmpty());
    ASSERT_TRUE(world.send(bob, second, "x"));
    const auto after_message = resume(world, ada, token);
    EXPECT_THAT(after_message.order, ElementsAre(to_id(second).text()));
    EXPECT_THAT(after_message.account, IsEmpty());
    // A receipt moves it for the others; a reading for the reader's own other devices.
    world.ack(bob, first, 3);
    EXPECT_THAT(resume(world, ada, after_message.token()).order, ElementsAre(to_id(first).text()));
    const auto before_read = resume(world, ada).token();
    ASSERT_TRUE(world.read(ada, second, 4));
    const auto after_read = resume(world, ada, before_read);
    EXPECT_THAT(after_read.account, ElementsAre("read.changed"));
    EXPECT_THAT(after_read.order, ElementsAre(to_id(second).text()));
    EXPECT_THAT(resume(world, ada, after_read.token()).order, IsEmpty());
}

TEST_P(StoreContract, AResumeInManyPartsOwesNothingInTheEnd) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    std::vector<ConversationKey> groups;
    groups.reserve(450);
    for (int i = 0; i < 450; ++i)
        groups.push_back(world.group(bob, {ada}, "g" + std::to_string(i)));
    std::size_t next = 0;
    const auto resumed = resume(world, ada, {}, [&] {
        // While it goes on, conversations move that were sent, and some that were not.
        if (next > 60) return;
        ASSERT_TRUE(world.send(bob, groups[449 - next], "late"));
        ASSERT_TRUE(world.send(bob, groups[next], "late"));
        next += 20;
    });
    EXPECT_GT(resumed.parts.size(), 4u);
    EXPECT_EQ(resumed.states.size(), 450u);
    for (const auto group : groups) {
        EXPECT_EQ(resumed.states.at(to_id(group).text()).head, world.head(group));
    }
    EXPECT_EQ(resumed.parts.back().open.size(), 450u);
    for (const auto& part : resumed.parts)
        EXPECT_LE(part.envelopes.size(), 200u);
    EXPECT_EQ(resumed.token().position, store->position());
}

TEST_P(StoreContract, AForeignTokenOwesEverything) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    const auto good = resume(world, ada).token();
    auto other_epoch = good;
    ++other_epoch.epoch;
    auto ahead_in_another = other_epoch;
    ahead_in_another.position += 1'000;
    auto of_old = good;
    of_old.life = 0;
    for (const auto& token : {other_epoch, ahead_in_another, of_old, SyncToken{}}) {
        const auto resumed = resume(world, ada, token);
        EXPECT_THAT(resumed.order, ElementsAre(to_id(group).text()));
        EXPECT_EQ(resumed.account.size(), 3u);
        EXPECT_EQ(resumed.token(), good);
    }
    for (const auto* text : {"", "t2.", "t2.1.2.3.4.5", "t2.1.2.3.4.5.6.7", "t1.1.2.3.4.5.6",
                             "t2.1.2.3.4.5.-6", "t2.1.2..4.5.6", "t2.1.2.3.4.5.zzzzzzzzzzzzzzzzz"}) {
        EXPECT_FALSE(parse_sync_token(text)) << text;
    }
}

TEST_P(StoreContract, ChangesComeInPagesThatCoverEverything) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    for (int i = 0; i < 10; ++i)
        ASSERT_TRUE(world.send(ada, group, std::to_string(i)));
    ASSERT_TRUE(world.apply(
        world.work(ada, protocol::ConversationRename{.target = {.stream = to_id(group)}, .title = "new"})));
    auto view = world.snapshot();
    const auto stream = to_id(group);
    const auto part = *changes(*view, bob.account, {.stream = stream, .after = 0, .limit = 5});
    EXPECT_EQ(part.rows.size(), 5u);
    EXPECT_TRUE(part.more);
    // The settings row, 1 at first, now stands at 14: the numbers 1 to 6 are covered by five rows.
    EXPECT_EQ(part.upto, 6);
    EXPECT_EQ(part.head, 14);
    const auto rest = *changes(*view, bob.account, {.stream = stream, .after = 6});
    EXPECT_EQ(rest.rows.size(), 8u);
    EXPECT_EQ(rest.rows.back().born, 1);
    EXPECT_EQ(rest.rows.back().seq, 14);
    EXPECT_FALSE(rest.more);
    EXPECT_EQ(rest.upto, 14);
    EXPECT_TRUE(changes(*view, bob.account, {.stream = stream, .after = 14})->rows.empty());
    EXPECT_EQ(changes(*view, bob.account, {.stream = stream, .after = 15}).error().code, ErrorCode::invalid);
    EXPECT_EQ(changes(*view, bob.account, {.stream = to_stream(ada.account), .after = 0}).error().code,
              ErrorCode::conversation_not_member);
}

TEST_P(StoreContract, OneAnswerStaysWithinItsBytes) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    const std::string longest(8000, '\x01');  // six bytes each in JSON
    for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(world.send(ada, group, longest));
    auto view = world.snapshot();
    const auto part = *changes(*view, ada.account, {.stream = to_id(group), .after = 2});
    EXPECT_EQ(part.rows.size(), 1u);
    EXPECT_TRUE(part.more);
    EXPECT_EQ(part.upto, 3);
    const auto newest = *page(*view, ada.account, {.stream = to_id(group), .before = 0});
    EXPECT_EQ(newest.rows.size(), 1u);
    EXPECT_EQ(newest.from, 6);
    EXPECT_TRUE(newest.more_before);
}

TEST_P(StoreContract, PagesGoBothWaysAndSayWhatTheyCover) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});  // rows 1 to 3
    for (int i = 4; i <= 20; ++i)
        ASSERT_TRUE(world.send(ada, group, std::to_string(i)));
    auto view = world.snapshot();
    const auto ask = [&](protocol::Page request) {
        request.stream = to_id(group);
        return *page(*view, bob.account, request);
    };
    const auto newest = ask({.before = 0, .limit = 3});
    EXPECT_THAT(texts_of(newest.rows), ElementsAre("18", "19", "20"));
    EXPECT_EQ(newest.from, 18);
    EXPECT_EQ(newest.to, 20);
    EXPECT_TRUE(newest.more_before);
    EXPECT_FALSE(newest.more_after);
    const auto oldest = ask({.before = 6, .limit = 3});
    EXPECT_THAT(texts_of(oldest.rows), ElementsAre("4", "5"));
    EXPECT_EQ(oldest.from, 1);
    EXPECT_EQ(oldest.to, 5);
    EXPECT_FALSE(oldest.more_before);
    EXPECT_TRUE(oldest.more_after);
    const auto up = ask({.after = 17, .limit = 2});
    EXPECT_THAT(texts_of(up.rows), ElementsAre("18", "19"));
    EXPECT_EQ(up.from, 18);
    EXPECT_EQ(up.to, 19);
    EXPECT_TRUE(up.more_after);
    const auto around = ask({.around = 10, .limit = 5});
    EXPECT_THAT(texts_of(around.rows), ElementsAre("8", "9", "10", "11", "12"));
    EXPECT_EQ(around.from, 8);
    EXPECT_EQ(around.to, 12);
    const auto range = ask({.from = 5, .to = 7});
    EXPECT_THAT(texts_of(range.rows), ElementsAre("5", "6", "7"));
    EXPECT_TRUE(range.more_before && range.more_after);
    const auto since = ask({.from = 5, .to = 9, .since = 7});
    EXPECT_THAT(texts_of(since.rows), ElementsAre("8", "9"));
    EXPECT_EQ(since.from, 5);
    EXPECT_EQ(since.to, 9);
    const auto nothing = ask({.after = 20});
    EXPECT_GT(nothing.from, nothing.to);
    for (const protocol::Page& bad :
         {protocol::Page{}, protocol::Page{.before = 1, .after = 1}, protocol::Page{.from = 1},
          protocol::Page{.after = 1, .since = 1}, protocol::Page{.from = 0, .to = 1}}) {
        auto request = bad;
        request.stream = to_id(group);
        EXPECT_EQ(page(*view, bob.account, request).error().code, ErrorCode::invalid);
    }
}

/// The largest number of the wire is asked for by whoever likes to.
TEST_P(StoreContract, PagesNeverNameANumberBeyondTheWire) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    ASSERT_TRUE(world.send(ada, group, "x"));
    constexpr std::int64_t largest = protocol::int_max;
    auto view = world.snapshot();
    for (protocol::Page request :
         {protocol::Page{.before = largest}, protocol::Page{.after = largest},
          protocol::Page{.around = largest}, protocol::Page{.from = largest, .to = largest},
          protocol::Page{.from = 1, .to = largest, .since = largest}}) {
        request.stream = to_id(group);
        const auto found = page(*view, ada.account, request);
        ASSERT_TRUE(found);
        for (const auto encoding : {protocol::Encoding::json, protocol::Encoding::cbor})
            EXPECT_EQ(*protocol::decode<protocol::PageOk>(protocol::encode(*found, encoding), encoding),
                      *found);
    }
    const auto nothing = *page(*view, ada.account, {.stream = to_id(group), .after = largest});
    EXPECT_LT(nothing.to, nothing.from) << "nothing is covered";
    EXPECT_TRUE(nothing.more_before);
    EXPECT_FALSE(nothing.more_after);
}

TEST_P(StoreContract, ASnapshotStaysWhatItWas) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    auto before = world.snapshot();
    ASSERT_TRUE(world.send(ada, group, "later"));
    EXPECT_EQ(changes(*before, ada.account, {.stream = to_id(group)})->head, 2);
    EXPECT_EQ(before->position(), store->position() - 1);
    EXPECT_EQ(changes(*world.snapshot(), ada.account, {.stream = to_id(group)})->head, 3);
}

TEST_P(StoreContract, PositionsOfBatchesFollowEachOther) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    std::int64_t last = store->position();
    const auto group = world.group(ada, {bob});
    EXPECT_EQ(world.batch.first_position, last + 1);
    // One position for each stream that was touched: the group and two accounts.
    EXPECT_EQ(world.batch.last_position, last + 3);
    last = world.batch.last_position;
    ASSERT_TRUE(world.send(ada, group, "x"));
    EXPECT_EQ(world.batch.first_position, last + 1);
    EXPECT_EQ(world.batch.last_position, last + 1);
    ASSERT_FALSE(world.send(ada, ConversationKey{1}, "x"));
    EXPECT_LT(world.batch.last_position, world.batch.first_position);
    EXPECT_EQ(store->position(), last + 1);
    restart();
    EXPECT_EQ(store->position(), last + 1);
}

}  // namespace parley::server::test
