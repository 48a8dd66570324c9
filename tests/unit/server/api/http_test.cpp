#include "server/api/http_routes.hpp"
#include "tests/support/source_dir.hpp"
#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace parley::server::test {
namespace {

using protocol::Encoding;

/// A path of the route, with names filled in.
std::string path_of(const Route& route) {
    std::string path;
    for (std::size_t i = 0; i < route.path.size();) {
        if (route.path[i] == '{') {
            const auto end = route.path.find('}', i);
            const bool message = route.path.substr(i, end - i) == "{message";
            path += message ? "0192f0c0-0000-7000-8000-000000000001" : "c0000000001";
            i = end + 1;
        } else {
            path += route.path[i++];
        }
    }
    return path;
}

bool has_header(const HttpResponse& response, std::string_view name) {
    for (const auto& [known, value] : response.headers) {
        if (known == name) return true;
    }
    return false;
}

TEST(HttpRoutes, AreThoseOfTheSchema) {
    std::set<std::string> served;
    for (const Route& route : routes())
        served.insert(std::string(route.method) + " " + std::string(route.path));
    EXPECT_EQ(served.size(), routes().size()) << "each stands once";
    std::ifstream schema(parley::test::source_dir() / "protocol/schema/6_accounts.yaml");
    std::size_t listed = 0;
    for (std::string line; std::getline(schema, line);) {
        const std::size_t method = line.find("{method: ");
        if (method == std::string::npos) continue;
        const std::size_t begin = method + 9;
        const std::string name = line.substr(begin, line.find(',', begin) - begin);
        std::size_t path = line.find("path: ") + 6;
        const bool quoted = line[path] == '"';
        if (quoted) ++path;
        const std::string where = line.substr(path, line.find(quoted ? '"' : ',', path) - path);
        EXPECT_TRUE(served.contains(name + " " + where)) << name << " " << where;
        ++listed;
    }
    EXPECT_EQ(listed + 1, routes().size()) << "besides those there is the socket";
}

TEST(HttpRoutes, AreThereForAllThatIsNotAboutTheConnection) {
    std::set<std::string> left;
    std::set<std::string> reached;
    for (const char* part : {"3_session", "4_sync", "5_conversations", "5_presence", "6_accounts"}) {
        std::ifstream schema(parley::test::source_dir() / "protocol/schema" / (std::string(part) + ".yaml"));
        std::string message;
        for (std::string line; std::getline(schema, line);) {
            if (line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':'))
                message = line.substr(2, line.size() - 3);
            if (line == "    from: client" || line == "    from: both") left.insert(message);
            const std::size_t named = line.find(" message: ");
            if (named == std::string::npos || !line.starts_with("  - {method: ")) continue;
            const std::size_t begin = named + 10;
            reached.insert(line.substr(begin, line.find(',', begin) - begin));
        }
    }
    EXPECT_GT(reached.size(), 10u);
    for (const std::string& message : reached)
        EXPECT_EQ(left.erase(message), 1u) << message;
    EXPECT_EQ(left, (std::set<std::string>{"auth", "look", "ping", "resume", "subscribe", "unsubscribe"}));
}

TEST(HttpRoutes, AskForATokenWhereTheyNeedOne) {
    World world;
    for (const Route& route : routes()) {
        if (route.caller != Caller::signed_in) continue;
        const auto bare = world.call(std::string(route.method), path_of(route));
        EXPECT_EQ(bare.status, 401) << route.path;
        EXPECT_EQ(code_of(bare), "not_signed_in");
        EXPECT_TRUE(has_header(bare, "WWW-Authenticate"));
        const auto wrong = world.call(std::string(route.method), path_of(route), {}, "p1.AAAA.AAAA");
        EXPECT_EQ(code_of(wrong), "token_invalid");
    }
}

