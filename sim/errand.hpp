#pragma once

#include "sim/promise.hpp"
#include "sim/scene.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley::sim {

/// What comes back where all goes well.
enum class Tells : std::uint8_t {
    message,        ///< One message of the protocol.
    conversations,  ///< A list of states.
    devices,        ///< The own ones.
    profile,        ///< The own one.
    nothing,
};

/// What a program of a person's asks of the server by HTTP, written as other people's programs write it.
struct Errand {
    std::string method;
    std::string path;
    std::string body = {};
    /// What that says, for the promises; nothing where only HTTP can ask it.
    std::optional<protocol::Payload> means = {};
    /// The command that must have been accepted first.
    std::optional<Uuid> follows = {};
    Tells tells = Tells::message;
};

/// The id for a command that a program gives at this moment.
Uuid new_errand_id(Scene& scene);

/// Goes out from this device with its token. Where no answer comes, or one that says to wait, the program
/// asks again under the same id, a few times, from whichever of its person's devices; and sometimes though
/// it has the answer. It ends with the device that runs it.
void run_errand(Scene& scene, Device& device, const Uuid& id, Errand errand);

/// What the server says to an errand.
struct ToldByHttp {
    /// By HTTP a refusal is a problem, and a list of states one answer: here each is what it is elsewhere.
    std::vector<protocol::Envelope> envelopes;
    std::optional<OwnAnswer> own;
    /// There is more behind this.
    std::optional<std::int64_t> after;
};
/// Nothing: nobody can read it.
std::optional<ToldByHttp> told_by(const Uuid& id, Tells tells, const server::HttpResponse& response);

}  // namespace parley::sim
