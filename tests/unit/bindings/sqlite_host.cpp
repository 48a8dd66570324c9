#include "tests/unit/bindings/sqlite_host.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace parley::test {

namespace {

SqliteHost& host(void* context) {
    return *static_cast<SqliteHost*>(context);
}

}  // namespace

struct SqliteHostFunctions {
    static core::Statement& statement(void* context, std::int32_t number) {
        return *host(context).statements_.at(number);
    }

    static std::int32_t execute(void* context, const char* sql, std::uint32_t size) {
        SqliteHost& self = host(context);
        const std::string_view text(sql, size);
        if (text == "COMMIT" && self.commit_result_ != 0) {
            EXPECT_TRUE(self.database_->execute("ROLLBACK"));
            return self.commit_result_;
        }
        return self.database_->execute(text) ? 0 : PARLEY_FAILED;
    }

    static std::int32_t prepare(void* context, const char* sql, std::uint32_t size) {
        SqliteHost& self = host(context);
        auto prepared = self.database_->prepare({sql, size});
        if (!prepared) return PARLEY_FAILED;
        self.statements_.emplace(++self.last_statement_, std::move(*prepared));
        return self.last_statement_;
    }

    static void finalize(void* context, std::int32_t number) { host(context).statements_.erase(number); }

    static void bind_integer(void* context, std::int32_t number, std::int32_t parameter, std::int64_t value) {
        statement(context, number).bind(parameter, value);
    }

    static void bind_text(void* context, std::int32_t number, std::int32_t parameter, const char* text,
                          std::uint32_t size) {
        statement(context, number).bind(parameter, std::string_view(text, size));
    }

    static void bind_blob(void* context, std::int32_t number, std::int32_t parameter,
                          const std::uint8_t* bytes, std::uint32_t size) {
        statement(context, number).bind(parameter, ByteView(bytes, size));
    }

    static void bind_null(void* context, std::int32_t number, std::int32_t parameter) {
        statement(context, number).bind_null(parameter);
    }

    static std::int32_t step(void* context, std::int32_t number) {
        const auto stepped = statement(context, number).step();
        if (!stepped) return PARLEY_FAILED;
        return *stepped ? 1 : 0;
    }

    static void reset(void* context, std::int32_t number) { statement(context, number).reset(); }

    static std::int32_t column_is_null(void* context, std::int32_t number, std::int32_t column) {
        return statement(context, number).is_null(column) ? 1 : 0;
    }

    static std::int64_t column_integer(void* context, std::int32_t number, std::int32_t column) {
        return statement(context, number).integer(column);
    }

    static std::uint32_t column_size(void* context, std::int32_t number, std::int32_t column) {
        return static_cast<std::uint32_t>(statement(context, number).blob(column).size());
    }

    static void column_copy(void* context, std::int32_t number, std::int32_t column, std::uint8_t* to) {
        const ByteView bytes = statement(context, number).blob(column);
        std::memcpy(to, bytes.data(), bytes.size());
    }

    /// Never the same bytes twice, which is all that a test needs.
    static void random(void* context, std::uint8_t* to, std::uint32_t size) {
        for (std::uint32_t i = 0; i < size; ++i)
            to[i] = ++host(context).last_random_;
    }
};

SqliteHost::SqliteHost(const std::string& path) {
    auto opened = client::SqliteDatabase::open(path, client::Durability::never);
    EXPECT_TRUE(opened);
    database_ = std::move(*opened);
    using Functions = SqliteHostFunctions;
    table_ = {.context = this,
              .execute = Functions::execute,
              .prepare = Functions::prepare,
              .finalize = Functions::finalize,
              .bind_integer = Functions::bind_integer,
              .bind_text = Functions::bind_text,
              .bind_blob = Functions::bind_blob,
              .bind_null = Functions::bind_null,
              .step = Functions::step,
              .reset = Functions::reset,
              .column_is_null = Functions::column_is_null,
              .column_integer = Functions::column_integer,
              .column_size = Functions::column_size,
              .column_copy = Functions::column_copy,
              .random = Functions::random};
}

}  // namespace parley::test
