#include "protocol/codec.hpp"
#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace parley::server::test {
namespace {

using protocol::LinkJoin;
using testing::HasSubstr;
using testing::Not;

class InviteLinks : public testing::Test {
  protected:
    InviteLinks() : ada(world.person("ada")), bob(world.person("bob")) {}

    protocol::Target in_group() const { return {.stream = group}; }
    protocol::Link make(protocol::LinkCreate create = {}) {
        create.target = in_group();
        const auto made = desk.answer(desk.ask(create));
        return std::get<protocol::LinkMade>(made.payload).link;
    }
    HttpResponse call(const std::string& method, const std::string& path, const std::string& body,
                      const Account& by) {
        return world.call(method, path, body, by.access, world.next_id().text());
    }

    World world;
    Account ada;
    Account bob;
    Peer& desk = world.online(ada);
    Peer& other = world.online(bob, 0, protocol::Encoding::cbor);
    StreamId group = world.group(desk, {});
};

TEST_F(InviteLinks, LeadIntoTheGroupAndOpenItInTheSession) {
    const auto link = make();
    const auto seen = other.answer(other.ask(protocol::LinkLook{.code = *link.code}));
    EXPECT_EQ(std::get<protocol::LinkView>(seen.payload).members, 1);
    EXPECT_EQ(other.refusal(other.ask(protocol::LinkList{.stream = group})),
              ErrorCode::conversation_not_member);
    const auto joined = other.answer(other.ask(LinkJoin{.code = *link.code}));
    EXPECT_EQ(joined.stream, group);
    EXPECT_TRUE(std::holds_alternative<protocol::LinkJoined>(joined.payload));
    other.take();
    desk.ask(message(group, "welcome"));
    world.settle();
    const auto heard = other.take();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(std::get<protocol::MessageNew>(heard[0].payload).text, "welcome");
    EXPECT_EQ(other.refusal(other.ask(protocol::LinkList{.stream = group})), ErrorCode::not_allowed);
    const auto listed = desk.answer(desk.ask(protocol::LinkList{.stream = group}));
    EXPECT_EQ(std::get<protocol::Links>(listed.payload).links.at(0).uses, 1);
}

TEST_F(InviteLinks, GoByHttpWithTheCodeInTheBody) {
    const std::string links = "/v1/conversations/" + group.text() + "/links";
    const auto made = call("POST", links, R"({"uses":1,"role":"guest"})", ada);
    ASSERT_EQ(made.status, 200);
    const auto envelope = protocol::decode_frame(made.body, protocol::Encoding::json);
    ASSERT_TRUE(envelope);
    const auto link =
        std::get<protocol::LinkMade>(std::get<protocol::Envelope>(envelope->front()).payload).link;
    const std::string code = R"({"code":")" + *link.code + "\"}";
    EXPECT_THAT(call("POST", "/v1/links/look", code, bob).body, HasSubstr(R"("role":"guest")"));
    EXPECT_THAT(call("POST", "/v1/links/join", code, bob).body, HasSubstr("link.joined"));
    EXPECT_THAT(call("GET", links, {}, ada).body, HasSubstr(R"("uses":1)"));
    EXPECT_EQ(code_of(call("GET", links, {}, bob)), "not_allowed");
    const Account eve = world.person("eve");
    const auto over = call("POST", "/v1/links/join", code, eve);
    EXPECT_EQ(over.status, 410);
    EXPECT_EQ(code_of(over), "link.over");
    EXPECT_EQ(code_of(call("DELETE", links + "/" + link.id.text(), {}, bob)), "not_allowed");
    EXPECT_EQ(call("DELETE", links + "/" + link.id.text(), {}, ada).status, 200);
    EXPECT_EQ(code_of(call("POST", "/v1/links/look", code, eve)), "link.unknown");
    EXPECT_EQ(call("PUT", "/v1/conversations/" + group.text() + "/history", R"({"shared":true})", ada).status,
              200);
    EXPECT_EQ(
        code_of(call("PUT", "/v1/conversations/" + group.text() + "/history", R"({"shared":true})", bob)),
        "not_allowed");
}

TEST_F(InviteLinks, AreNotGuessedAtLeisure) {
    const auto link = make();
    for (std::int64_t i = 0; i < limits::link_tries_max; ++i) {
        const bool looks = i % 2 == 0;
        const std::string code = "guess" + std::to_string(i);
        const auto asked =
            looks ? other.ask(protocol::LinkLook{.code = code}) : other.ask(LinkJoin{.code = code});
        EXPECT_EQ(other.refusal(asked), ErrorCode::link_unknown);
    }
    // Also for what is good; by HTTP too, and only for him.
    for (const protocol::Payload& asked :
         {protocol::Payload(LinkJoin{.code = *link.code}), protocol::Payload(protocol::LinkLook{*link.code})})
        EXPECT_EQ(other.refusal(other.ask(asked)), ErrorCode::rate_limited);
    const std::string code = R"({"code":")" + *link.code + "\"}";
    for (const char* path : {"/v1/links/look", "/v1/links/join"})
        EXPECT_EQ(call("POST", path, code, bob).status, 429);
    EXPECT_EQ(call("POST", "/v1/links/join", code, world.person("eve")).status, 200);
    world.pass(milliseconds(limits::link_retry_ms));
    EXPECT_EQ(other.answer(other.ask(LinkJoin{.code = *link.code})).stream, group);
}

TEST_F(InviteLinks, HaveCodesThatStandInNoLogAndNoMetric) {
    std::vector<std::string> codes;
    for (int i = 0; i < 2; ++i)
        codes.push_back(*make().code);
    codes.emplace_back("nobodysecretcode");
    for (const std::string& code : codes) {
        const std::string body = R"({"code":")" + code + "\"}";
        for (const char* path : {"/v1/links/look", "/v1/links/join"})
            (void)call("POST", path, body, bob);
        // Where it does not belong, too.
        (void)call("GET", "/v1/links/" + code, {}, bob);
        other.ask(protocol::LinkLook{.code = code});
        world.settle();
    }
    const auto described = [](protocol::Payload payload) {
        protocol::Envelope envelope;
        envelope.payload = std::move(payload);
        return protocol::describe(envelope);
    };
    const std::string metrics = world.metrics();
    for (const std::string& code : codes) {
        EXPECT_THAT(metrics, Not(HasSubstr(code)));
        for (const std::string& line : world.lines.all)
            EXPECT_THAT(line, Not(HasSubstr(code)));
        EXPECT_THAT(described(protocol::LinkJoin{.code = code}), Not(HasSubstr(code)));
        EXPECT_THAT(described(protocol::LinkMade{.link = {.code = code}}), Not(HasSubstr(code)));
        EXPECT_THAT(described(protocol::Links{.links = {{.code = code}}}), Not(HasSubstr(code)));
    }
}

}  // namespace
}  // namespace parley::server::test
