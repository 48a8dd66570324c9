// replay FILE: plays what a flight recorder wrote through the core of this checkout.

#include "base/base64.hpp"
#include "client/whole_file.hpp"
#include "core/recorder/player.hpp"
#include "core/recorder/recording.hpp"
#include "protocol/codec.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace {

using parley::core::DoorKind;
using parley::core::Played;
using parley::protocol::Encoding;

struct Arguments {
    std::string file;
    std::string outputs;
    bool any_version = false;
    bool quiet = false;
};

/// A frame as the types, ids and numbers of its envelopes.
std::string readable_frame(std::string_view bytes, Encoding encoding) {
    const auto envelopes = parley::protocol::decode_frame(bytes, encoding);
    if (!envelopes) return "not a frame";
    std::string text;
    for (const auto& decoded : *envelopes) {
        const auto* envelope = std::get_if<parley::protocol::Envelope>(&decoded);
        text += (text.empty() ? "" : " | ") +
                (envelope ? parley::protocol::describe(*envelope) : "cannot be read");
    }
    return text;
}

std::string readable(const parley::core::Door::Output& output, Encoding encoding) {
    if (output.kind == DoorKind::frame) return "frame " + readable_frame(output.bytes, encoding);
    return output.bytes;
}

std::string readable(const parley::protocol::RecordedInput& input, Encoding encoding) {
    if (input.command) return "command " + *input.command;
    if (input.message) return parley::protocol::encode(*input.message, Encoding::json);
    return "frame " + readable_frame(parley::from_base64(input.frame.value_or("")).value_or(""), encoding);
}

/// One line of JSON for a step: what came out of the door, byte for byte.
void write_outputs(std::ofstream& out, const Played& played) {
    std::string line = "[";
    for (const auto& output : played.outputs) {
        line += fmt::format("{}{{\"kind\":{},\"bytes\":\"{}\"}}", line.size() > 1 ? "," : "",
                            static_cast<int>(output.kind), parley::to_base64(parley::as_bytes(output.bytes)));
    }
    out << line << "]\n";
}

struct Sums {
    std::int64_t steps = 0;
    std::int64_t equal = 0;
    std::int64_t different = 0;
    std::int64_t outputs = 0;
};

void play(const parley::core::LifeRecording& life, const Arguments& arguments, std::ofstream& out,
          Sums& sums) {
    const Encoding encoding = life.life.options.json_frames ? Encoding::json : Encoding::cbor;
    if (!arguments.quiet) fmt::print("life {}\n", life.life.number);
    for (parley::core::Player player(life); !player.ended();) {
        const auto& step = player.next_step();
        if (!arguments.quiet && step.input)
            fmt::print("{:>12} <- {}\n", step.input->at.instant, readable(*step.input, encoding));
        const Played played = player.play();
        if (!arguments.outputs.empty()) write_outputs(out, played);
        ++sums.steps;
        sums.outputs += static_cast<std::int64_t>(played.outputs.size());
        for (const auto& output : played.outputs)
            if (!arguments.quiet) fmt::print("{:>12} -> {}\n", "", readable(output, encoding));
        if (played.difference) {
            ++sums.different;
            fmt::print("life {}, step {}: {}\n", life.life.number, sums.steps, *played.difference);
        } else if (played.compared) {
            ++sums.equal;
        } else if (!arguments.quiet) {
            fmt::print("the recording ends within this step\n");
        }
        const auto wrong = player.client() ? player.client()->check() : std::nullopt;
        if (wrong) fmt::print("life {}, step {}: out of order: {}\n", life.life.number, sums.steps, *wrong);
    }
    if (life.lost) fmt::print("life {} was not recorded to its end: {}\n", life.life.number, *life.lost);
}

int run(const Arguments& arguments) {
    const auto text = parley::client::whole_file(arguments.file);
    if (!text) {
        fmt::print(stderr, "{} cannot be read.\n", arguments.file);
        return 2;
    }
    const auto recording =
        parley::core::read_recording(*text, arguments.any_version ? parley::core::OtherVersions::taken
                                                                  : parley::core::OtherVersions::refused);
    if (!recording) {
        fmt::print(stderr, "{}: {}\n", arguments.file, recording.error().context);
        return 2;
    }
    std::ofstream out;
    if (!arguments.outputs.empty()) out.open(arguments.outputs, std::ios::binary | std::ios::trunc);
    Sums sums;
    for (const auto& life : recording->lives)
        play(life, arguments, out, sums);
    if (recording->lives_of_others > 0)
        fmt::print("{} lives of other versions were left out\n", recording->lives_of_others);
    fmt::print("{} lives, {} steps, {} outputs: {} steps equal, {} different\n", recording->lives.size(),
               sums.steps, sums.outputs, sums.equal, sums.different);
    if (out.is_open() && !out.flush()) {
        fmt::print(stderr, "{} cannot be written.\n", arguments.outputs);
        return 2;
    }
    return sums.different > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app(
        "Plays what a flight recorder wrote (parley report, sim --record) through this core. Prints "
        "what goes in and what comes out; ends with 1 where that is not what was recorded.");
    app.add_option("file", arguments.file, "The recording")->required();
    app.add_option("--outputs", arguments.outputs,
                   "Write all that comes out to this file, a line of JSON for each step");
    app.add_flag("--any-version", arguments.any_version, "Try also what another version recorded");
    app.add_flag("--quiet", arguments.quiet, "Print only differences and sums");
    CLI11_PARSE(app, argc, argv);
    return run(arguments);
}
