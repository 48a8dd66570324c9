#include "tests/contract/store_contract.hpp"

namespace parley::server::test {

StoreContract::StoreContract() : data(GetParam().make()), store(data->open(rules, host)), world(*store) {}

void StoreContract::restart() {
    store.reset();
    store = data->open(rules, host);
    world.use(*store);
}

ErrorCode refusal(const Result<Answer>& answer) {
    return answer ? ErrorCode{} : answer.error().code;
}

TEST_P(StoreContract, AMessageHasItsPlaceAndIsThereAfterARestart) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto first = world.send(ada, group, "one");
    ASSERT_TRUE(first);
    EXPECT_EQ(first->seq, 4);
    restart();
    const auto rows = world.all_changes(bob, group);
    ASSERT_EQ(rows.size(), 4u);
    EXPECT_EQ(std::get<protocol::MessageNew>(rows[3].payload).text, "one");
    EXPECT_EQ(world.send(ada, group, "two")->seq, 5);
}

TEST_P(StoreContract, TwoAtOnceMakeOneDirectConversation) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    (void)world.apply({world.work(ada, message_to(bob, "hello")), world.work(bob, message_to(ada, "hi"))});
    const auto answers = world.answers();
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(answers[0]->stream, answers[1]->stream);
    EXPECT_EQ(answers[0]->seq, 4);
    EXPECT_EQ(answers[1]->seq, 5);
}

}  // namespace parley::server::test