TEST(HttpRoutes, RefuseADeviceThatWasSignedOut) {
    World world;
    const Account ada = world.person("ada");
    ASSERT_EQ(world.call("DELETE", "/v1/sessions/current", {}, ada.access).status, 204);
    for (const Route& route : routes()) {
        if (route.caller != Caller::signed_in) continue;
        // Whatever one of them needs; the others know nothing of it.
        std::string body =
            R"({"text":"x","title":"x","upto":1,"role":"guest","emoji":"x","permissions":{},"blocked":true)";
        body += route.path.contains("{account}") ? "}" : R"(,"account":"x","shared":true,"code":"x"})";
        if (route.method == "GET" || route.method == "DELETE") body.clear();
        const auto response =
            world.call(std::string(route.method), path_of(route), body, ada.access, world.next_id().text());
        EXPECT_EQ(code_of(response), "revoked") << route.method << " " << route.path;
    }
}

TEST(HttpRoutes, SayWhichMethodsAPathHas) {
    World world;
    const auto response = world.call("PUT", "/v1/conversations");
    EXPECT_EQ(response.status, 405);
    ASSERT_TRUE(has_header(response, "Allow"));
    EXPECT_EQ(response.headers.front().second, "GET, HEAD, POST");
    EXPECT_EQ(world.call("GET", "/v1/nothing").status, 404);
    EXPECT_EQ(world.call("GET", "/V1/PROFILE").status, 404);
    EXPECT_EQ(world.call("GET", "/v1/profile/..").status, 400);
    EXPECT_EQ(world.call("GET", "/v1/socket").status, 426);
}

TEST(HttpRoutes, SpeakOfPathsAndMethodsWhereThereIsNoSuchCall) {
    World world;
    const auto problem = [&](const char* method, const char* path) {
        return *protocol::decode<protocol::Problem>(world.call(method, path).body, protocol::Encoding::json);
    };
    const auto nothing = problem("GET", "/v1/nothing");
    EXPECT_NE(nothing.title.find("over HTTP, this path or method"), std::string::npos) << nothing.title;
    EXPECT_TRUE(nothing.detail.value_or("").starts_with("There is nothing under this path; "));
    EXPECT_EQ(problem("PUT", "/v1/conversations").detail, "This path is called with GET, HEAD, POST.");
}

TEST(Http, DoesAllThatTheSocketDoes) {
    World world;
    const Account ada = world.person("ada");
    const Account bob = world.person("bob");
    Peer& live = world.online(bob);
    const auto command = [&](const std::string& method, const std::string& path, const std::string& body) {
        const auto response = world.call(method, path, body, ada.access, world.next_id().text());
        EXPECT_EQ(response.status, 200) << method << " " << path << " " << response.body;
        const auto decoded = protocol::decode_frame(response.body, Encoding::json);
        return std::get<protocol::Envelope>(decoded->front());
    };
    const auto created =
        command("POST", "/v1/conversations", R"({"title":"a","members":[")" + bob.id.text() + "\"]}");
    const std::string path = "/v1/conversations/" + created.stream.text();
    EXPECT_TRUE(std::holds_alternative<protocol::ConversationCreated>(created.payload));
    const auto sent = command("POST", path + "/messages", R"({"text":"by HTTP"})");
    EXPECT_EQ(sent.stream, created.stream);
    EXPECT_EQ(texts_of(live.take()), std::vector<std::string>{"by HTTP"});
    command("POST", "/v1/direct/" + bob.id.text() + "/messages", R"({ "text" : "hello" })");
    EXPECT_EQ(texts_of(live.take()), std::vector<std::string>{"hello"});
    command("PATCH", path, R"({"title":"b"})");
    command("DELETE", path + "/members/" + bob.id.text(), "");
    command("POST", path + "/members", R"({"accounts":[")" + bob.id.text() + "\"]}");
    command("POST", path + "/read", R"({"upto":2})");
    command("PATCH", "/v1/profile", R"({"name":"Ada"})");

    const auto got = [&](const std::string& target) {
        const auto response = world.call("GET", target, {}, ada.access);
        EXPECT_EQ(response.status, 200) << target << " " << response.body;
        EXPECT_EQ(response.content_type, "application/json");
        return response.body;
    };
    const auto page = std::get<protocol::Envelope>(
        protocol::decode_frame(got(path + "/messages?before=0&limit=5"), Encoding::json)->front());
    EXPECT_EQ(std::get<protocol::PageOk>(page.payload).rows.size(), 1u);
    EXPECT_NE(got(path + "/changes?after=0").find("by HTTP"), std::string::npos);
    EXPECT_NE(got(path + "/members").find("member.changed"), std::string::npos);
    EXPECT_NE(got(path + "/settings").find("conversation.changed"), std::string::npos);
    EXPECT_EQ(got(path + "/settings").find("member.changed"), std::string::npos);
    EXPECT_NE(got("/v1/conversations/" + ada.id.text() + "/changes").find("profile.changed"),
              std::string::npos);
    EXPECT_NE(got("/v1/conversations").find("conversation.state"), std::string::npos);
    EXPECT_NE(got("/v1/devices").find(ada.device.text()), std::string::npos);
    EXPECT_NE(got("/v1/profile").find("Ada"), std::string::npos);
    EXPECT_EQ(world.call("POST", "/v1/profiles", R"({"handles":["bob"]})", ada.access).status, 200);
    EXPECT_EQ(world.call("POST", "/v1/ack", R"({"streams":[]})", ada.access).status, 204);
    command("POST", path + "/leave", "{}");
}

