#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace parley::core {

/// One prepared statement. Parameters and columns count from 0. Text and blobs that a column returns stay
/// valid until the next `step` or `reset`.
class Statement {
  public:
    virtual ~Statement() = default;

    virtual void bind(int parameter, std::int64_t value) = 0;
    virtual void bind(int parameter, std::string_view text) = 0;
    virtual void bind(int parameter, ByteView blob) = 0;
    virtual void bind_null(int parameter) = 0;

    /// True: a row stands ready. False: done. An error leaves the statement as after `reset`.
    virtual Result<bool> step() = 0;
    /// Ready to be bound and stepped again; bindings are cleared.
    virtual void reset() = 0;

    virtual bool is_null(int column) const = 0;
    virtual std::int64_t integer(int column) const = 0;
    virtual std::string_view text(int column) const = 0;
    virtual ByteView blob(int column) const = 0;
};

/// The core's local database: a SQLite that the host opened (natively, or sqlite-wasm in a browser).
/// Synchronous; used by one core at a time. The core brings its own schema and migrations, and opens and ends
/// transactions with `execute("BEGIN IMMEDIATE")`, `COMMIT`, `ROLLBACK`. A successful COMMIT is durable as
/// far as the host promises it.
class Database {
  public:
    virtual ~Database() = default;

    virtual Status execute(std::string_view sql) = 0;
    virtual Result<std::unique_ptr<Statement>> prepare(std::string_view sql) = 0;
};

}  // namespace parley::core
