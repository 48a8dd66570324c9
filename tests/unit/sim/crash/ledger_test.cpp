#include "sim/crash/ledger.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace parley::sim::crash {

namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t group = 7;
constexpr std::int64_t ada = 3;

Uuid id_of(int number) {
    Uuid id;
    id.bytes.back() = static_cast<std::uint8_t>(number);
    return id;
}

server::Work sends(int number) {
    return {.origin = {.session = {1}, .account = {ada}, .command = id_of(number)},
            .command = protocol::MessageSend{.text = "x"}};
}

server::Batch accepts(int number, std::int64_t seq) {
    server::Batch batch{.first_position = seq, .last_position = seq};
    const auto work = sends(number);
    protocol::Change change{.id = id_of(number), .seq = seq, .born = seq};
    change.payload = protocol::MessageNew{.sender = server::to_id(server::AccountKey{ada}), .text = "x"};
    batch.effects.emplace_back(
        server::ConversationChange{.conversation = {group}, .change = change, .origin = work.origin});
    batch.effects.emplace_back(
        server::Replied{.origin = work.origin,
                        .answer = server::Answer{.payload = protocol::MessageAccepted{},
                                                 .stream = server::to_id(server::ConversationKey{group}),
                                                 .seq = seq}});
    return batch;
}

/// Three messages that were acknowledged, and the file that a sound store has then.
class LedgerOfThree : public testing::Test {
  protected:
    LedgerOfThree() {
        for (int i = 1; i <= 3; ++i) {
            const std::vector works{sends(i)};
            const auto batch = accepts(i, i);
            EXPECT_THAT(ledger.take(works, batch), IsEmpty());
            const auto& change = std::get<server::ConversationChange>(batch.effects.front()).change;
            file.rows[group].push_back(facts_of(change));
        }
        file.heads = ledger.heads();
    }

    std::vector<std::string> differences() { return ledger.differences(file, ledger.heads()); }

    void change_second(protocol::MessageNew next) {
        const auto seq = ledger.head_of(group) + 1;
        protocol::Change change{.id = id_of(2), .seq = seq, .born = 2};
        change.payload = std::move(next);
        server::Batch batch{.first_position = seq, .last_position = seq};
        batch.effects.emplace_back(server::ConversationChange{.conversation = {group}, .change = change});
        EXPECT_THAT(ledger.take({}, batch), IsEmpty());
        file.rows[group][1] = facts_of(change);
        file.heads = ledger.heads();
    }
    /// A row at 4, which the file has as it was told.
    void hangs_on_second(protocol::ChangePayload payload) {
        protocol::Change change{.seq = 4, .born = 4};
        change.payload = std::move(payload);
        server::Batch batch{.first_position = 4, .last_position = 4};
        batch.effects.emplace_back(server::ConversationChange{.conversation = {group}, .change = change});
        EXPECT_THAT(ledger.take({}, batch), IsEmpty());
        file.rows[group].push_back(facts_of(change));
        file.heads = ledger.heads();
        EXPECT_THAT(differences(), IsEmpty());
    }
    /// The row at 4 is another one in the file; then it is not there, and then its message is deleted.
    void is_altered_then_lost_then_deleted() {
        EXPECT_THAT(differences(),
                    Contains(HasSubstr("an acknowledged row has become another: stream 7 at 4")));
        file.rows[group].pop_back();
        EXPECT_THAT(differences(), Contains(HasSubstr("an acknowledged row is lost: stream 7 at 4")));
        change_second({.sender = server::to_id(server::AccountKey{ada}),
                       .deleted_by = server::to_id(server::AccountKey{ada})});
        EXPECT_THAT(differences(), IsEmpty());
    }
    void edit_second() {
        first_state = file.rows[group][1];
        change_second(
            {.sender = server::to_id(server::AccountKey{ada}), .text = "y", .edited_at = WallTime{5}});
    }

    Ledger ledger;
    StoredFile file;
    /// Of the second message, once it was edited.
    RowFacts first_state;
};

}  // namespace

TEST_F(LedgerOfThree, FindsNothingInASoundFile) {
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_EQ(ledger.born_of({ada, id_of(2)}), 2);
}

TEST_F(LedgerOfThree, FindsARowThatIsLost) {
    file.rows[group].erase(file.rows[group].begin() + 1);
    EXPECT_THAT(differences(), Contains(HasSubstr("an acknowledged row is lost: stream 7 at 2")));
}

TEST_F(LedgerOfThree, FindsAHeadThatWentBack) {
    file.rows[group].pop_back();
    file.heads.of_stream[group] = 2;
    EXPECT_THAT(differences(),
                Contains(HasSubstr("acknowledged rows are lost: stream 7 at 3 was the head, now 2")));
}

TEST_F(LedgerOfThree, FindsARowWithAnotherContent) {
    file.rows[group][1].body ^= 1;
    EXPECT_THAT(differences(), Contains(HasSubstr("an acknowledged row has become another: stream 7 at 2")));
}

