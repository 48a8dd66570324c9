#include "server/ops/metrics.hpp"
#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

namespace parley::server::test {
namespace {

/// What must never come back in an answer that refuses, nor be counted under, nor stand in the log.
struct Secrets {
    std::string password = "p4ssw0rd-Zebra-Quince";
    std::string text = "t3xt-Marmalade-Ostrich";
    std::string invite = "1nv1te-Walrus-Fig";
    std::string address = "203.0.113.77-as-a-key";
    std::string access;
    std::string refresh;
    std::vector<std::string> all() const { return {password, text, invite, access, refresh, address}; }
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

TEST(Secrets, StandInNoRefusalNoMetricAndNoLog) {
    World world;
    const Account ada = world.person("ada");
    Secrets secrets;
    secrets.access = ada.access;
    secrets.refresh = ada.refresh;
    const StreamId group = world.group(world.online(ada), {});
    Outputs outputs;

    const std::vector<std::string> spoilt = bodies(secrets);
    EXPECT_EQ(spoilt.size(), 6u * 8u * 4u);
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
    EXPECT_GT(world.lines.all.size(), 100u);
    for (const std::string& line : world.lines.all)
        outputs.add(line);
    std::vector<const ShardMetrics*> metrics;
    metrics.reserve(world.shard_metrics.size());
    for (const auto& one : world.shard_metrics)
        metrics.push_back(one.get());
    outputs.add(render_metrics(ProcessMetrics{}, metrics, {}));
    outputs.expect_clean(secrets);
}

}  // namespace
}  // namespace parley::server::test
