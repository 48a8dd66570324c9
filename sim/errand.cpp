#include "sim/errand.hpp"

#include "protocol/codec.hpp"
#include "sim/questions.hpp"

#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

constexpr int errand_tries_max = 4;

/// An errand under way.
struct Going {
    Scene& scene;
    Device& home;
    AccountId account;
    Uuid id;
    Errand errand;
    Random random;
    int tries_left = errand_tries_max;
    /// When it reached the server last.
    Instant asked_at = {};
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
    const bool first = going.tries_left == errand_tries_max;
    if (first || going.random.below(3) != 0) return going.home;
    return *going.random.pick(going.home.person->devices);
}

const protocol::ErrorReply* refusal_in(const ToldByHttp& told) {
    return told.envelopes.empty() ? nullptr
                                  : std::get_if<protocol::ErrorReply>(&told.envelopes.front().payload);
}

void note_answer(const Going& going, Line& line, const SignedIn& who, const server::HttpResponse& response) {
    going.scene.world().note(line.device_name(), "said by http", response.body);
    const auto told = told_by(going.id, going.errand.tells, response);
    if (!told) {
        return going.scene.surprise("the server answered " + going.errand.path +
                                    " with what nobody can read: " + response.body);
    }
    const auto* error = refusal_in(*told);
    // To whoever is not signed in, as it sees it, it says nothing else.
    if (error != nullptr && class_of(error->code) == ErrorClass::sign_in) return;
    for (const auto& envelope : told->envelopes)
        going.scene.server_answered(line, who, envelope);
    if (told->own) going.scene.told_of_oneself(line, who, going.asked_at, *told->own);
}

/// A long list comes in parts.
void fetch_more(const Going& going, std::int64_t after) {
    Errand next = going.errand;
    next.path = next.path.substr(0, next.path.find('?')) + "?after=" + std::to_string(after);
    run_errand(going.scene, going.home, new_errand_id(going.scene), std::move(next));
}

bool asks_again(Going& going, int status, const std::string& body) {
    const auto told =
        status == 0 ? std::nullopt
                    : told_by(going.id, going.errand.tells, {.status = status, .body = body, .headers = {}});
    if (!told) return true;
    if (told->after && going.home.signed_in()) fetch_more(going, *told->after);
    const auto* error = refusal_in(*told);
    const bool passing = error != nullptr && class_of(error->code) != ErrorClass::permanent;
    return passing || going.random.below(6) == 0;
}

void ask(const SharedGoing& going) {
    if (--going->tries_left < 0) return;
    Device& device = device_for(*going);
    const auto token = token_on(*going, device);
    if (!token) return;
    const Errand& errand = going->errand;
    std::optional<protocol::Envelope> question;
    if (errand.means) {
        question.emplace().id = going->id;
        question->follows = errand.follows;
        question->payload = *errand.means;
    }
    // Held by what is told of the call.
    const auto line = std::make_shared<Line>(device.node->name(), going->scene.world().next_number());
    const SignedIn who{going->account, *device.node->client().device()};
    going->scene.world().note(line->device_name(), "asks by http",
                              going->id.text() + " " + errand.method + " " + errand.path + " " + errand.body);
    device.node->ask(
        {.request = {.method = errand.method,
                     .target = errand.path,
                     .authorization = "Bearer " + *token,
                     .idempotency_key = going->id.text(),
                     .follows = errand.follows ? errand.follows->text() : "",
                     .content_type = errand.body.empty() ? "" : "application/json",
                     .body = errand.body,
                     .remote = "192.0.2.1"},
         .arrived =
             [going, line, who, question] {
                 going->asked_at = going->scene.world().instant();
                 going->scene.server_called(*line, who, question);
             },
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
    const bool is_command = errand.method != "GET" && !only_asks(*errand.means) &&
                            !std::holds_alternative<protocol::Ack>(*errand.means);
    if (is_command) device.person->by_http.add(id, *errand.means, account).follows = errand.follows;
    const auto going = std::make_shared<Going>(Going{.scene = scene,
                                                     .home = device,
                                                     .account = account,
                                                     .id = id,
                                                     .errand = std::move(errand),
                                                     .random = scene.world().fork("errand " + id.text())});
    scene.has_errand(going);
    ask(going);
}

std::optional<ToldByHttp> told_by(const Uuid& id, Tells tells, const server::HttpResponse& response) {
    ToldByHttp told;
    if (response.status == 204 && tells == Tells::nothing) return told;
    if (response.status != 200) {
        const auto problem = protocol::decode<protocol::Problem>(response.body, protocol::Encoding::json);
        if (!problem || problem->status != response.status) return std::nullopt;
        auto& envelope = told.envelopes.emplace_back();
        envelope.re = id;
        envelope.payload = protocol::ErrorReply{.code = problem->code,
                                                .message = problem->detail.value_or(problem->title),
                                                .floor = problem->floor};
        return told;
    }
    switch (tells) {
        case Tells::message: {
            auto envelopes = protocol::decode_frame(response.body, protocol::Encoding::json);
            if (!envelopes || envelopes->size() != 1) return std::nullopt;
            auto* envelope = std::get_if<protocol::Envelope>(&envelopes->front());
            if (envelope == nullptr || envelope->re.value_or(id) != id) return std::nullopt;
            envelope->re = id;
            told.envelopes.push_back(std::move(*envelope));
            return told;
        }
        case Tells::conversations: {
            auto list = protocol::decode<protocol::ConversationList>(response.body, protocol::Encoding::json);
            if (!list) return std::nullopt;
            told.after = list->after;
            for (auto& entry : list->conversations) {
                auto& envelope = told.envelopes.emplace_back();
                envelope.stream = entry.stream;
                envelope.payload = std::move(entry.payload);
            }
            return told;
        }
        case Tells::devices: {
            auto devices = protocol::decode<protocol::DeviceList>(response.body, protocol::Encoding::json);
            if (!devices) return std::nullopt;
            told.own = std::move(*devices);
            return told;
        }
        case Tells::profile: {
            auto profile =
                protocol::decode<protocol::ProfileChanged>(response.body, protocol::Encoding::json);
            if (!profile) return std::nullopt;
            told.own = std::move(*profile);
            return told;
        }
        case Tells::nothing:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace parley::sim
