// 30. Rate limits never block acknowledgements, reading or signing out.
//
// What a person gives by a command is in the book of one of his devices or programs; everything else that is
// asked on a connection reads.

#include "sim/promises/all.hpp"
#include "sim/promises/moment.hpp"
#include "sim/questions.hpp"
#include "sim/streams_of.hpp"

#include <set>
#include <string>
#include <string_view>
#include <variant>

namespace parley::sim {

namespace {

class LimitsSpare final : public Kept<LimitsSpare> {
  public:
    int number() const override { return 30; }

    void server_heard(Scene&, Line&, const protocol::Envelope& envelope) override {
        if (envelope.id && std::holds_alternative<protocol::DraftSet>(envelope.payload))
            drafts_.insert(*envelope.id);
        if (envelope.id && std::holds_alternative<protocol::LinkLook>(envelope.payload))
            links_.insert(*envelope.id);
    }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        const auto* error = std::get_if<protocol::ErrorReply>(&envelope.payload);
        if (error == nullptr || error->code != ErrorCode::rate_limited) return;
        // A device writes a draft again that a restore took away: nobody gave that.
        if (envelope.re && drafts_.contains(*envelope.re)) return;
        // Whoever guesses at codes is slowed down.
        if (envelope.re && links_.contains(*envelope.re)) return;
        const Given* given = envelope.re ? given_by(scene, who.account, *envelope.re) : nullptr;
        const bool reads = given == nullptr || std::holds_alternative<protocol::Read>(given->command) ||
                           only_asks(given->command);
        const bool signs_out =
            given != nullptr && std::holds_alternative<protocol::DeviceRevoke>(given->command);
        if (!reads && !signs_out) return;
        scene.violated({30,
                        line.device_name() + " was refused to " + (reads ? "read" : "sign a device out") +
                            " since it asks too often",
                        given == nullptr ? streams_of(envelope) : streams_of(given->command),
                        {line.device_name()}});
    }

    void http_said(Scene& scene, const server::HttpRequest& request,
                   const server::HttpResponse& response) override {
        constexpr int too_many = 429;
        if (response.status != too_many) return;
        const std::string_view path = request.target;
        const bool signs_out = request.method == "DELETE" &&
                               (path.starts_with("/v1/sessions") || path.starts_with("/v1/devices"));
        const bool reads = request.method == "GET" || path == "/v1/profiles" || path.ends_with("/read");
        if (!signs_out && !reads && path != "/v1/ack") return;
        scene.violated(
            {30, request.method + " " + request.target + " was refused since it comes too often", {}, {}});
    }

  private:
    /// Commands that set one.
    std::set<Uuid> drafts_;
    std::set<Uuid> links_;
};

}  // namespace

std::unique_ptr<Promise> limits_spare() {
    return std::make_unique<LimitsSpare>();
}

}  // namespace parley::sim
