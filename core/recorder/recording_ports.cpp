#include "core/recorder/recording_ports.hpp"

#include "base/base64.hpp"
#include "core/recorder/columns.hpp"
#include "protocol/field.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace parley::core {
namespace {

using protocol::RecordedValue;

class RecordingStatement final : public Statement {
  public:
    RecordingStatement(std::unique_ptr<Statement> of, std::string_view sql, RecordWriter& writer)
        : of_(std::move(of)), writer_(writer), columns_(columns_of(sql)), question_(is_question(sql)) {
        sql_.add(sql);
    }
    ~RecordingStatement() override { end_run(); }
    RecordingStatement(const RecordingStatement&) = delete;
    RecordingStatement& operator=(const RecordingStatement&) = delete;

    // What is bound is digested by what it is and, of texts and blobs, by their size: noise has the same.
    void bind(int parameter, std::int64_t value) override {
        writer_.stored().add(value);
        of_->bind(parameter, value);
    }
    void bind(int parameter, std::string_view text) override {
        writer_.stored().add(static_cast<std::int64_t>(text.size()));
        of_->bind(parameter, text);
    }
    void bind(int parameter, ByteView blob) override {
        writer_.stored().add(static_cast<std::int64_t>(blob.size()));
        of_->bind(parameter, blob);
    }
    void bind_null(int parameter) override {
        writer_.stored().add(-1);
        of_->bind_null(parameter);
    }

    Result<bool> step() override {
        const std::int64_t operation = writer_.next_operation();
        if (!running_ && question_ && writer_.recording()) answer_.emplace().number = writer_.next_question();
        running_ = true;
        row_open_ = false;
        auto stepped = of_->step();
        writer_.stored().add(static_cast<std::int64_t>(sql_.value()));
        writer_.stored().add(!stepped ? -1 : *stepped ? 1 : 0);
        if (!stepped) writer_.failed(operation, stepped.error().code);
        if (!stepped || !*stepped) end_run();
        if (stepped && *stepped && answer_) {
            answer_->rows.emplace_back();
            row_open_ = true;
        }
        return stepped;
    }

    void reset() override {
        end_run();
        of_->reset();
    }

    bool is_null(int column) const override { return of_->is_null(column); }

    std::int64_t integer(int column) const override {
        const std::int64_t value = of_->integer(column);
        if (RecordedValue* seen = first_look(column)) note(*seen, value);
        return value;
    }

    std::string_view text(int column) const override {
        const std::string_view value = of_->text(column);
        if (RecordedValue* seen = first_look(column)) {
            seen->text = value;
            if (column_at(column) != Column::shown)
                writer_.noise().hide(*seen->text, protocol::TextKind::other);
        }
        return value;
    }

    ByteView blob(int column) const override {
        const ByteView value = of_->blob(column);
        if (RecordedValue* seen = first_look(column))
            seen->bytes = to_base64(as_bytes(hidden_blob(writer_.noise(), column_at(column), value)));
        return value;
    }

  private:
    Column column_at(int column) const {
        const auto place = static_cast<std::size_t>(column);
        return place < columns_.size() ? columns_[place] : Column::hidden;
    }

    /// Where to write down a column of the present row, where that was not done before.
    RecordedValue* first_look(int column) const {
        if (!row_open_ || of_->is_null(column)) return nullptr;
        auto& values = answer_->rows.back().values;
        const auto place = static_cast<std::size_t>(column);
        if (values.size() <= place) values.resize(place + 1);
        RecordedValue& value = values[place];
        return value == RecordedValue{} ? &value : nullptr;
    }

    void note(RecordedValue& seen, std::int64_t value) const {
        if (value > protocol::int_max || value < -protocol::int_max)
            writer_.lose("a number in the database is too large to be written down");
        else if (value < 0)
            seen.below_zero = -value;
        else
            seen.integer = value;
    }

    void end_run() {
        running_ = row_open_ = false;
        if (answer_) writer_.write({.answer = *std::exchange(answer_, std::nullopt)});
    }

    std::unique_ptr<Statement> of_;
    RecordWriter& writer_;
    std::vector<Column> columns_;
    Digest sql_;
    bool question_;
    bool running_ = false;
    bool row_open_ = false;
    /// Of the run that has begun.
    mutable std::optional<protocol::RecordedAnswer> answer_;
};

}  // namespace

Status RecordingDatabase::execute(std::string_view sql) {
    const std::int64_t operation = writer_.next_operation();
    auto done = of_.execute(sql);
    writer_.stored().add(sql);
    writer_.stored().add(done ? 1 : -1);
    if (!done) writer_.failed(operation, done.error().code);
    return done;
}

Result<std::unique_ptr<Statement>> RecordingDatabase::prepare(std::string_view sql) {
    const std::int64_t operation = writer_.next_operation();
    auto prepared = of_.prepare(sql);
    if (!prepared) {
        writer_.failed(operation, prepared.error().code);
        return prepared;
    }
    return std::make_unique<RecordingStatement>(std::move(*prepared), sql, writer_);
}

void RecordingPrimitives::random(std::span<std::uint8_t> bytes) {
    of_.random(bytes);
    writer_.write({.random = to_base64(bytes)});
}

}  // namespace parley::core