TEST_F(LedgerOfThree, FindsAnOlderStateOfARow) {
    protocol::Change changed{.seq = 4, .born = 2};
    changed.payload = protocol::ConversationChanged{.title = "t"};
    server::Batch batch{.first_position = 4, .last_position = 4};
    batch.effects.emplace_back(server::ConversationChange{.conversation = {group}, .change = changed});
    EXPECT_THAT(ledger.take({}, batch), IsEmpty());
    file.heads = ledger.heads();
    EXPECT_THAT(differences(), Contains(HasSubstr("an acknowledged change is lost: stream 7 at 4")));
}

TEST_F(LedgerOfThree, FindsAnEarlierTextThatIsLostOrAnother) {
    edit_second();
    EXPECT_THAT(differences(), Contains(HasSubstr("said before is not kept as it was told: stream 7 at 2")));
    file.earlier[{group, 2}] = {earlier_of(first_state)};
    EXPECT_THAT(differences(), IsEmpty());
    file.earlier[{group, 2}].front().body ^= 1;
    EXPECT_THAT(differences(), Contains(HasSubstr("said before is not kept as it was told: stream 7 at 2")));
    file.earlier[{group, 2}] = {earlier_of(first_state)};
    file.earlier[{group, 3}] = {earlier_of(first_state)};
    EXPECT_THAT(differences(), Contains(HasSubstr("said before is not kept as it was told: stream 7 at 3")));
}

TEST_F(LedgerOfThree, FindsWhatADeletedMessageSaid) {
    edit_second();
    file.earlier[{group, 2}] = {earlier_of(first_state)};
    change_second({.sender = server::to_id(server::AccountKey{ada}),
                   .deleted_by = server::to_id(server::AccountKey{ada})});
    EXPECT_THAT(differences(), Contains(HasSubstr("deleted message said is still there: stream 7 at 2")));
    file.earlier.clear();
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_EQ(ledger.told().edits, 1);
    EXPECT_EQ(ledger.told().deletions, 1);
}

TEST_F(LedgerOfThree, FindsALostReactionUnlessItsMessageIsDeleted) {
    hangs_on_second(protocol::ReactionChanged{
        .message = 2, .account = server::to_id(server::AccountKey{ada}), .emoji = "\U0001F44D"});
    EXPECT_EQ(ledger.told().reactions, 1);
    file.rows[group].back().message = 3;
    is_altered_then_lost_then_deleted();
}

TEST_F(LedgerOfThree, FindsALostPinUnlessItsMessageIsDeleted) {
    hangs_on_second(protocol::PinChanged{.message = 2, .id = id_of(2)});
    EXPECT_EQ(ledger.told().pins, 1);
    file.rows[group].back().deleted = true;
    is_altered_then_lost_then_deleted();
}

TEST_F(LedgerOfThree, FindsOtherRightsThanWereTold) {
    server::Batch batch{.first_position = 4, .last_position = 5};
    protocol::Change role{.seq = 4, .born = 4};
    role.payload = protocol::MemberChanged{.profile = {.account = server::to_id(server::AccountKey{ada})},
                                           .role = protocol::Role::admin};
    protocol::Change settings{.seq = 5, .born = 5};
    settings.payload = protocol::ConversationChanged{
        .permissions = protocol::Permissions{.post = protocol::Role::guest, .add = protocol::Role::member}};
    for (const auto& change : {role, settings}) {
        batch.effects.emplace_back(server::ConversationChange{.conversation = {group}, .change = change});
        file.rows[group].push_back(facts_of(change));
    }
    EXPECT_THAT(ledger.take({}, batch), IsEmpty());
    file.heads = ledger.heads();
    file.permissions[group] = 5 + (2 << 4);
    file.members = {{.conversation = group,
                     .account = ada,
                     .present = true,
                     .role = static_cast<std::int64_t>(protocol::Role::admin)}};
    EXPECT_THAT(differences(), IsEmpty());
    file.permissions[group] = 5;
    file.members.front().role = static_cast<std::int64_t>(protocol::Role::member);
    EXPECT_THAT(differences(),
                testing::UnorderedElementsAre(HasSubstr("another role than was told: account 3 in stream 7"),
                                              HasSubstr("other permissions than were told: stream 7")));
}

