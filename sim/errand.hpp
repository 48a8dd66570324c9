#pragma once

#include "sim/scene.hpp"

#include <optional>
#include <string>

namespace parley::sim {

/// What a program of a person's asks of the server by HTTP, written as other people's programs write it.
struct Errand {
    std::string method;
    std::string path;
    std::string body = {};
    /// What that says, for the promises.
    protocol::Payload means;
    /// The command that must have been accepted first.
    std::optional<Uuid> follows = {};
};

/// The id for a command that a program gives at this moment.
Uuid new_errand_id(Scene& scene);

/// Goes out from this device with its token. Where no answer comes, or one that says to wait, the program
/// asks again under the same id, a few times, from whichever of its person's devices; and sometimes though
/// it has the answer. It ends with the device that runs it.
void run_errand(Scene& scene, Device& device, const Uuid& id, Errand errand);

/// What the server says to it, as an envelope: by HTTP a refusal is a problem. Nothing: nobody can read it.
std::optional<protocol::Envelope> answer_to(const Uuid& id, const server::HttpResponse& response);

}  // namespace parley::sim
