#include "client/cli/commands.hpp"
#include "client/cli/text.hpp"
#include "client/recording_file.hpp"
#include "core/recorder/recording.hpp"
#include "protocol/codec.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace parley::client::cli {

namespace {

constexpr const char* contains =
    "Types and numbers of messages, their sizes, order and times; ids of messages, people, devices and "
    "conversations; what the database of this device answered.";
constexpr const char* leaves_out =
    "Texts, names, handles, titles, passwords and tokens, in whose place stands noise of the same size; "
    "addresses.";

/// The name for a report that was given none.
std::string dated_name(WallTime now) {
    std::string stamp = local_stamp(now);
    std::ranges::replace(stamp, ' ', '-');
    std::erase(stamp, ':');
    return "parley-report-" + stamp + ".jsonl";
}

Outcome<void> write_new(const std::string& file, std::string_view text) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0 && errno == EEXIST)
        return stop(ExitCode::usage, harmless_line(file) + " is there already: give another name.");
    int error = descriptor < 0 ? errno : 0;
    while (error == 0 && !text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) error = errno;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (descriptor >= 0 && ::close(descriptor) != 0 && error == 0) error = errno;
    if (error == 0) return {};
    if (descriptor >= 0) ::unlink(file.c_str());
    return stop(ExitCode::failed, harmless_line(file) + " cannot be written: " + std::strerror(error) + ".");
}

/// What can be told about a recording.
struct Summary {
    std::int64_t lives = 0;
    std::int64_t inputs = 0;
    WallTime from;
    WallTime upto;
};

Summary summary_of(const core::Recording& recording) {
    Summary summary{.lives = std::ssize(recording.lives)};
    if (recording.lives.empty()) return summary;
    summary.from = summary.upto = {recording.lives.front().life.at.wall};
    for (const auto& life : recording.lives) {
        for (const auto& step : life.steps) {
            if (!step.input) continue;
            ++summary.inputs;
            summary.upto = {step.input->at.wall};
        }
    }
    return summary;
}

Outcome<ExitCode> switch_recorder(const AccountPlace& place, bool on, Terminal& terminal) {
    if (const auto done = Home::set_records(place, on); !done) return stop(ExitCode::failed, done.error());
    JsonLine object;
    object.boolean("recording", on);
    terminal.line(object);
    terminal.line(on ? "What happens from the next start of parley on is recorded."
                     : "Nothing is recorded from the next start of parley on; what was, is gone.");
    return ExitCode::done;
}

}  // namespace

Outcome<ExitCode> report(const AccountPlace& place, const ReportCommand& command, Terminal& terminal) {
    if (command.on || command.off) return switch_recorder(place, command.on, terminal);
    const auto recorded = RecordingFile::read(place.recording_file());
    if (!recorded) {
        return stop(ExitCode::not_found, Home::records(place)
                                             ? "Nothing has been recorded of this account yet."
                                             : "The flight recorder is off. Switch it on with parley report "
                                               "--on, do again what went wrong, then save a report.");
    }
    const WallTime now = read_clocks().wall;
    const protocol::RecordedReport about{
        .program = "parley " PARLEY_VERSION, .made_at = now, .contains = contains, .leaves_out = leaves_out};
    const std::string text =
        protocol::encode(protocol::RecordedLine{.report = about}, protocol::Encoding::json) + "\n" +
        *recorded;
    const std::string file = command.file.empty() ? dated_name(now) : command.file;
    TRY(write_new(file, text));

    const auto recording = core::read_recording(text, core::OtherVersions::taken);
    JsonLine object;
    object.text("file", file).integer("bytes", std::ssize(text)).boolean("readable", recording.has_value());
    std::string what = "what was recorded, which this version cannot read";
    if (recording) {
        const Summary summary = summary_of(*recording);
        object.integer("lives", summary.lives).integer("inputs", summary.inputs);
        what = std::to_string(summary.inputs) + " inputs from " + local_stamp(summary.from) + " to " +
               local_stamp(summary.upto);
    }
    terminal.line(object);
    terminal.line("Saved to " + harmless_line(file) + ": " + what + ", " +
                  std::to_string((text.size() + 1023) / 1024) + " KiB.");
    if (!recording) terminal.line("Why it cannot be read: " + harmless_line(recording.error().context));
    terminal.line(std::string("In it: ") + contains);
    terminal.line(std::string("Not in it: ") + leaves_out);
    terminal.line("Nothing was sent. It is lines of JSON: look into it before you pass it on.");
    return ExitCode::done;
}

}  // namespace parley::client::cli
