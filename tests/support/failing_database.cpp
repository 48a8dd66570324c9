#include "tests/support/failing_database.hpp"

#include "client/sqlite_database.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <cstdlib>
#include <utility>

namespace parley::test {
namespace {

std::unexpected<Error> injected() {
    return fail(ErrorCode::internal, "the database fails, as it was told to");
}

}  // namespace

class FailingStatement : public core::Statement {
  public:
    FailingStatement(FailingDatabase& home, std::unique_ptr<core::Statement> statement)
        : home_(home), statement_(std::move(statement)) {}

    void bind(int parameter, std::int64_t value) override { statement_->bind(parameter, value); }
    void bind(int parameter, std::string_view text) override { statement_->bind(parameter, text); }
    void bind(int parameter, ByteView blob) override { statement_->bind(parameter, blob); }
    void bind_null(int parameter) override { statement_->bind_null(parameter); }

    Result<bool> step() override {
        if (!home_.fails_now()) return statement_->step();
        statement_->reset();
        return injected();
    }
    void reset() override { statement_->reset(); }

    bool is_null(int column) const override { return statement_->is_null(column); }
    std::int64_t integer(int column) const override { return statement_->integer(column); }
    std::string_view text(int column) const override { return statement_->text(column); }
    ByteView blob(int column) const override { return statement_->blob(column); }

  private:
    FailingDatabase& home_;
    std::unique_ptr<core::Statement> statement_;
};

FailingDatabase::FailingDatabase() {
    auto opened = client::SqliteDatabase::open(":memory:", client::Durability::never);
    if (!opened) std::abort();
    database_ = std::move(*opened);
}

FailingDatabase::~FailingDatabase() = default;

Status FailingDatabase::execute(std::string_view sql) {
    const bool fails = fails_now();
    if (sql != "COMMIT") return fails ? injected() : database_->execute(sql);
    const bool lies = ++commits_ == lie_at_commit_ || failing_commit_ == true;
    const bool rolls_back = fails || failing_commit_ == false;
    if (rolls_back)
        crash();
    else
        TRY(database_->execute(sql));
    if (!rolls_back && !lies) return {};
    failing_commit_.reset();
    lie_at_commit_.reset();
    return injected();
}

Result<std::unique_ptr<core::Statement>> FailingDatabase::prepare(std::string_view sql) {
    if (fails_now()) return injected();
    TRY_ASSIGN(auto statement, database_->prepare(sql));
    prepared_.emplace(sql);
    return std::make_unique<FailingStatement>(*this, std::move(statement));
}

std::vector<std::string> FailingDatabase::plan_of(const std::string& sql) {
    std::vector<std::string> plan;
    const auto statement = database_->prepare("EXPLAIN QUERY PLAN " + sql);
    if (!statement) std::abort();
    for (auto found = (*statement)->step(); found && *found; found = (*statement)->step())
        plan.emplace_back((*statement)->text(3));
    return plan;
}

void FailingDatabase::crash() {
    // Fails where no transaction is open, which is as well.
    (void)database_->execute("ROLLBACK");
}

std::int64_t FailingDatabase::number(std::string_view sql) {
    auto statement = database_->prepare(sql);
    if (!statement) std::abort();
    auto found = (*statement)->step();
    return found && *found ? (*statement)->integer(0) : -1;
}

std::vector<std::string> FailingDatabase::texts(std::string_view sql) {
    std::vector<std::string> texts;
    const auto statement = database_->prepare(sql);
    if (!statement) std::abort();
    for (auto found = (*statement)->step(); found && *found; found = (*statement)->step())
        texts.emplace_back((*statement)->text(0));
    return texts;
}

std::string FailingDatabase::contents() {
    std::string contents;
    for (const std::string& table :
         texts("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")) {
        contents += table + "\n";
        std::string columns;
        for (const std::string& column : texts("SELECT name FROM pragma_table_info('" + table + "')"))
            columns += (columns.empty() ? "quote(" : " || ' ' || quote(") + column + ")";
        for (const std::string& row : texts("SELECT " + columns + " FROM " + table + " ORDER BY 1"))
            contents += "  " + row + "\n";
    }
    return contents;
}

bool FailingDatabase::fails_now() {
    ++calls_;
    if (fail_at_ != calls_) return false;
    fail_at_.reset();
    return true;
}

}  // namespace parley::test
