#include "core/recorder/writer.hpp"

#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <utility>

namespace parley::core {

void RecordWriter::begin_life(protocol::RecordedLife life) {
    recording_ = true;
    life.number = sink_.begin_life();
    begin_input();
    write({.life = std::move(life)});
}

void RecordWriter::write(const protocol::RecordedLine& line) {
    if (!recording_) return;
    if (!sink_.append(protocol::encode(line, protocol::Encoding::json) + '\n', false))
        lose("there is no room for more of this life");
}

void RecordWriter::lose(std::string why) {
    if (!std::exchange(recording_, false)) return;
    const protocol::RecordedLine line{.lost = std::move(why)};
    sink_.append(protocol::encode(line, protocol::Encoding::json) + '\n', true);
}

void RecordWriter::failed(std::int64_t operation, ErrorCode code) {
    const bool full = code == ErrorCode::disk_full;
    write(
        {.failure = protocol::RecordedFailure{operation, full ? ErrorCode::disk_full : ErrorCode::internal}});
}

}  // namespace parley::core
