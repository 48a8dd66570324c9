#include "sim/errand.hpp"

#include "server/api/http_api.hpp"
#include "tests/unit/sim/living_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace parley::sim {
namespace {

class Errands : public Living {
  protected:
    Uuid send(const std::string& text, std::optional<Uuid> follows = {}) {
        protocol::MessageSend message{.text = text};
        message.target.stream = group_;
        const Uuid id = new_errand_id(scene_);
        run_errand(scene_, of(ben), id,
                   {.method = "POST",
                    .path = "/v1/conversations/" + group_.text() + "/messages",
                    .body = R"({"text":")" + text + "\"}",
                    .means = message,
                    .follows = follows});
        return id;
    }
    bool shown_once(std::size_t person, const Uuid& id) {
        std::int64_t times = 0;
        for (const Showing& showing : everything_of(of(person)))
            times += std::ranges::count(showing.messages, id, &core::MessageView::id);
        return times == 1;
    }
    bool done(const Uuid& id) { return scene_.history().place(account(ben), id) != nullptr; }
    void expect_peace() {
        EXPECT_FALSE(scene_.has_errands());
        scene_.check_at_rest();
        EXPECT_EQ(broken(), -1) << said();
    }
};

TEST_F(Errands, WhatIsSentByHttpReachesAllDevicesAndTheOwnOne) {
    const Uuid id = send("by a program");
    EXPECT_TRUE(scene_.has_errands());
    pass(seconds(30));
    for (const std::size_t person : {ada, ben, cyd})
        EXPECT_TRUE(shown_once(person, id)) << person;
    EXPECT_TRUE(scene_.said().accepted.contains({account(ben), id}));
    EXPECT_NE(of(ben).person->by_http.find(id), nullptr);
    expect_peace();
}

TEST_F(Errands, WhoseAnswerIsLostIsAskedForAgainAndDoneOnce) {
    of(ben).node->link().answers = false;
    const Uuid id = send("unheard");
    pass(seconds(1));
    EXPECT_TRUE(done(id));
    of(ben).node->link().answers = true;
    pass(seconds(200));
    EXPECT_TRUE(shown_once(cyd, id));
    expect_peace();
}

TEST_F(Errands, WhatDiesWithTheServerIsAskedForAgain) {
    of(ben).node->link().latency = milliseconds(100);
    const Uuid id = send("into the void");
    scene_.world().after(milliseconds(101), [&] { scene_.server().die(ServerNode::Death::power_lost); });
    pass(seconds(1));
    EXPECT_FALSE(scene_.server().up());
    ASSERT_TRUE(scene_.server().start());
    pass(seconds(200));
    EXPECT_TRUE(shown_once(ada, id));
    expect_peace();
}

TEST_F(Errands, AnErrandEndsWithTheDeviceThatRunsIt) {
    of(ben).node->link().answers = false;
    send("last words");
    pass(seconds(1));
    of(ben).node->die(false);
    pass(seconds(1));
    EXPECT_FALSE(scene_.has_errands());
}

TEST_F(Errands, WhatFollowsSomethingUnknownIsNeverDoneAndGivenUp) {
    const Uuid id = send("second", uuid(9));
    pass(seconds(100));
    EXPECT_FALSE(done(id));
    expect_peace();
}

TEST_F(Errands, WhatIsAskedOfTheServerIsHeldToThePromises) {
    Line line("ben/1", scene_.world().next_number());
    const SignedIn who{account(cyd), *of(cyd).node->client().device()};
    protocol::Envelope question;
    question.id = uuid(8);
    question.payload = protocol::Page{.stream = group_};
    scene_.server_called(line, who, question);
    protocol::Envelope answer;
    answer.re = uuid(8);
    answer.payload = protocol::ErrorReply{.code = ErrorCode::disk_full};
    scene_.server_answered(line, who, answer);
    EXPECT_EQ(broken(), 33);
}

TEST_F(Errands, Promise1WhereWhatWasAcknowledgedByHttpIsNotThere) {
    Line line("ben/1", scene_.world().next_number());
    protocol::Envelope answer;
    answer.re = uuid(9);
    answer.payload = protocol::MessageAccepted{};
    scene_.server_answered(line, {account(ben), *of(ben).node->client().device()}, answer);
    EXPECT_EQ(broken(), 1);
}

TEST(AnswerByHttp, OfARefusalIsItsCode) {
    const Uuid id = uuid(7);
    const auto refused = answer_to(id, server::HttpApi::problem({ErrorCode::not_allowed, "Ask.", 0, {}}));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->re, id);
    EXPECT_EQ(std::get<protocol::ErrorReply>(refused->payload).code, ErrorCode::not_allowed);
}

TEST(AnswerByHttp, ThatNobodyCanReadIsNone) {
    EXPECT_FALSE(answer_to(uuid(7), {.status = 200, .body = "{}"}));
    EXPECT_FALSE(answer_to(uuid(7), {.status = 500, .body = "oops"}));
    auto other = server::HttpApi::problem({ErrorCode::not_allowed, "Ask.", 0, {}});
    other.status = 409;
    EXPECT_FALSE(answer_to(uuid(7), other)) << "the body says another status";
    const std::string stranger = R"({"type":"done","re":")" + uuid(8).text() + "\"}";
    EXPECT_FALSE(answer_to(uuid(7), {.status = 200, .body = stranger})) << "it answers something else";
    EXPECT_TRUE(answer_to(uuid(8), {.status = 200, .body = stranger}));
}

}  // namespace
}  // namespace parley::sim
