// What a flight recorder makes of frames that anybody may send, and what a reader makes of files: recordings,
// and texts of a local database that may be damaged.

#include "client/sqlite_database.hpp"
#include "core/ranges.hpp"
#include "core/recorder/flight_recorder.hpp"
#include "core/recorder/noise.hpp"
#include "core/recorder/player.hpp"
#include "core/recorder/recording.hpp"
#include "core/recorder/ring.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/fuzz/decoder.hpp"
#include "tests/unit/protocol/golden_files.hpp"

namespace parley::fuzz {

namespace {

using parley::test::all_golden;
using parley::test::Golden;
using protocol::Encoding;

/// The noise of a frame is to a core what the frame is: the same envelopes, but for their texts.
void check_noise(std::string_view bytes, Encoding encoding) {
    const auto original = protocol::decode_frame(bytes, encoding);
    const std::string hidden = core::Noise().frame(bytes, encoding);
    // What was written in a roundabout way may take more room when it is written again.
    if (hidden.size() > static_cast<std::size_t>(limits::frame_bytes_max)) return;
    const auto noise = protocol::decode_frame(hidden, encoding);
    must(original.has_value() == noise.has_value(), "noise is a frame where the original is one");
    if (!original) return;
    must(original->size() == noise->size(), "noise has as many envelopes");
    for (std::size_t i = 0; i < original->size(); ++i) {
        must((*original)[i].index() == (*noise)[i].index(), "what is refused is refused");
        if (const auto* envelope = std::get_if<protocol::Envelope>(&(*original)[i])) {
            const auto& hidden_one = std::get<protocol::Envelope>((*noise)[i]);
            must(protocol::outline(*envelope) == protocol::outline(hidden_one), "only texts differ");
        } else {
            const auto& rejected = std::get<protocol::Rejected>((*original)[i]);
            const auto& hidden_one = std::get<protocol::Rejected>((*noise)[i]);
            must(rejected.id == hidden_one.id && rejected.re == hidden_one.re, "ids are the same");
        }
    }
}

std::vector<std::string> golden_seeds(std::string Golden::* encoded) {
    std::vector<std::string> seeds;
    for (const Golden& golden : all_golden())
        if (golden.is_envelope()) seeds.push_back(golden.*encoded);
    return seeds;
}

void check_recording(std::string_view bytes) {
    const auto recording = core::read_recording(bytes, core::OtherVersions::taken);
    if (!recording) return must(!recording.error().context.empty(), "a refusal says why");
    must(!recording->lives.empty(), "a recording has lives");
    for (const auto& life : recording->lives)
        must(!life.steps.empty(), "a life has an opening");
}

/// A report that somebody sends may hold anything: a core that plays it must not fall.
void check_playing(std::string_view bytes) {
    const auto recording = core::read_recording(bytes, core::OtherVersions::taken);
    if (!recording) return;
    for (const auto& life : recording->lives) {
        core::Player player(life);
        while (!player.ended()) {
            const auto played = player.play();
            must(played.compared || played.difference || player.ended() || !player.client(),
                 "every whole step is compared");
        }
    }
}

/// Chance that is always the same.
class NoChance final : public core::Primitives {
  public:
    void random(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, std::uint8_t{7}); }
};

/// Somebody opens the app, connects, and does what golden examples say.
std::vector<std::string> played_seeds() {
    core::WholeRecording recording;
    NoChance chance;
    auto database = client::SqliteDatabase::open(":memory:", client::Durability::never);
    must(database.has_value(), "there is memory for a database");
    core::FlightRecorder recorder(recording, **database, chance);
    std::vector<Golden> golden = all_golden();
    const auto json_of = [&](std::string_view name) {
        const auto found = std::ranges::find(golden, name, &Golden::name);
        must(found != golden.end(), "there is such an example");
        return found->json;
    };
    Now now{.instant = {1'000'000}, .wall = {1'700'000'000'000}};
    auto door = core::Door::open(json_of("DoorOptions"), Encoding::json, recorder.database(),
                                 recorder.primitives(), now, &recorder);
    must(door.has_value(), "the example opens a core");
    std::vector<std::string> seeds{recording.text()};
    for (const Golden& one : golden) {
        now.instant = now.instant + seconds(1);
        if (one.of() == "DoorInput") (void)(*door)->push(core::DoorKind::message, one.json, now);
        if (one.is_envelope()) (void)(*door)->push(core::DoorKind::frame, one.cbor, now);
        if (one.is_envelope()) (void)(*door)->push(core::DoorKind::commands, one.json, now);
        while ((*door)->poll()) {
        }
    }
    seeds.push_back(recording.text());
    return seeds;
}

void check_ranges(std::string_view bytes) {
    auto ranges = core::RangeSet::parse(bytes);
    if (!ranges) return;
    must(ranges->well_formed(), "what was taken is in order");
    must(core::RangeSet::parse(ranges->text()) == *ranges, "ranges read as they are");
    // What a client does with them.
    constexpr std::int64_t head = 1'000;
    for (const auto& gap : ranges->gaps(1, head))
        must(!ranges->at(gap.low) && !ranges->at(gap.high), "a gap is not held");
    must(ranges->covers(1, head) == ranges->gaps(1, head).empty(), "what is covered has no gaps");
    for (const auto& part : ranges->stale(1, head))
        must(ranges->covers(part.low, part.high), "what is stale is held");
    ranges->freeze(head);
    must(ranges->well_formed(), "a jump keeps the order");
}

/// A life that grows line by line, made of the examples; the second time of those that have every field.
std::vector<std::string> recording_seeds() {
    const std::vector<Golden> golden = all_golden();
    std::vector<std::string> seeds;
    for (const std::string form : {"", ".full"}) {
        std::string all;
        for (const std::string part : {"Life", "Done", "Input", "Answer", "Failure", "Done"}) {
            auto found = std::ranges::find(golden, "Recorded" + part + form, &Golden::name);
            if (found == golden.end()) found = std::ranges::find(golden, "Recorded" + part, &Golden::name);
            must(found != golden.end(), "there is such an example");
            std::string field = part;
            field[0] = static_cast<char>(field[0] + 32);
            all += "{\"" + field + "\":" + found->json + "}\n";
            must(core::read_recording(all, core::OtherVersions::taken).has_value(),
                 "examples make a recording");
            seeds.push_back(all);
        }
    }
    return seeds;
}

}  // namespace

std::vector<Decoder> recorder_decoders() {
    return {
        {"json_noise", [](std::string_view bytes) { check_noise(bytes, Encoding::json); },
         [] {
             return golden_seeds(&Golden::json);
         }},
        {"cbor_noise", [](std::string_view bytes) { check_noise(bytes, Encoding::cbor); },
         [] {
             return golden_seeds(&Golden::cbor);
         }},
        {"recording", check_recording, recording_seeds},
        {"playing", check_playing, played_seeds},
        {"ranges", check_ranges,
         [] {
             return std::vector<std::string>{"", "1-480@500 900-1200", "3-3", "1-9@4 10-12@9 13-20"};
         }},
    };
}

}  // namespace parley::fuzz