TEST(Http, TakesSchemesAndTypesInAnyLetters) {
    World world;
    const Account ada = world.person("ada");
    const auto status = [&](const std::string& authorization, const std::string& type) {
        return world
            .call({.method = "POST",
                   .target = "/v1/profiles",
                   .authorization = authorization,
                   .idempotency_key = {},
                   .follows = {},
                   .content_type = type,
                   .body = R"({"handles":["ada"]})",
                   .remote = "127.0.0.1"})
            .status;
    };
    for (const char* scheme : {"Bearer ", "bearer ", "BEARER   "})
        EXPECT_EQ(status(scheme + ada.access, "application/json"), 200) << scheme;
    for (const char* scheme : {"", "Bearer", "Basic ", "Bearers "})
        EXPECT_EQ(status(scheme + ada.access, "application/json"), 401) << scheme;
    for (const char* type : {"", "Application/JSON", "application/json ; charset=utf-8", "application/json;"})
        EXPECT_EQ(status("Bearer " + ada.access, type), 200) << type;
    for (const char* type : {"application/jsonp", "text/plain", "text/plain;application/json", ";"})
        EXPECT_EQ(status("Bearer " + ada.access, type), 400) << type;
}

TEST(Http, AnswersHeadAsGet) {
    World world;
    const Account ada = world.person("ada");
    EXPECT_EQ(world.call("HEAD", "/livez").status, 200);
    EXPECT_EQ(world.call("HEAD", "/v1/profile", {}, ada.access).body,
              world.call("GET", "/v1/profile", {}, ada.access).body);
    EXPECT_EQ(world.call("HEAD", "/v1/accounts").status, 405);
}

TEST(Http, RefusesWhatFollowsACommandThatWasNotAccepted) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const std::string path = "/v1/conversations/" + world.group(peer, {}).text() + "/messages";
    const auto send = [&](const std::string& text, const std::string& id, const std::string& follows) {
        HttpRequest request{.method = "POST",
                            .target = path,
                            .authorization = "Bearer " + ada.access,
                            .idempotency_key = id,
                            .follows = follows,
                            .content_type = "application/json",
                            .body = R"({"text":")" + text + "\"}",
                            .remote = "127.0.0.1"};
        return world.call(std::move(request));
    };
    const std::string first = world.next_id().text();
    EXPECT_EQ(code_of(send("second", world.next_id().text(), first)), "follows_refused");
    EXPECT_EQ(send("first", first, "").status, 200);
    EXPECT_EQ(send("second", world.next_id().text(), first).status, 200);
    const auto unreadable = send("third", world.next_id().text(), "the one before");
    EXPECT_EQ(code_of(unreadable), "invalid");
    EXPECT_NE(unreadable.body.find("Parley-Follows"), std::string::npos);
}

