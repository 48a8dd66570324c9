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

TEST_F(Errands, TheListIsHeldToThePromisesOfStates) {
    const auto look = [&] {
        run_errand(scene_, of(ben), new_errand_id(scene_),
                   {.method = "GET", .path = "/v1/conversations", .tells = Tells::conversations});
        pass(seconds(30));
    };
    send("unread");
    pass(seconds(30));
    look();
    expect_peace();
    // Cyd's count is wrong.
    Line line("cyd/1", scene_.world().next_number());
    protocol::Envelope state;
    state.stream = group_;
    state.payload = protocol::ConversationState{
        .head = 5, .unread = 99, .as_of = {.conversation = scene_.history().find(group_)->head()}};
    scene_.server_answered(line, {account(cyd), *of(cyd).node->client().device()}, state);
    EXPECT_EQ(broken(), 14);
}

TEST_F(Errands, AsksForWhatAProgramAloneCanAsk) {
    for (const auto& [path, tells] :
         {std::pair{"/v1/devices", Tells::devices}, {"/v1/profile", Tells::profile}})
        run_errand(scene_, of(ben), new_errand_id(scene_), {.method = "GET", .path = path, .tells = tells});
    pass(seconds(30));
    expect_peace();
}

TEST_F(Errands, WaitForASlowWay) {
    of(ben).node->link().bytes_per_second = 10;
    const Uuid id = send(std::string(100, 'x'));
    pass(seconds(5));
    EXPECT_FALSE(done(id));
    of(ben).node->link().bytes_per_second = 0;
    pass(seconds(60));
    EXPECT_TRUE(done(id));
}

TEST_F(Errands, HearNothingWhileTheirDeviceReadsNothing) {
    of(ben).node->link().reads = false;
    int answers = 0;
    of(ben).node->ask({.request = {.method = "GET", .target = "/livez"},
                       .arrived = {},
                       .said = {},
                       .answered = [&](int status, const std::string&) {
                           answers += status == 200 ? 1 : 0;
                       }});
    pass(seconds(5));
    EXPECT_EQ(answers, 0);
    of(ben).node->link().reads = true;
    of(ben).node->read_on();
    EXPECT_EQ(answers, 1);
}

TEST_F(Errands, Promise9WhereAProgramIsToldOfAnotherDevice) {
    const Line line("ben/1", scene_.world().next_number());
    const SignedIn who{account(ben), *of(ben).node->client().device()};
    const auto* own = scene_.history().find(StreamId{account(ben).text()});
    ASSERT_NE(own, nullptr);
    protocol::DeviceList list;
    for (const auto& [born, seq] : own->latest) {
        const auto* device = std::get_if<protocol::DeviceChanged>(&own->row(born)->payload);
        if (device != nullptr) list.devices.push_back(*device);
    }
    scene_.told_of_oneself(line, who, scene_.world().instant(), list);
    EXPECT_EQ(broken(), -1) << said();
    list.devices.front().name += "x";
    scene_.told_of_oneself(line, who, scene_.world().instant(), list);
    EXPECT_EQ(broken(), 9);
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
    const auto problem = server::HttpApi::problem({ErrorCode::not_allowed, "Ask.", 0, {}});
    for (const Tells tells : {Tells::message, Tells::conversations, Tells::devices, Tells::nothing}) {
        const auto refused = told_by(id, tells, problem);
        ASSERT_TRUE(refused && refused->envelopes.size() == 1);
        EXPECT_EQ(refused->envelopes.front().re, id);
        EXPECT_EQ(std::get<protocol::ErrorReply>(refused->envelopes.front().payload).code,
                  ErrorCode::not_allowed);
    }
}

TEST(AnswerByHttp, ThatNobodyCanReadIsNone) {
    const auto readable = [](std::uint8_t id, const server::HttpResponse& response) {
        return told_by(uuid(id), Tells::message, response).has_value();
    };
    EXPECT_FALSE(readable(7, {.status = 200, .body = "{}"}));
    EXPECT_FALSE(readable(7, {.status = 500, .body = "oops"}));
    EXPECT_FALSE(readable(7, {.status = 204, .body = ""}));
    EXPECT_FALSE(told_by(uuid(7), Tells::nothing, {.status = 200, .body = "{}"}));
    auto other = server::HttpApi::problem({ErrorCode::not_allowed, "Ask.", 0, {}});
    other.status = 409;
    EXPECT_FALSE(readable(7, other)) << "the body says another status";
    const std::string stranger = R"({"type":"done","re":")" + uuid(8).text() + "\"}";
    EXPECT_FALSE(readable(7, {.status = 200, .body = stranger})) << "it answers something else";
    EXPECT_TRUE(readable(8, {.status = 200, .body = stranger}));
}

TEST(AnswerByHttp, OfAListIsAStateOfEachConversation) {
    protocol::ConversationList list{.after = 7};
    for (const auto* stream : {"c_1", "c_2"})
        list.conversations.push_back(
            {.type = "conversation.state", .stream = StreamId{stream}, .payload = {.head = 5}});
    const auto told = told_by(uuid(7), Tells::conversations,
                              {.status = 200, .body = protocol::encode(list, protocol::Encoding::json)});
    ASSERT_TRUE(told && told->envelopes.size() == 2);
    EXPECT_EQ(told->after, 7);
    EXPECT_EQ(told->envelopes.back().stream, StreamId{"c_2"});
    EXPECT_EQ(std::get<protocol::ConversationState>(told->envelopes.back().payload).head, 5);
}

}  // namespace
}  // namespace parley::sim
