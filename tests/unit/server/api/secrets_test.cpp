#include "protocol/generated/cpp/codecs.hpp"
#include "protocol/generated/cpp/each_text.hpp"
#include "server/api/http_routes.hpp"
#include "server/ops/metrics.hpp"
#include "tests/unit/protocol/random_values.hpp"
#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <set>

namespace parley::server::test {
namespace {

/// What must never come back in an answer that refuses, nor be counted under, nor stand in the log.
struct Secrets {
    std::string password = "p4ssw0rd-Zebra-Quince";
    std::string text = "t3xt-Marmalade-Ostrich";
    std::string title = "t1tle-Cinnamon-Heron";
    std::string draft = "dr4ft-Saffron-Lynx";
    std::string device = "dev1ce-Nutmeg-Otter";
    std::string invite = "1nv1te-Walrus-Fig";
    std::string address = "203.0.113.77-as-a-key";
    std::string access;
    std::string refresh;
    std::vector<std::string> all() const {
        return {password, text, title, draft, device, invite, access, refresh, address};
    }
};

class Outputs {
  public:
    void add(std::string output) { outputs_.push_back(std::move(output)); }
    std::size_t add_refusals(Peer& peer) {
        std::size_t added = 0;
        for (const auto& envelope : peer.take()) {
            if (const auto* error = std::get_if<protocol::ErrorReply>(&envelope.payload)) {
                add(error->message + error->field.value_or(""));
                ++added;
            }
        }
        return added;
    }
    void expect_clean(const Secrets& secrets) const {
        EXPECT_GT(outputs_.size(), 30u);
        for (const std::string& output : outputs_) {
            for (const std::string& secret : secrets.all()) {
                EXPECT_EQ(output.find(secret), std::string::npos) << output;
                // Nor a part of it that one could go on from.
                EXPECT_EQ(output.find(secret.substr(0, 12)), std::string::npos) << output;
            }
        }
    }

