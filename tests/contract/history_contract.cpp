#include "tests/contract/naive_model.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

namespace parley::server::test {

namespace {

/// A command, and what the model says will become of it.
struct Expected {
    Work work;
    std::optional<ErrorCode> refusal;
    std::optional<std::int64_t> seq;
    /// It is a number of a stream that the model does not keep.
    bool any_seq = false;
};

/// People who do anything at all, allowed or not, for a while; after each transaction every answer is
/// compared with the model's, and now and then everything that can be read.
class History {
  public:
    enum class Blocks : std::uint8_t { none, some };

    History(StoreWorld& world, std::uint64_t seed, Blocks blocks) : world_(world), random_(seed) {
        for (int i = 0; i < 5; ++i)
            people_.push_back(world_.person("p" + std::to_string(i)));
        for (int i = 0; i < 3; ++i)
            create();
        if (blocks == Blocks::none) return;
        block_percent_ = 12;
        for (std::size_t i = 1; i < 4; ++i)
            create_direct(people_[0], people_[i]);
    }

    void act() {
        std::vector<Expected> expected;
        const auto count = 1 + below(6);
        expected.reserve(static_cast<std::size_t>(count));
        for (std::int64_t i = 0; i < count; ++i)
            expected.push_back(next());
        std::vector<Work> works;
        works.reserve(expected.size());
        for (const auto& one : expected)
            works.push_back(one.work);
        const auto last = world_.apply(works);
        ASSERT_TRUE(last || !world_.batch.effects.empty()) << last.error().context;
        const auto answers = world_.answers();
        std::size_t answer = 0;
        for (auto& one : expected) {
            if (std::holds_alternative<Acks>(one.work.command)) continue;
            ASSERT_LT(answer, answers.size());
            compare(one, answers[answer++]);
        }
    }

    void compare_everything() {
        for (const auto& [key, conversation] : model_.conversations) {
            for (const auto& person : people_) {
                if (model_.present(key, person.account)) {
                    compare_state(key, conversation, person);
                    compare_changes(key, conversation, person);
                    compare_pages(key, conversation, person);
                } else {
                    EXPECT_FALSE(changes(*world_.snapshot(), person.account, {.stream = to_id(key)}));
                }
            }
        }
    }

  private:
    std::int64_t below(std::int64_t count) {
        return std::uniform_int_distribution<std::int64_t>(0, count - 1)(random_);
    }
    bool chance(int percent) { return below(100) < percent; }
    const Person& anybody() { return people_[static_cast<std::size_t>(below(std::ssize(people_)))]; }

    ConversationKey any_conversation() {
        auto at = model_.conversations.begin();
        std::advance(at, below(std::ssize(model_.conversations)));
        return at->first;
    }

    void create() {
        const auto maker = anybody();
        std::vector<AccountKey> members{maker.account};
        std::vector<Person> others;
        for (const auto& person : people_) {
            if (person.account == maker.account || chance(40)) continue;
            others.push_back(person);
            members.push_back(person.account);
        }
        const auto key = world_.group(maker, others, "t");
        model_.create(key, false, members, "t");
    }

    void create_direct(const Person& maker, const Person& other) {
        auto work = world_.work(maker, message_to(other, "first"));
        const auto answer = world_.apply(work);
        ASSERT_TRUE(answer);
        const auto key = *conversation_key(answer->stream.text());
        model_.create(key, true, {maker.account, other.account}, "");
        const auto born = model_.send(key, maker.account, "first", {});
        said_[key].push_back({.by = maker, .born = born, .id = *work.origin.command});
    }

    /// Whether he has blocked the other of a direct conversation, and adds nothing there.
    bool adds_nothing(ConversationKey key, const Person& by) const {
        return model_.conversations.at(key).direct &&
               model_.blocks.contains({by.account, model_.other(key, by.account)});
    }

    Expected block(const Person& by) {
        const auto& whom = anybody();
        const bool stands = model_.blocks.contains({by.account, whom.account});
        const bool blocked = chance(30) ? stands : !stands;
        auto work = world_.work(by, protocol::BlockSet{.account = whom.id(), .blocked = blocked});
        if (whom.account == by.account) return refused(std::move(work), ErrorCode::invalid);
        model_.block(by.account, whom.account, blocked);
        auto expected = expect(std::move(work), std::nullopt);
        expected.any_seq = done_.back().any_seq = blocked != stands;
        return expected;
    }

