#include "core/recorder/recording.hpp"

#include "base/base64.hpp"
#include "core/recorder/version.hpp"
#include "core/schema.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <cstddef>
#include <utility>

namespace parley::core {
namespace {

std::unexpected<Error> refuse(std::size_t line, std::string_view why) {
    return fail(ErrorCode::invalid, "Line " + std::to_string(line) + ": " + std::string(why));
}

Status check_version(const protocol::RecordedLife& life, OtherVersions others) {
    if (life.format != limits::recording_format) {
        return fail(ErrorCode::invalid, "This recording has format " + std::to_string(life.format) +
                                            "; this version plays format " +
                                            std::to_string(limits::recording_format) + ".");
    }
    if (others == OtherVersions::taken) return {};
    const auto database = static_cast<std::int64_t>(migrations().size());
    if (life.version == version() && life.database == database) return {};
    return fail(ErrorCode::invalid, "This was recorded by version " + life.version + " with local database " +
                                        std::to_string(life.database) + "; this is version " +
                                        std::string(version()) + " with local database " +
                                        std::to_string(database) +
                                        ". Play it with the version that recorded it.");
}

/// Puts lines where they belong.
class Assembly {
  public:
    explicit Assembly(OtherVersions others) : others_(others) {}

    Status take(protocol::RecordedLine line);
    /// The present life is one of another version: what stands in it need not be understood.
    bool skipping() const { return skipping_; }
    Result<Recording> finish();

  private:
    Status begin(protocol::RecordedLife life);

    OtherVersions others_;
    Recording recording_;
    bool skipping_ = false;
    /// Why the first that is skipped is.
    std::optional<Error> refusal_;
};

Status Assembly::begin(protocol::RecordedLife life) {
    const Status fits = check_version(life, others_);
    skipping_ = !fits;
    if (fits) {
        recording_.lives.push_back({.life = std::move(life), .steps = {{}}, .lost = {}});
    } else {
        ++recording_.lives_of_others;
        if (!refusal_) refusal_ = fits.error();
    }
    return {};
}

Result<Recording> Assembly::finish() {
    if (!recording_.lives.empty()) return std::move(recording_);
    if (refusal_) return fail(*refusal_);
    return fail(ErrorCode::invalid, "There is no recording in this.");
}

Status Assembly::take(protocol::RecordedLine line) {
    if (line.report) {
        recording_.report = std::move(line.report);
        return {};
    }
    if (line.life) return begin(std::move(*line.life));
    if (skipping_) return {};
    if (recording_.lives.empty())
        return fail(ErrorCode::invalid, "this stands before the beginning of a life.");
    LifeRecording& life = recording_.lives.back();
    if (line.lost) {
        life.lost = std::move(line.lost);
        return {};
    }
    if (line.input) {
        if (!life.steps.back().done)
            return fail(ErrorCode::invalid, "something is put in before the last was done.");
        life.steps.push_back({.input = std::move(line.input)});
        return {};
    }
    RecordedStep& step = life.steps.back();
    if (line.answer) step.answers.push_back(std::move(*line.answer));
    if (line.failure) step.failures.push_back(*line.failure);
    if (line.random) {
        const auto bytes = from_base64(*line.random);
        if (!bytes) return fail(ErrorCode::invalid, "this is no base64.");
        step.random += *bytes;
    }
    if (line.done) step.done = std::move(line.done);
    return {};
}

}  // namespace

Result<Recording> read_recording(std::string_view text, OtherVersions others) {
    Assembly assembly(others);
    std::size_t number = 0;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        ++number;
        auto line = protocol::decode<protocol::RecordedLine>(text.substr(0, end), protocol::Encoding::json);
        text.remove_prefix(end + 1);
        if (!line && assembly.skipping()) continue;
        if (!line) {
            return refuse(number, "this is no line of a recording of format " +
                                      std::to_string(limits::recording_format) + ": " + line.error().context);
        }
        if (auto taken = assembly.take(std::move(*line)); !taken)
            return refuse(number, taken.error().context);
    }
    return assembly.finish();
}

}  // namespace parley::core
