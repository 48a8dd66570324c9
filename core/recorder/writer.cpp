#include "core/recorder/writer.hpp"

#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <utility>

namespace parley::core {

std::string encoded_line(const protocol::RecordedLine& line) {
    return protocol::encode(line, protocol::Encoding::json) + '\n';
}

void RecordWriter::begin_life(protocol::RecordedLife life) {
    recording_ = true;
    // Another core knows nobody, and the names of all lives together would grow without end.
    noise_ = {};
    life.number = sink_.begin_life();
    begin_input();
    write({.life = std::move(life)});
}

void RecordWriter::write(std::string_view line) {
    if (!recording_) return;
    if (!sink_.append(line, false)) lose("there is no room for more of this life");
}

void RecordWriter::lose(std::string why) {
    if (!std::exchange(recording_, false)) return;
    sink_.append(encoded_line({.lost = std::move(why)}), true);
}

void RecordWriter::failed(std::int64_t operation, ErrorCode code) {
    const bool full = code == ErrorCode::disk_full;
    write(
        {.failure = protocol::RecordedFailure{operation, full ? ErrorCode::disk_full : ErrorCode::internal}});
}

}  // namespace parley::core