    Expected next() {
        if (!done_.empty() && chance(10)) return done_[static_cast<std::size_t>(below(std::ssize(done_)))];
        const auto key = any_conversation();
        const auto by = anybody();
        if (chance(block_percent_)) return block(by);
        if (model_.conversations.at(key).direct) return in_direct(key, by);
        switch (below(13)) {
            case 0:
                return add(key, by);
            case 1:
                return remove(key, by);
            case 2:
                return leave(key, by);
            case 3:
                return rename(key, by);
            case 4:
            case 5:
                return read(key, by);
            case 6:
                return ack(key, by);
            case 7:
                return edit(key, by);
            case 8:
                return erase(key, by);
            default:
                return send(key, by);
        }
    }

    /// Where nobody comes or goes.
    Expected in_direct(ConversationKey key, const Person& by) {
        switch (below(7)) {
            case 0:
                return read(key, by);
            case 1:
                return ack(key, by);
            case 2:
                return edit(key, by);
            case 3:
                return erase(key, by);
            default:
                return send(key, by);
        }
    }

    Expected send(ConversationKey key, const Person& by) {
        auto message = message_to(key, "text " + std::to_string(below(1000)));
        std::vector<AccountKey> named;
        while (chance(30)) {
            const auto& person = anybody();
            if (std::ranges::find(named, person.account) != named.end()) continue;
            message.mentions.push_back(person.id());
            named.push_back(person.account);
        }
        auto work = world_.work(by, message);
        if (!model_.present(key, by.account))
            return refused(std::move(work), ErrorCode::conversation_not_member);
        if (adds_nothing(key, by)) return refused(std::move(work), ErrorCode::account_blocked);
        const auto born = model_.send(key, by.account, message.text, named);
        said_[key].push_back({.by = by, .born = born, .id = *work.origin.command});
        return expect(std::move(work), born);
    }

    /// What somebody said somewhere, with its id; or nothing.
    struct Said {
        Person by;
        std::int64_t born = 0;
        Uuid id;
    };
    const Said* any_message(ConversationKey key) {
        const auto& there = said_[key];
        return there.empty() ? nullptr : &there[static_cast<std::size_t>(below(std::ssize(there)))];
    }

    Expected edit(ConversationKey key, const Person& by) {
        const Said* message = any_message(key);
        if (message == nullptr) return send(key, by);
        protocol::MessageEdit command{.target = {.stream = to_id(key)}, .message = message->id};
        command.text = "text " + std::to_string(below(1000));
        std::vector<AccountKey> named;
        if (chance(40)) named.push_back(anybody().account);
        for (const auto account : named)
            command.mentions.push_back(to_id(account));
        auto work = world_.work(by, command);
        if (!model_.present(key, by.account))
            return refused(std::move(work), ErrorCode::conversation_not_member);
        const auto& row = model_.row_at(key, message->born);
        if (by.account != message->by.account || !model_.sees(key, by.account, row))
            return refused(std::move(work), ErrorCode::message_not_found);
        if (row.deleted) return refused(std::move(work), ErrorCode::message_deleted);
        if (adds_nothing(key, by)) return refused(std::move(work), ErrorCode::account_blocked);
        if (row.text == command.text && row.mentions == named) return expect(std::move(work), std::nullopt);
        return expect(std::move(work), model_.edit(key, message->born, command.text, named));
    }

    Expected erase(ConversationKey key, const Person& by) {
        const Said* message = any_message(key);
        if (message == nullptr) return send(key, by);
        auto work = world_.work(
            by, protocol::MessageDelete{
                    .target = {.stream = to_id(key)}, .message = message->id, .sender = message->by.id()});
        if (!model_.present(key, by.account))
            return refused(std::move(work), ErrorCode::conversation_not_member);
        if (by.account != message->by.account && !model_.owner(key, by.account))
            return refused(std::move(work), ErrorCode::not_allowed);
        const auto& row = model_.row_at(key, message->born);
        if (!model_.sees(key, by.account, row)) return refused(std::move(work), ErrorCode::message_not_found);
        if (row.deleted) return {.work = std::move(work)};
        return expect(std::move(work), model_.erase(key, message->born));
    }

    Expected owners_only(ConversationKey key, const Person& by, Work work, ErrorCode otherwise) {
        if (!model_.present(key, by.account))
            return refused(std::move(work), ErrorCode::conversation_not_member);
        if (!model_.owner(key, by.account)) return refused(std::move(work), ErrorCode::not_allowed);
        return refused(std::move(work), otherwise);
    }

