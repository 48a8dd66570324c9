#pragma once

#include "core/client.hpp"
#include "core/ports/recorder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace parley::test {

/// Everything that a script gave to its core, in order.
class Tape final : public core::Recorder {
  public:
    struct Opened {};
    struct Command {
        protocol::Payload payload;
        std::optional<Uuid> id;
    };
    struct Input {
        Now at;
        std::variant<Opened, protocol::DoorInput, std::string, Command> what;
    };

    const std::vector<Input>& inputs() const { return inputs_; }

    void opens(const core::ClientOptions&, Now now) override { inputs_.push_back({now, Opened{}}); }
    void takes(const protocol::DoorInput& input, Now now) override { inputs_.push_back({now, input}); }
    void takes_frame(std::string_view frame, Now now) override {
        inputs_.push_back({now, std::string(frame)});
    }
    void takes_command(const protocol::Payload& command, std::optional<Uuid> id, Now now) override {
        inputs_.push_back({now, Command{command, id}});
    }
    void gives(const core::Action&) override {}
    void replies(core::Reply) override {}
    void done() override {}

  private:
    std::vector<Input> inputs_;
};

/// Plays what a script gave to its core again, each time with one fault. What comes from the server (a frame,
/// an answer, a connection) is lost with the connection, or without a word; a commit fails after it took
/// effect; and of a step's calls to the database one fails, another one in each step. So at every step that
/// has such a thing, or at up to 150 of a script that has more; under sanitizers, at one. Each time
///
/// * the core's invariants hold after every input;
/// * a database that failed holds what it held before the input, or all that the input brings, and is opened
///   again;
/// * after the rest of the script, and with a server that answers everything, the core comes to rest: nothing
///   waits and nothing is owed;
/// * what a user interface shows changes only where a notice says so (in a play without faults);
/// * it holds every row that it held when the fault came, but for what a deletion takes with it, and knows
///   every command that it took.
void replay_with_faults(const Tape& tape, const core::ClientOptions& options);

}  // namespace parley::test
