#include "sim/errand.hpp"

#include "protocol/codec.hpp"

#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

constexpr int tries_max = 4;

/// An errand under way.
struct Going {
    Scene& scene;
    Device& home;
    AccountId account;
    Uuid id;
    Errand errand;
    Random random;
    int tries_left = tries_max;
};

using SharedGoing =
    std::shared_ptr<Going>;  // held by the call that is under way, or by the wait for the next

/// Nothing, or the token with which this device may ask for the errand's person.
std::optional<std::string> token_on(const Going& going, Device& device) {
    if (!device.signed_in() || !device.node->client().device()) return std::nullopt;
    if (device.node->client().account() != going.account) return std::nullopt;
    auto token = device.node->held().access_token();
    return token && !token->empty() ? token : std::nullopt;
}

/// The first time at home; then mostly there, and now and then on another device.
Device& device_for(Going& going) {
    const bool first = going.tries_left == tries_max;
    if (first || going.random.below(3) != 0) return going.home;
    return *going.random.pick(going.home.person->devices);
}

void note_answer(const Going& going, Line& line, const SignedIn& who, const server::HttpResponse& response) {
    going.scene.world().note(line.device_name(), "said by http", response.body);
    auto answer = answer_to(going.id, response);
    if (!answer) {
        return going.scene.surprise("the server answered " + going.errand.path +
                                    " with what nobody can read: " + response.body);
    }
    const auto* error = std::get_if<protocol::ErrorReply>(&answer->payload);
    // To whoever is not signed in, as it sees it, it says nothing else.
    if (error != nullptr && class_of(error->code) == ErrorClass::sign_in) return;
    going.scene.server_answered(line, who, *answer);
}

bool asks_again(Going& going, int status, const std::string& body) {
    const auto answer =
        status == 0 ? std::nullopt : answer_to(going.id, {.status = status, .body = body, .headers = {}});
    if (!answer) return true;
    const auto* error = std::get_if<protocol::ErrorReply>(&answer->payload);
    const bool passing = error != nullptr && class_of(error->code) != ErrorClass::permanent;
    return passing || going.random.below(6) == 0;
}

void ask(const SharedGoing& going) {
    if (--going->tries_left < 0) return;
    Device& device = device_for(*going);
    const auto token = token_on(*going, device);
    if (!token) return;
    const Errand& errand = going->errand;
    protocol::Envelope question;
    question.id = going->id;
    question.follows = errand.follows;
    question.payload = errand.means;
    // Held by what is told of the call.
    const auto line = std::make_shared<Line>(device.node->name(), going->scene.world().next_number());
    const SignedIn who{going->account, *device.node->client().device()};
    going->scene.world().note(line->device_name(), "asks by http", going->id.text());
    device.node->ask(
        {.request = {.method = errand.method,
                     .target = errand.path,
                     .authorization = "Bearer " + *token,
                     .idempotency_key = going->id.text(),
                     .follows = errand.follows ? errand.follows->text() : "",
                     .content_type = errand.body.empty() ? "" : "application/json",
                     .body = errand.body,
                     .remote = "192.0.2.1"},
         .arrived = [going, line, who, question] { going->scene.server_called(*line, who, question); },
         .said = [going, line,
                  who](const server::HttpResponse& said) { note_answer(*going, *line, who, said); },
         .answered =
             [going](int status, const std::string& body) {
                 if (!asks_again(*going, status, body)) return;
                 const Duration wait = milliseconds(going->random.between(100, 4'000));
                 going->scene.world().after(wait, [going] { ask(going); });
             }});
}

}  // namespace

Uuid new_errand_id(Scene& scene) {
    std::array<std::uint8_t, 10> chance{};
    scene.world().random().fill(chance);
    return Uuid::version7(scene.world().wall(), chance);
}

void run_errand(Scene& scene, Device& device, const Uuid& id, Errand errand) {
    const AccountId account = *device.node->client().account();
    const bool question =
        errand.method == "GET" || std::holds_alternative<protocol::ProfileFind>(errand.means);
    if (!question) device.person->by_http.add(id, errand.means, account).follows = errand.follows;
    const auto going = std::make_shared<Going>(Going{.scene = scene,
                                                     .home = device,
                                                     .account = account,
                                                     .id = id,
                                                     .errand = std::move(errand),
                                                     .random = scene.world().fork("errand " + id.text())});
    scene.has_errand(going);
    ask(going);
}

std::optional<protocol::Envelope> answer_to(const Uuid& id, const server::HttpResponse& response) {
    if (response.status == 200) {
        auto envelopes = protocol::decode_frame(response.body, protocol::Encoding::json);
        if (!envelopes || envelopes->size() != 1) return std::nullopt;
        auto* envelope = std::get_if<protocol::Envelope>(&envelopes->front());
        if (envelope == nullptr || envelope->re.value_or(id) != id) return std::nullopt;
        envelope->re = id;
        return std::move(*envelope);
    }
    const auto problem = protocol::decode<protocol::Problem>(response.body, protocol::Encoding::json);
    if (!problem || problem->status != response.status) return std::nullopt;
    protocol::Envelope envelope;
    envelope.re = id;
    envelope.payload = protocol::ErrorReply{
        .code = problem->code, .message = problem->detail.value_or(problem->title), .floor = problem->floor};
    return envelope;
}

}  // namespace parley::sim
