#pragma once

#include "base/uuid.hpp"

#include <cstdint>
#include <random>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace parley::bench {

[[noreturn]] void give_up(const std::string& what);

/// Ids as clients make them: the time in front, random bytes behind.
class Ids {
  public:
    Uuid next();

  private:
    std::mt19937 engine_{2};
    std::int64_t now_ms_ = 0;
};

/// The store's table of rows with its indexes and its syncs, and nothing decided.
class BareInserts {
  public:
    explicit BareInserts(const std::string& directory);
    ~BareInserts();
    BareInserts(const BareInserts&) = delete;
    BareInserts& operator=(const BareInserts&) = delete;

    void messages(int messages, int batch);

  private:
    void execute(const char* sql);

    sqlite3* database_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    Ids ids_;
    std::int64_t born_ = 0;
};

}  // namespace parley::bench
