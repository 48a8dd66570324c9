#include "core/recorder/recorded_ports.hpp"

#include "base/base64.hpp"
#include "core/recorder/columns.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace parley::core {
namespace {

class RecordedStatement final : public Statement {
  public:
    RecordedStatement(RecordedDatabase& home, bool question) : home_(home), question_(question) {}

    void bind(int, std::int64_t) override {}
    void bind(int, std::string_view) override {}
    void bind(int, ByteView) override {}
    void bind_null(int) override {}

    Result<bool> step() override {
        // A run begins with the first step, and anew with the one after its end, as in SQLite.
        if (!running_) {
            answer_ = question_ ? home_.next_question() : nullptr;
            row_ = 0;
        } else {
            ++row_;
        }
        running_ = true;
        blobs_.clear();
        if (auto done = home_.next_operation(); !done) {
            running_ = false;
            return fail(std::move(done).error());
        }
        const bool found = answer_ != nullptr && row_ < answer_->rows.size();
        if (!found) running_ = false;
        return found;
    }

    void reset() override { running_ = false; }

    bool is_null(int column) const override { return value(column) == protocol::RecordedValue{}; }
    std::int64_t integer(int column) const override {
        const protocol::RecordedValue& of = value(column);
        return of.below_zero ? -*of.below_zero : of.integer.value_or(0);
    }
    std::string_view text(int column) const override { return as_text(blob(column)); }
    ByteView blob(int column) const override {
        const protocol::RecordedValue& of = value(column);
        if (of.text) return as_bytes(*of.text);
        if (!of.bytes) return {};
        const auto [known, made] = blobs_.try_emplace(column);
        if (made) known->second = from_base64(*of.bytes).value_or("");
        return as_bytes(known->second);
    }

  private:
    const protocol::RecordedValue& value(int column) const {
        static const protocol::RecordedValue nothing;
        if (answer_ == nullptr || row_ >= answer_->rows.size()) return nothing;
        const auto& values = answer_->rows[row_].values;
        const auto place = static_cast<std::size_t>(column);
        return place < values.size() ? values[place] : nothing;
    }

    RecordedDatabase& home_;
    bool question_;
    bool running_ = false;
    const protocol::RecordedAnswer* answer_ = nullptr;
    std::size_t row_ = 0;
    /// Of the present row, by column.
    mutable std::map<int, std::string> blobs_;
};

}  // namespace

Status RecordedDatabase::next_operation() {
    const std::int64_t operation = operations_++;
    if (step_ == nullptr) return {};
    const auto failed = std::ranges::find(step_->failures, operation, &protocol::RecordedFailure::operation);
    if (failed == step_->failures.end()) return {};
    // As the C door says it, so that both sides of it play alike.
    return fail(failed->code, failed->code == ErrorCode::disk_full ? "the local database is full"
                                                                   : "the local database failed");
}

const protocol::RecordedAnswer* RecordedDatabase::next_question() {
    const std::int64_t question = questions_++;
    if (step_ == nullptr) return nullptr;
    const auto found = std::ranges::find(step_->answers, question, &protocol::RecordedAnswer::number);
    return found == step_->answers.end() ? nullptr : &*found;
}

Status RecordedDatabase::execute(std::string_view) {
    return next_operation();
}

Result<std::unique_ptr<Statement>> RecordedDatabase::prepare(std::string_view sql) {
    TRY(next_operation());
    return std::make_unique<RecordedStatement>(*this, is_question(sql));
}

void RecordedPrimitives::random(std::span<std::uint8_t> bytes) {
    for (auto& byte : bytes) {
        const bool recorded = step_ != nullptr && taken_ < step_->random.size();
        byte = recorded ? static_cast<std::uint8_t>(step_->random[taken_++]) : std::uint8_t{0};
    }
}

}  // namespace parley::core