TEST(Http, CountsMessagesAsTheSocketDoes) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const StreamId group = world.group(peer, {});
    const auto before = world.shard_metrics.front()->messages_in.value();
    peer.answer(peer.ask(message(group, "by the socket")));
    world.call("POST", "/v1/conversations/" + group.text() + "/messages", R"({"text":"by HTTP"})", ada.access,
               world.next_id().text());
    EXPECT_EQ(world.shard_metrics.front()->messages_in.value(), before + 2);
}

TEST(Http, GivesTheSameAnswerToTheSameKey) {
    World world;
    const Account ada = world.person("ada");
    const std::string key = world.next_id().text();
    const auto first = world.call("POST", "/v1/conversations", R"({"title":"a"})", ada.access, key);
    const auto second = world.call("POST", "/v1/conversations", R"({"title":"a"})", ada.access, key);
    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(code_of(world.call("POST", "/v1/conversations", R"({"title":"b"})", ada.access, key)),
              "id_reused");
    const auto without = world.call("POST", "/v1/conversations", R"({"title":"a"})", ada.access);
    EXPECT_EQ(without.status, 400);
    EXPECT_NE(without.body.find("Idempotency-Key"), std::string::npos);
}

TEST(Http, TakesATargetFromThePathOnly) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const StreamId mine = world.group(peer, {});
    const StreamId other = world.group(peer, {});
    const auto response = world.call("POST", "/v1/conversations/" + mine.text() + "/messages",
                                     R"({"text":"x","target":{"stream":")" + other.text() + "\"}}",
                                     ada.access, world.next_id().text());
    EXPECT_EQ(response.status, 400) << response.body;
    const auto status_of = [&](const char* body) {
        return world
            .call("POST", "/v1/conversations/" + mine.text() + "/messages", body, ada.access,
                  world.next_id().text())
            .status;
    };
    for (const char* body : {"[]", "null", "{", "hello", "{}}", "{,}"})
        EXPECT_EQ(status_of(body), 400) << body;
    // Who asks for nothing gets no farther than to the target.
    for (const char* body : {"", "{}"})
        EXPECT_EQ(status_of(body), 422) << body;
}

TEST(Http, RefusesOtherKindsOfBodies) {
    World world;
    HttpRequest request{.method = "POST",
                        .target = "/v1/sessions",
                        .content_type = "text/plain",
                        .body = R"({"handle":"ada","password":"long enough","device_name":"x"})"};
    EXPECT_EQ(world.call(request).status, 400);
    request.content_type = "application/json; charset=utf-8";
    EXPECT_EQ(world.call(request).status, 401);
}

TEST(Http, AnswersOtherPeoplesConversationsLikeMissingOnes) {
    World world;
    const Account ada = world.person("ada");
    const Account eve = world.person("eve");
    Peer& peer = world.online(ada);
    const std::string theirs = "/v1/conversations/" + world.group(peer, {}).text();
    struct Call {
        std::string method, rest, body;
    };
    const std::string person = ada.id.text();
    const std::vector<Call> calls{{"GET", "/messages?before=0", ""},
                                  {"GET", "/changes?after=0", ""},
                                  {"GET", "/members", ""},
                                  {"GET", "/settings", ""},
                                  {"PATCH", "", R"({"title":"x"})"},
                                  {"POST", "/members", R"({"accounts":[")" + person + "\"]}"},
                                  {"DELETE", "/members/" + person, ""},
                                  {"POST", "/leave", "{}"},
                                  {"POST", "/messages", R"({"text":"x"})"},
                                  {"POST", "/read", R"({"upto":1})"}};
    for (const auto& [method, rest, body] : calls) {
        const auto on = [&](const std::string& conversation) {
            return world.call(method, conversation + rest, body, eve.access, world.next_id().text());
        };
        const auto one = on(theirs);
        EXPECT_EQ(one.status, 404) << method << rest;
        EXPECT_EQ(code_of(one), "conversation.not_member");
        EXPECT_EQ(one.body, on("/v1/conversations/c0000000001").body) << "a missing one";
        EXPECT_EQ(one.body, on("/v1/conversations/nonsense").body) << "what cannot be one";
    }
}