    Expected add(ConversationKey key, const Person& by) {
        protocol::MemberAdd command{.target = {.stream = to_id(key)}};
        std::vector<AccountKey> who;
        bool adds = false;
        for (const auto& person : people_) {
            if (chance(60)) continue;
            command.accounts.push_back(person.id());
            who.push_back(person.account);
            adds = adds || !model_.present(key, person.account);
        }
        auto work = world_.work(by, command);
        if (!model_.owner(key, by.account)) return owners_only(key, by, std::move(work), {});
        const bool unwilling = std::ranges::any_of(who, [&](AccountKey one) {
            return !model_.present(key, one) && model_.blocks.contains({one, by.account});
        });
        if (unwilling) return refused(std::move(work), ErrorCode::account_not_found);
        if (!adds) return expect(std::move(work), std::nullopt);
        return expect(std::move(work), model_.add(key, who));
    }

    Expected remove(ConversationKey key, const Person& by) {
        const auto& whom = anybody();
        auto work =
            world_.work(by, protocol::MemberRemove{.target = {.stream = to_id(key)}, .account = whom.id()});
        if (!model_.owner(key, by.account)) return owners_only(key, by, std::move(work), {});
        if (whom.account == by.account) return refused(std::move(work), ErrorCode::invalid);
        if (!model_.conversations.at(key).members.contains(whom.account)) {
            return refused(std::move(work), ErrorCode::account_not_found);
        }
        if (!model_.present(key, whom.account)) return expect(std::move(work), std::nullopt);
        return expect(std::move(work), model_.end(key, whom.account, false));
    }

    Expected leave(ConversationKey key, const Person& by) {
        auto work = world_.work(by, protocol::ConversationLeave{.target = {.stream = to_id(key)}});
        if (!model_.present(key, by.account))
            return refused(std::move(work), ErrorCode::conversation_not_member);
        // Nobody would be left to go on with.
        if (model_.size(key) == 1) return send(key, by);
        return expect(std::move(work), model_.end(key, by.account, true));
    }

    Expected rename(ConversationKey key, const Person& by) {
        const auto title = "title " + std::to_string(below(1000));
        auto work =
            world_.work(by, protocol::ConversationRename{.target = {.stream = to_id(key)}, .title = title});
        if (!model_.owner(key, by.account)) return owners_only(key, by, std::move(work), {});
        return expect(std::move(work), model_.rename(key, title));
    }

    Expected read(ConversationKey key, const Person& by) {
        auto& conversation = model_.conversations.at(key);
        const auto upto = chance(20) ? conversation.head + below(2) : below(conversation.head + 1);
        auto work = world_.work(by, protocol::Read{.target = {.stream = to_id(key)}, .upto = upto});
        if (!model_.present(key, by.account))
            return refused(std::move(work), ErrorCode::conversation_not_member);
        if (upto > conversation.head) return refused(std::move(work), ErrorCode::invalid);
        auto& position = conversation.members.at(by.account).read;
        // What moves nothing is not remembered: a repeat is decided anew.
        if (upto <= position) return {.work = std::move(work)};
        position = upto;
        model_.moved(key, by.account);
        return expect(std::move(work), std::nullopt);
    }

    Expected ack(ConversationKey key, const Person& by) {
        auto& conversation = model_.conversations.at(key);
        const auto seq = below(conversation.head + 3);
        if (model_.present(key, by.account) && seq <= conversation.head) {
            auto& delivered = conversation.members.at(by.account).delivered;
            if (seq > delivered) model_.moved(key, by.account);
            delivered = std::max(delivered, seq);
        }
        return {.work = {.origin = {},
                         .command = Acks{.epoch = world_.store().epoch(),
                                         .acks = {{.account = by.account,
                                                   .device = by.device,
                                                   .conversation = key,
                                                   .seq = seq}}},
                         .at = world_.now}};
    }

    static Expected refused(Work work, ErrorCode code) { return {.work = std::move(work), .refusal = code}; }

    Expected expect(Work work, std::optional<std::int64_t> seq) {
        Expected expected{.work = std::move(work), .seq = seq};
        done_.push_back(expected);
        return expected;
    }

    static void compare(const Expected& expected, const Result<Answer>& answer) {
        if (expected.refusal) {
            ASSERT_FALSE(answer);
            EXPECT_EQ(name_of(answer.error().code), name_of(*expected.refusal));
            return;
        }
        ASSERT_TRUE(answer) << answer.error().context;
        if (expected.any_seq) {
            EXPECT_TRUE(answer->seq);
        } else {
            EXPECT_EQ(answer->seq, expected.seq);
        }
    }

