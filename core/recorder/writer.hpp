#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"
#include "core/recorder/noise.hpp"
#include "protocol/generated/cpp/door.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace parley::core {

/// Where a recording goes, line by line. What was appended is there even if the process dies right after.
class RecordSink {
  public:
    virtual ~RecordSink() = default;

    /// A life begins; returns its number.
    virtual std::int64_t begin_life() = 0;
    /// False: there is no room, and nothing was written. The last line of a life always has room.
    virtual bool append(std::string_view line, bool last) = 0;
};

/// With its end.
std::string encoded_line(const protocol::RecordedLine& line);

/// The lines of one life, and what one input has asked for so far.
class RecordWriter {
  public:
    explicit RecordWriter(RecordSink& sink) : sink_(sink) {}

    // Getters.
    /// False: this life is not recorded any further.
    bool recording() const { return recording_; }

    // Commands.
    void begin_life(protocol::RecordedLife life);
    void begin_input() {
        questions_ = operations_ = 0;
        stored_ = {};
    }
    void write(const protocol::RecordedLine& line) {
        if (recording_) write(encoded_line(line));
    }
    /// The same for a line that is encoded already.
    void write(std::string_view line);
    /// From here on nothing is recorded, since it would be wrong.
    void lose(std::string why);

    std::int64_t next_operation() { return operations_++; }
    std::int64_t next_question() { return questions_++; }
    void failed(std::int64_t operation, ErrorCode code);
    Digest& stored() { return stored_; }
    Noise& noise() { return noise_; }

  private:
    RecordSink& sink_;
    Noise noise_;
    Digest stored_;
    std::int64_t operations_ = 0;
    std::int64_t questions_ = 0;
    bool recording_ = false;
};

}  // namespace parley::core
