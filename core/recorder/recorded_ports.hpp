#pragma once

#include "core/ports/database.hpp"
#include "core/ports/primitives.hpp"
#include "core/recorder/recording.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace parley::core {

/// A database that answers what it answered when a step was recorded, and fails where it failed. What is
/// written goes nowhere.
class RecordedDatabase final : public Database {
  public:
    /// From now on the answers are those of this step, which outlives their use.
    void answer_as(const RecordedStep& step) {
        step_ = &step;
        questions_ = operations_ = 0;
    }

    Status execute(std::string_view sql) override;
    Result<std::unique_ptr<Statement>> prepare(std::string_view sql) override;

    /// For statements: fails where the recorded call failed.
    Status next_operation();
    /// The recorded answer to the next question; null where there is none.
    const protocol::RecordedAnswer* next_question();

  private:
    const RecordedStep* step_ = nullptr;
    std::int64_t questions_ = 0;
    std::int64_t operations_ = 0;
};

/// The chance of a step, and zeros beyond it.
class RecordedPrimitives final : public Primitives {
  public:
    void answer_as(const RecordedStep& step) {
        step_ = &step;
        taken_ = 0;
    }
    void random(std::span<std::uint8_t> bytes) override;

  private:
    const RecordedStep* step_ = nullptr;
    std::size_t taken_ = 0;
};

}  // namespace parley::core
