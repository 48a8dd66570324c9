#include "core/recorder/flight_recorder.hpp"

#include "base/base64.hpp"
#include "core/client.hpp"
#include "core/door/views.hpp"
#include "core/recorder/version.hpp"
#include "core/schema.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <type_traits>
#include <utility>
#include <variant>

namespace parley::core {
namespace {

using protocol::Encoding;

protocol::RecordedTime time_of(Now now) {
    const std::int64_t wall = now.wall.ms;
    return {.instant = now.instant.ms, .wall = wall < 0 ? 0 : wall, .before_1970 = wall < 0 ? -wall : 0};
}

protocol::DoorOptions options_of(const ClientOptions& options) {
    return {.client_name = options.client_name,
            .json_frames = options.encoding == Encoding::json,
            .jump_changes = options.jump_changes,
            .eager_messages = options.eager_messages};
}

std::string encoded(const protocol::Envelope& command) {
    std::string bytes;
    protocol::append_envelope(bytes, command, Encoding::json);
    return bytes;
}

bool can_be_read(const std::string& command) {
    const auto decoded = protocol::decode_frame(command, Encoding::json);
    return decoded && std::holds_alternative<protocol::Envelope>(decoded->front());
}

/// A command that a decoder takes and a core refuses.
protocol::Payload refused_command() {
    return protocol::ProfileSet{.handle = "!", .name = {}, .avatar = {}};
}

/// What a decoder says of a command may also be said by the core, with another reason: the two count as one.
std::int64_t digest_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::malformed:
        case ErrorCode::invalid:
        case ErrorCode::too_large:
        case ErrorCode::unknown_type:
            return -1;
        default:
            return static_cast<std::int64_t>(code);
    }
}

template <class View>
void add_view(Digest& digest, const View& view) {
    digest.add(protocol::outline(door_view(view)));
}

template <class View>
void add_view(Digest& digest, const std::vector<View>& views) {
    digest.add(static_cast<std::int64_t>(views.size()));
    for (const View& view : views)
        add_view(digest, view);
}

template <class View>
void add_view(Digest& digest, const std::optional<View>& view) {
    digest.add(view.has_value() ? 1 : 0);
    if (view) add_view(digest, *view);
}

void add_view(Digest& digest, std::int64_t number) {
    digest.add(number);
}

void add_view(Digest& digest, const Uuid& id) {
    digest.add(as_text(id.bytes));
}

}  // namespace

void FlightRecorder::opens(const ClientOptions& options, Now now) {
    encoding_ = options.encoding;
    said_ = {};
    actions_ = 0;
    opening_ = true;
    opening_failed_ = false;
    writer_.begin_life({.format = limits::recording_format,
                        .version = std::string(version()),
                        .database = static_cast<std::int64_t>(migrations().size()),
                        .options = options_of(options),
                        .at = time_of(now)});
}

/// True: it is to be written down.
bool FlightRecorder::begin() {
    said_ = {};
    actions_ = 0;
    writer_.begin_input();
    return writer_.recording();
}

void FlightRecorder::takes(const protocol::DoorInput& input, Now now) {
    if (!begin()) return;
    protocol::DoorInput hidden = input;
    writer_.noise().hide(hidden);
    const bool wish = hidden.request.has_value();
    std::string line =
        encoded_line({.input = protocol::RecordedInput{.at = time_of(now), .message = std::move(hidden)}});
    // A wish that no door would take is not to be asked again through one.
    if (wish && !protocol::decode<protocol::RecordedLine>(line, Encoding::json))
        return writer_.lose("something was asked for that a door does not let through");
    writer_.write(std::move(line));
}

void FlightRecorder::takes_frame(std::string_view frame, Now now) {
    if (!begin()) return;
    const std::string hidden = writer_.noise().frame(frame, encoding_);
    writer_.write(
        {.input = protocol::RecordedInput{.at = time_of(now), .frame = to_base64(as_bytes(hidden))}});
}

void FlightRecorder::takes_command(const protocol::Payload& command, std::optional<Uuid> id, Now now) {
    if (!begin()) return;
    protocol::Envelope envelope{.id = id, .payload = command};
    writer_.noise().hide(envelope.payload);
    std::string line = encoded(envelope);
    if (!can_be_read(line)) {
        envelope.payload = refused_command();
        line = encoded(envelope);
        if (!can_be_read(line)) return writer_.lose("a command was given that a door does not let through");
    }
    writer_.write({.input = protocol::RecordedInput{.at = time_of(now), .command = std::move(line)}});
}

void FlightRecorder::gives(const Action& action) {
    ++actions_;
    if (!writer_.recording()) return;
    said_.add(static_cast<std::int64_t>(action.index()));
    std::visit(
        [this](const auto& what) {
            using What = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<What, SendFrame>) {
                digest_frame(what.bytes);
            } else if constexpr (std::is_same_v<What, CloseSocket>) {
                said_.add(std::int64_t{what.code});
            } else if constexpr (std::is_same_v<What, CallHttp>) {
                said_.add(static_cast<std::int64_t>(what.call));
                said_.add(what.method);
                said_.add(what.path);
                said_.add(static_cast<std::int64_t>(what.body.size()));
                said_.add(static_cast<std::int64_t>(what.bearer.size()));
            } else if constexpr (std::is_same_v<What, ArmTimer>) {
                said_.add(what.at ? what.at->ms : -1);
            } else if constexpr (std::is_same_v<What, Notice>) {
                said_.add(protocol::outline(door_notice(what)));
            }
        },
        action);
}

void FlightRecorder::digest_frame(std::string_view frame) {
    said_.add(static_cast<std::int64_t>(frame.size()));
    const auto decoded = protocol::decode_frame(frame, encoding_);
    if (!decoded) return;
    for (const auto& one : *decoded) {
        if (const auto* envelope = std::get_if<protocol::Envelope>(&one))
            said_.add(protocol::outline(*envelope));
    }
}

void FlightRecorder::replies(Reply reply) {
    if (!writer_.recording()) return;
    if (const auto* opened = std::get_if<const Status*>(&reply); opened && opening_)
        opening_failed_ = !**opened;
    std::visit(
        [this](const auto* answer) {
            if (!*answer) {
                said_.add(digest_of(answer->error().code));
            } else if constexpr (!std::is_same_v<decltype(answer), const Status*>) {
                add_view(said_, **answer);
            }
        },
        reply);
}

void FlightRecorder::done() {
    done_ = {.actions = actions_, .said = said_.digits(), .stored = writer_.stored().digits()};
    writer_.write({.done = done_});
    opening_ = false;
    // What comes now is another core's.
    if (std::exchange(opening_failed_, false)) writer_.lose("the core could not be opened");
}

}  // namespace parley::core