TEST_F(LedgerOfThree, FindsPeopleAndDevicesThatAreGoneOfWhomSomethingWasTold) {
    server::Batch batch{.first_position = 4, .last_position = 4};
    batch.effects.emplace_back(server::ReceiptMoved{
        .conversation = {group}, .receipt = {.delivered = 3, .read = 2}, .account = {ada}});
    batch.effects.emplace_back(server::DeviceRevoked{.device = {11}});
    EXPECT_THAT(ledger.take({}, batch), IsEmpty());
    file.heads = ledger.heads();
    EXPECT_THAT(differences(),
                testing::UnorderedElementsAre(HasSubstr("a position that was told is lost: stream 7 at 2"),
                                              HasSubstr("a device is gone that was signed out: 11")));
    file.members.push_back({.conversation = group, .account = ada, .read = 2, .delivered = 3});
    file.devices.push_back({.key = 11});
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(LedgerOfThree, FindsRowsThatNobodyMade) {
    file.heads.of_stream[group] = 4;
    EXPECT_THAT(differences(), Contains(HasSubstr("rows that no transaction made")));
}

TEST_F(LedgerOfThree, TakesWhatASurvivingTransactionWrote) {
    auto row = file.rows[group].back();
    row.born = row.seq = 4;
    row.id = id_of(4);
    file.rows[group].push_back(row);
    file.heads = {.position = 4, .of_stream = {{group, 4}}};
    EXPECT_THAT(differences(), IsEmpty());
    ledger.adopt(file);
    EXPECT_EQ(ledger.born_of({ada, id_of(4)}), 4);
    // And holds the answer to the repeat against it.
    server::Batch batch{.first_position = 5, .last_position = 4};
    batch.effects.push_back(accepts(4, 3).effects.back());
    EXPECT_THAT(ledger.take(std::vector{sends(4)}, batch),
                Contains(HasSubstr("an id has moved to another place")));
}

TEST_F(LedgerOfThree, FindsANumberThatIsGivenTwice) {
    auto batch = accepts(4, 3);
    batch.first_position = batch.last_position = 4;
    EXPECT_THAT(ledger.take(std::vector{sends(4)}, batch),
                Contains(HasSubstr("given twice or leaves a gap")));
}

TEST_F(LedgerOfThree, FindsAGap) {
    EXPECT_THAT(ledger.take(std::vector{sends(5)}, accepts(5, 5)), Contains(HasSubstr("do not follow")));
    auto batch = accepts(6, 6);
    EXPECT_THAT(ledger.take(std::vector{sends(6)}, batch),
                Contains(HasSubstr("leaves a gap: stream 7 at 6")));
}

TEST_F(LedgerOfThree, FindsARepeatThatIsAnsweredOtherwise) {
    server::Batch batch{.first_position = 4, .last_position = 3};
    batch.effects.push_back(accepts(2, 3).effects.back());
    EXPECT_THAT(ledger.take(std::vector{sends(2)}, batch),
                Contains(HasSubstr("a repeat was answered otherwise than the first time")));
}

TEST_F(LedgerOfThree, FindsAMessageWithTwoPlaces) {
    auto row = file.rows[group].front();
    row.born = row.seq = 4;
    file.rows[group].push_back(row);
    file.heads = {.position = 4, .of_stream = {{group, 4}}};
    EXPECT_THAT(differences(), Contains(HasSubstr("a message id has a second place")));
}

TEST_F(LedgerOfThree, FindsADeviceThatIsBack) {
    server::Batch batch{.first_position = 4, .last_position = 4};
    batch.effects.emplace_back(server::DeviceRevoked{.account = {ada}, .device = {9}});
    EXPECT_THAT(ledger.take({}, batch), IsEmpty());
    file.heads.position = 4;
    file.devices.push_back({.key = 9, .account = ada, .present = true});
    EXPECT_THAT(differences(), Contains(HasSubstr("a device is back that was signed out")));
}

TEST_F(LedgerOfThree, FindsALostRefreshTokenUnlessTheFileIsOlderThanIt) {
    file.devices = {{.key = 5, .account = ada, .present = true, .refresh_number = 1}};
    const auto before = ledger.heads();
    const std::vector works{server::Work{.command = server::UseRefreshToken{}}};
    server::Batch batch{.first_position = 4, .last_position = 3};
    batch.effects.emplace_back(server::Replied{
        .answer = server::Answer{.payload = server::SignedIn{.device = {5}, .refresh_number = 2}}});
    ASSERT_THAT(ledger.take(works, batch), IsEmpty());
    EXPECT_THAT(ledger.differences(file, ledger.heads()),
                Contains(HasSubstr("a refresh token that was given out is lost: device 5")));
    EXPECT_THAT(ledger.differences(file, before), IsEmpty());
    file.devices.front().refresh_number = 2;
    EXPECT_THAT(ledger.differences(file, ledger.heads()), IsEmpty());
}

TEST_F(LedgerOfThree, FindsAPositionThatWentBack) {
    server::Batch batch{.first_position = 4, .last_position = 4};
    batch.effects.emplace_back(server::ReceiptMoved{
        .conversation = {group}, .receipt = {.delivered = 3, .read = 2}, .account = {ada}});
    EXPECT_THAT(ledger.take({}, batch), IsEmpty());
    file.heads.position = 4;
    file.members.push_back(
        {.conversation = group, .account = ada, .present = true, .read = 1, .delivered = 3});
    EXPECT_THAT(differences(), Contains(HasSubstr("a position that was told is lost")));
}

TEST_F(LedgerOfThree, FindsAPromisedMessageThatIsNotThere) {
    ledger.promise({ada, id_of(9)});
    EXPECT_THAT(differences(), Contains(HasSubstr("an acknowledged message is lost: " + id_of(9).text())));
}

}  // namespace parley::sim::crash
