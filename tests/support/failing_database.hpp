#pragma once

#include "core/ports/database.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace parley::test {

/// A real SQLite in memory behind the core's port, which can be told to fail. Outlives the cores that are
/// opened on it, as a file would.
class FailingDatabase : public core::Database {
  public:
    FailingDatabase();
    ~FailingDatabase() override;

    Status execute(std::string_view sql) override;
    Result<std::unique_ptr<core::Statement>> prepare(std::string_view sql) override;

    /// Calls (execute, prepare, step) since the start.
    std::int64_t calls() const { return calls_; }
    /// The texts of all statements that were prepared.
    const std::set<std::string>& prepared() const { return prepared_; }
    /// How SQLite goes about a statement, one line for each part of it.
    std::vector<std::string> plan_of(const std::string& sql);
    /// The call with this number fails once; a commit that fails so is rolled back.
    void fail_at(std::optional<std::int64_t> call) { fail_at_ = call; }
    /// The next commit that follows fails once: rolled back, or, if `takes_effect`, all the same in the file.
    void fail_next_commit(bool takes_effect) { failing_commit_ = takes_effect; }
    /// The commit with this number fails once, after it took effect.
    void lie_at_commit(std::optional<std::int64_t> commit) { lie_at_commit_ = commit; }
    /// Commits since the start.
    std::int64_t commits() const { return commits_; }
    /// What an open transaction did is lost, as when the process ends.
    void crash();
    /// First column of every row, as text; counts as no call.
    std::vector<std::string> texts(std::string_view sql);
    /// Every row of every table.
    std::string contents();
    /// First column of the first row; -1 where there is none.
    std::int64_t number(std::string_view sql);

  private:
    friend class FailingStatement;
    bool fails_now();

    std::unique_ptr<core::Database> database_;
    std::int64_t calls_ = 0;
    std::int64_t commits_ = 0;
    std::set<std::string> prepared_;
    std::optional<std::int64_t> fail_at_;
    std::optional<bool> failing_commit_;
    std::optional<std::int64_t> lie_at_commit_;
};

}  // namespace parley::test