TEST(Http, RefusesRegistrationsByTheRules) {
    World::Options options;
    options.rules.registration = Registration::invite;
    World world(options);
    const auto body = R"({"handle":"ada","password":"long enough","device_name":"x"})";
    EXPECT_EQ(code_of(world.call("POST", "/v1/accounts", body)), "invite_required");
    const auto wrong = R"({"handle":"ada","password":"long enough","device_name":"x","invite":"nothing"})";
    EXPECT_EQ(code_of(world.call("POST", "/v1/accounts", wrong)), "invite_invalid");
    EXPECT_TRUE(world.hashes.finished.empty()) << "refused before the costly hash";
    const auto brief =
        R"({"handle":"ada","password":"12345\u00e9\u00e9","device_name":"x","invite":"nothing"})";
    const auto refused = world.call("POST", "/v1/accounts", brief);
    EXPECT_EQ(refused.status, 422);
    EXPECT_NE(refused.body.find("\"field\":\"password\""), std::string::npos);
}

TEST(Http, HashesNoPasswordForWhomItWillRefuse) {
    World::Options closed;
    closed.rules.registration = Registration::closed;
    World no_one(closed);
    const auto body = R"({"handle":"ada","password":"long enough","device_name":"x"})";
    EXPECT_EQ(code_of(no_one.call("POST", "/v1/accounts", body)), "registration_closed");
    EXPECT_TRUE(no_one.hashes.finished.empty());

    World world;
    world.person("ada");
    const auto before = world.hashes.finished.size();
    EXPECT_EQ(code_of(world.call("POST", "/v1/accounts", body)), "handle_taken");
    EXPECT_EQ(world.hashes.finished.size(), before);
}

TEST(SignIn, FailsAlikeForUnknownHandlesAndWrongPasswords) {
    World world;
    world.person("ada");
    const auto sign_in = [&](const std::string& handle) {
        return world.call("POST", "/v1/sessions",
                          R"({"handle":")" + handle + R"(","password":"wrong and long","device_name":"x"})");
    };
    const auto known = sign_in("ada");
    const auto unknown = sign_in("nobody");
    EXPECT_EQ(known.status, 401);
    EXPECT_EQ(code_of(known), "credentials");
    EXPECT_EQ(known.body, unknown.body);
    EXPECT_EQ(world.hashes.compared, (std::vector<std::string>{"hash of correct horse battery", "decoy"}))
        << "both cost a comparison";
}

TEST(SignIn, WaitsAfterFiveFailures) {
    World world;
    const Account ada = world.person("ada");
    const auto sign_in = [&](const std::string& handle, const std::string& password) {
        return world.call(
            "POST", "/v1/sessions",
            R"({"handle":")" + handle + R"(","password":")" + password + R"(","device_name":"x"})");
    };
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(code_of(sign_in("ada", "wrong and long")), "credentials");
    const auto right = sign_in("ada", "correct horse battery");
    EXPECT_EQ(right.status, 429);
    EXPECT_TRUE(has_header(right, "Retry-After"));
    EXPECT_EQ(code_of(sign_in("ADA", "correct horse battery")), "rate_limited")
        << "one handle in all spellings";
    const auto body = R"({"refresh_token":")" + ada.refresh + "\"}";
    EXPECT_EQ(world.call("POST", "/v1/sessions/refresh", body).status, 200) << "tokens are not counted";
    world.pass(seconds(100));
    EXPECT_EQ(sign_in("ada", "correct horse battery").status, 201);
}

}  // namespace
}  // namespace parley::server::test