  private:
    std::vector<std::string> outputs_;
};

/// A struct of the schema with all that it may have, whose texts are secrets, each time others. `turn`: in
/// every other one what is not free to choose fits, so that all of it is done as well as refused.
template <class T>
T filled(const Secrets& secrets, std::size_t turn, const StreamId& group) {
    parley::test::Choices everything(std::vector<std::uint32_t>(1'000, 1));
    T value;
    parley::test::fill(everything, value);
    const std::vector<std::string> all = secrets.all();
    const bool fits = turn % 2 == 0;
    std::size_t next = turn;
    each_text(value, [&](std::string& text, protocol::TextKind kind) {
        text = all[next++ % all.size()];
        if (fits && kind == protocol::TextKind::handle) text = "a" + std::to_string(turn);
    });
    const StreamId stream = fits ? group : StreamId("c" + all[turn % all.size()]);
    if constexpr (requires { value.target; }) value.target = {.stream = stream};
    if constexpr (requires { value.stream; }) value.stream = stream;
    return value;
}

/// Calls `act` with every payload that a client may send.
template <class... Ts>
void for_each_command(const Secrets& secrets, std::size_t turn, const StreamId& group, const auto& act,
                      const std::variant<Ts...>&) {
    const auto call = [&]<class T>(T payload) {
        if (protocol::comes_from_client(type_of(protocol::Payload{payload}))) act(std::move(payload));
    };
    (call(filled<Ts>(secrets, turn, group)), ...);
}

/// How many types of envelopes clients send, by the schema's numbers.
std::size_t types_from_clients() {
    std::size_t count = 0;
    for (int number = 0; number <= std::numeric_limits<std::uint8_t>::max(); ++number)
        count += protocol::comes_from_client(static_cast<protocol::Type>(number)) ? 1 : 0;
    return count;
}

/// What a client may say by HTTP, in JSON, whatever the route.
std::vector<std::string> bodies_of_the_schema(const Secrets& secrets, std::size_t turn,
                                              const StreamId& group) {
    std::vector<std::string> all;
    const auto add = [&](const auto& value) {
        all.push_back(protocol::encode(value, protocol::Encoding::json));
    };
    add(filled<protocol::Registration>(secrets, turn, group));
    add(filled<protocol::SignIn>(secrets, turn, group));
    add(filled<protocol::Refresh>(secrets, turn, group));
    for_each_command(secrets, turn, group, add, protocol::PayloadAlternatives{});
    return all;
}

/// A path of the route in which every name is this.
std::string path_with(const Route& route, const std::string& name) {
    std::string path{route.path};
    for (std::size_t begin = path.find('{'); begin != std::string::npos; begin = path.find('{'))
        path.replace(begin, path.find('}') - begin + 1, name);
    return path;
}

/// All that stands in the log and the metrics.
void add_what_operators_see(Outputs& outputs, const World& world) {
    EXPECT_GT(world.lines.all.size(), 100u);
    for (const std::string& line : world.lines.all)
        outputs.add(line);
    std::vector<const ShardMetrics*> metrics;
    metrics.reserve(world.shard_metrics.size());
    for (const auto& one : world.shard_metrics)
        metrics.push_back(one.get());
    outputs.add(render_metrics(ProcessMetrics{}, metrics, {}));
}

TEST(Secrets, OfNoCallStandInItsRefusalTheMetricsOrTheLog) {
    World world;
    Outputs outputs;
    Secrets secrets;
    std::size_t refused = 0;
    std::size_t done = 0;
    int person = 0;
    for (const Route& route : routes()) {
        const Account ada = world.person("p" + std::to_string(++person));
        secrets.access = ada.access;
        secrets.refresh = ada.refresh;
        const StreamId group = world.group(world.online(ada), {});
        for (std::size_t turn = 0; turn < secrets.all().size(); ++turn) {
            const std::string path =
                path_with(route, turn % 2 == 0 ? group.text() : "c" + secrets.all()[turn]);
            for (const std::string& body : bodies_of_the_schema(secrets, turn, group)) {
                for (const std::string& sent : {body, body.substr(0, body.size() - 1)}) {
                    const auto answer =
                        world.call(std::string(route.method), path, sent, ada.access, world.next_id().text());
                    if (answer.status < 400) {
                        ++done;
                        continue;
                    }
                    ++refused;
                    outputs.add(answer.body);
                }
            }
        }
        // Once, or it would be looked for in all that was put out for others before.
        add_what_operators_see(outputs, world);
        outputs.expect_clean(secrets);
        outputs = {};
        world.lines.all.clear();
    }
    EXPECT_GE(routes().size(), 36u);
    EXPECT_GT(refused, 10'000u);
    EXPECT_GT(done, 500u);
}

TEST(Secrets, OfNoCommandStandInItsRefusalTheMetricsOrTheLog) {
    World world;
    const Account ada = world.person("ada");
    Secrets secrets;
    secrets.access = ada.access;
    secrets.refresh = ada.refresh;
    const StreamId group = world.group(world.online(ada), {});
    Outputs outputs;
    std::set<protocol::Type> sent;
    std::size_t refused = 0;
    for (const auto encoding : {protocol::Encoding::json, protocol::Encoding::cbor}) {
        for (std::size_t turn = 0; turn < secrets.all().size(); ++turn) {
            const auto say = [&](protocol::Payload payload) {
                sent.insert(type_of(payload));
                const protocol::Envelope envelope{.id = world.next_id(), .payload = std::move(payload)};
                std::string frame;
                protocol::append_envelope(frame, envelope, encoding);
                for (const bool whole : {true, false}) {
                    Peer& peer = world.online(ada, 0, encoding);
                    peer.send_frame(std::string_view(frame).substr(0, frame.size() - (whole ? 0 : 1)));
                    world.settle();
                    refused += outputs.add_refusals(peer);
                    if (!peer.closed) peer.disconnect();
                }
            };
            for_each_command(secrets, turn, group, say, protocol::PayloadAlternatives{});
        }
    }
    EXPECT_EQ(sent.size(), types_from_clients());
    EXPECT_GT(refused, 100u);
    add_what_operators_see(outputs, world);
    outputs.expect_clean(secrets);
}

/// Bodies in which every field is one of the secrets, and each way to spoil them.
std::vector<std::string> bodies(const Secrets& secrets) {
    std::vector<std::string> all;
    for (const std::string& secret : secrets.all()) {
        for (const char* field :
             {"text", "password", "token", "refresh_token", "invite", "handle", "title", "name"}) {
            const std::string pair = "\"" + std::string(field) + "\":\"" + secret + "\"";
            all.push_back("{" + pair + "}");
            all.push_back("{" + pair);
            all.push_back("{\"handle\":\"eve\",\"device_name\":\"x\",\"password\":\"" + secrets.password +
                          "\"," + pair + "}");
            all.push_back("{\"" + secret + "\":\"" + field + "\"}");
        }
    }
    return all;
}

TEST(Secrets, OfWhatIsEditedDraftedAndAskedForStandInNoMetricAndNoLog) {
    World world;
    const Account ada = world.person("ada");
    Secrets secrets;
    secrets.access = ada.access;
    secrets.refresh = ada.refresh;
    const std::string emoji = "\U0001FAA8";
    Outputs outputs;
    for (const auto encoding : {protocol::Encoding::json, protocol::Encoding::cbor}) {
        const StreamId group = world.group(world.online(ada), {});
        const protocol::Target target{.stream = group};
        // Each on a connection of its own, which the log tells of.
        const auto ask = [&](protocol::Payload payload) {
            Peer& peer = world.online(ada, 0, encoding);
            auto answer = peer.answer(peer.ask(std::move(payload)));
            peer.disconnect();
            EXPECT_FALSE(std::holds_alternative<protocol::ErrorReply>(answer.payload));
            return answer;
        };
        for (const std::string& secret : secrets.all()) {
            const Uuid said = ask(message(group, secret)).re.value();
            ask(protocol::MessageReact{.target = target, .message = said, .emoji = emoji});
            ask(protocol::DraftSet{.target = target, .text = secret});
            for (const std::string& later : {secret + ", edited", secret + ", edited again"})
                ask(protocol::MessageEdit{.target = target, .message = said, .text = later});
            const auto answer = ask(protocol::MessageHistory{.stream = group, .message = said});
            const auto& earlier = std::get<protocol::MessageHistoryOk>(answer.payload).texts;
            ASSERT_EQ(earlier.size(), 2u);
            EXPECT_EQ(earlier[0].text, secret);
            EXPECT_EQ(earlier[1].text, secret + ", edited");
            ask(protocol::MessageDelete{.target = target, .message = said});
        }
    }
    add_what_operators_see(outputs, world);
    outputs.expect_clean(secrets);
    for (const std::string& line : world.lines.all)
        EXPECT_EQ(line.find(emoji), std::string::npos) << line;
}

TEST(Secrets, StandInNoRefusalNoMetricAndNoLog) {
    World world;
    const Account ada = world.person("ada");
    Secrets secrets;
    secrets.access = ada.access;
    secrets.refresh = ada.refresh;
    const StreamId group = world.group(world.online(ada), {});
    Outputs outputs;

    const std::vector<std::string> spoilt = bodies(secrets);
    EXPECT_EQ(spoilt.size(), secrets.all().size() * 8u * 4u);
    std::size_t refusals = 0;
    for (const std::string& body : spoilt) {
        // One that is no JSON ends the session.
        Peer& peer = world.online(ada);
        for (const char* path : {"/v1/accounts", "/v1/sessions", "/v1/sessions/refresh", "/v1/conversations",
                                 "/v1/invites", "/v1/profiles", "/v1/ack"}) {
            const auto response = world.call("POST", path, body, ada.access, world.next_id().text());
            if (response.status >= 400) outputs.add(response.body);
        }
        peer.send_frame(R"({"type":"message.send","id":")" + world.next_id().text() + R"(","payload":)" +
                        body + "}");
        peer.send_frame(R"({"type":"auth","payload":)" + body + "}");
        world.settle();
        refusals += outputs.add_refusals(peer);
        peer.disconnect();
    }
    EXPECT_GE(refusals, spoilt.size()) << "each is refused, in some words";
    for (const std::string& secret : secrets.all()) {
        outputs.add(world.call("GET", "/v1/" + secret).body);
        outputs.add(world.call("GET", "/v1/profile?token=" + secret).body);
        HttpRequest request{.method = "GET",
                            .target = "/v1/profile",
                            .authorization = "Bearer x" + secret,
                            .idempotency_key = secret,
                            .follows = secret,
                            .content_type = secret,
                            .remote = secrets.address};
        outputs.add(world.call(request).body);
        request.authorization = secret;
        outputs.add(world.call(request).body);
        Peer& stranger = world.connect();
        stranger.ask(protocol::Auth{.token = "x" + secret, .client = secret});
        world.settle();
        outputs.add_refusals(stranger);
        Peer& again = world.online(world.another_device(ada));
        again.ask(message(group, secret));
        again.ask(message(StreamId("c" + secret), secret));
        again.ask(protocol::Resume{.token = secret});
        world.settle();
        outputs.add_refusals(again);
        again.ask(protocol::DeviceRevoke{.device = DeviceId("d1")});
        world.settle();
        outputs.add_refusals(again);
    }
    add_what_operators_see(outputs, world);
    outputs.expect_clean(secrets);
}

}  // namespace
}  // namespace parley::server::test
