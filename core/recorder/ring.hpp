#pragma once

#include "core/recorder/writer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace parley::core {

/// The newest lives, in two pieces of memory that the host gives: plain memory, or a file that is mapped and
/// keeps what was appended when the process dies. Each half is lines, from its first byte to the first that
/// is zero, and begins with a life. A life that begins when the present half is half full goes to the other
/// half, whose older lives make room; it never runs over the end of a half. So there are always the newest
/// lives of between a quarter and all of the memory, and never more.
class Ring final : public RecordSink {
  public:
    using Halves = std::array<std::span<char>, 2>;

    /// Goes on with what stands in the halves; zeros, or anything that is no recording, is an empty ring.
    explicit Ring(Halves halves);

    // Getters.
    /// Everything, oldest first.
    std::string text() const;
    /// Of what stands in the halves, without taking hold of them: for another process.
    static std::string text_of(std::array<std::string_view, 2> halves);
    /// Bytes in the present half.
    std::size_t used() const { return used_[present_]; }
    /// The present life will soon have no room: a good moment to open the core anew. `opened_at` is what was
    /// used after its opening; where that alone took most of the room, opening it again would help nothing.
    bool life_grows_long(std::size_t opened_at) const;

    // RecordSink.
    std::int64_t begin_life() override;
    bool append(std::string_view line, bool last) override;

  private:
    std::string_view lines_of(std::size_t half) const { return {halves_[half].data(), used_[half]}; }

    Halves halves_;
    std::array<std::size_t, 2> used_{};
    std::size_t present_ = 0;
    std::int64_t last_life_ = 0;
};

/// Keeps everything: for tests and the simulator.
class WholeRecording final : public RecordSink {
  public:
    const std::string& text() const { return text_; }

    std::int64_t begin_life() override { return ++lives_; }
    bool append(std::string_view line, bool) override {
        text_ += line;
        return true;
    }

  private:
    std::string text_;
    std::int64_t lives_ = 0;
};

}  // namespace parley::core