    void compare_state(ConversationKey key, const NaiveModel::Conversation& conversation,
                       const Person& person) {
        const auto state = world_.state(person, key);
        const auto& member = conversation.members.at(person.account);
        EXPECT_EQ(state.head, conversation.head);
        EXPECT_EQ((NaiveModel::Count{.unread = state.unread, .mentions = state.mentions}),
                  model_.count(key, person.account));
        EXPECT_EQ(state.read, member.read);
        EXPECT_EQ(state.from, conversation.direct ? 1 : member.intervals.back().first);
        EXPECT_EQ(state.as_of.conversation, conversation.head);
        EXPECT_EQ(state.summary.members, model_.size(key));
        EXPECT_EQ(state.summary.title.value_or(""), conversation.title);
        const auto messages = model_.messages(key, person.account);
        ASSERT_EQ(state.last.has_value(), !messages.empty());
        if (state.last) {
            EXPECT_EQ(state.last->born, messages.back().born);
        }
        ASSERT_EQ(std::ssize(state.receipts), model_.size(key) - 1);
        for (const auto& receipt : state.receipts) {
            const auto& other = conversation.members.at(*account_key(receipt.account.text()));
            const auto kept = model_.told.find({key, *account_key(receipt.account.text()), person.account});
            const bool apart = kept != model_.told.end();
            EXPECT_EQ(receipt.read, apart ? kept->second.read : other.read);
            EXPECT_EQ(receipt.delivered, apart ? kept->second.delivered : other.delivered);
        }
    }

    void compare_changes(ConversationKey key, const NaiveModel::Conversation& conversation,
                         const Person& person) {
        auto after = below(conversation.head + 1);
        const auto wanted = model_.changes(key, person.account, after);
        const auto view = world_.snapshot();
        std::vector<NaiveModel::Row> found;
        for (bool more = true; more;) {
            const auto part =
                changes(*view, person.account, {.stream = to_id(key), .after = after, .limit = 1 + below(7)});
            ASSERT_TRUE(part);
            for (const auto& row : part->rows)
                found.push_back(plain(row));
            ASSERT_TRUE(part->upto > after || !part->more);
            after = part->upto;
            more = part->more;
        }
        EXPECT_EQ(after, conversation.head);
        EXPECT_TRUE(found == wanted) << "changes differ";
    }

    void compare_pages(ConversationKey key, const NaiveModel::Conversation& conversation,
                       const Person& person) {
        const auto all = model_.messages(key, person.account);
        const auto at = below(conversation.head + 2);
        const auto limit = 1 + below(8);
        const auto since = below(conversation.head + 1);
        for (const protocol::Page& asked :
             {protocol::Page{.before = at}, protocol::Page{.after = at}, protocol::Page{.around = at},
              protocol::Page{.from = std::max<std::int64_t>(at / 2, 1), .to = at, .since = since}}) {
            auto request = asked;
            request.stream = to_id(key);
            request.limit = limit;
            const auto found = page(*world_.snapshot(), person.account, request);
            ASSERT_TRUE(found);
            std::vector<NaiveModel::Row> rows;
            for (const auto& row : found->rows)
                rows.push_back(plain(row));
            EXPECT_LE(std::ssize(rows), limit);
            EXPECT_EQ(found->as_of, conversation.head);
            // It holds exactly what is visible in the range that it names, and says right what lies beyond.
            std::vector<NaiveModel::Row> wanted;
            bool before = false;
            bool after = false;
            for (const auto& row : all) {
                before = before || row.born < found->from;
                after = after || row.born > found->to;
                const bool inside = found->from <= row.born && row.born <= found->to;
                if (inside && row.seq > request.since.value_or(0)) wanted.push_back(row);
            }
            EXPECT_TRUE(rows == wanted) << "pages differ";
            EXPECT_EQ(found->more_before, before);
            EXPECT_EQ(found->more_after, after);
            // And it brings something where there is something to bring.
            const bool full = std::ssize(rows) == limit || request.around;
            if (!full && request.before) {
                EXPECT_FALSE(before);
            }
            if (!full && request.after) {
                EXPECT_FALSE(after);
            }
        }
    }

    StoreWorld& world_;
    std::mt19937_64 random_;
    std::vector<Person> people_;
    NaiveModel model_;
    std::vector<Expected> done_;
    std::map<ConversationKey, std::vector<Said>> said_;
    int block_percent_ = 0;
};

}  // namespace

TEST_P(StoreContract, RandomHistoriesEqualANaiveModel) {
    for (const auto blocks : {History::Blocks::none, History::Blocks::some}) {
        for (std::uint64_t seed = 1; seed <= 12; ++seed) {
            SCOPED_TRACE("seed " + std::to_string(seed) +
                         (blocks == History::Blocks::some ? ", blocks" : ""));
            start_anew();
            History history(world, seed, blocks);
            for (int i = 0; i < 100; ++i) {
                history.act();
                if (i % 10 == 9) history.compare_everything();
                if (i % 25 == 24) restart();
                if (HasFailure()) return;
            }
        }
    }
}

}  // namespace parley::server::test
