#include "bindings/host_ports.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <utility>
#include <vector>

namespace parley::bindings {
namespace {

std::unexpected<Error> failed(std::int32_t result) {
    if (result == PARLEY_FULL) return fail(ErrorCode::disk_full, "the local database is full");
    return fail(ErrorCode::internal, "the local database failed");
}

std::uint32_t size_of(std::string_view text) {
    return static_cast<std::uint32_t>(text.size());
}

class HostStatement final : public core::Statement {
  public:
    HostStatement(const parley_host& host, std::int32_t number) : host_(host), number_(number) {}
    ~HostStatement() override { host_.finalize(host_.context, number_); }
    HostStatement(const HostStatement&) = delete;
    HostStatement& operator=(const HostStatement&) = delete;

    void bind(int parameter, std::int64_t value) override {
        host_.bind_integer(host_.context, number_, parameter, value);
    }

    void bind(int parameter, std::string_view text) override {
        host_.bind_text(host_.context, number_, parameter, text.data(), size_of(text));
    }

    void bind(int parameter, ByteView blob) override {
        host_.bind_blob(host_.context, number_, parameter, blob.data(),
                        static_cast<std::uint32_t>(blob.size()));
    }

    void bind_null(int parameter) override { host_.bind_null(host_.context, number_, parameter); }

    Result<bool> step() override {
        columns_.clear();
        const std::int32_t result = host_.step(host_.context, number_);
        if (result < 0) return failed(result);
        return result == 1;
    }

    void reset() override {
        columns_.clear();
        host_.reset(host_.context, number_);
    }

    bool is_null(int column) const override {
        return host_.column_is_null(host_.context, number_, column) != 0;
    }

    std::int64_t integer(int column) const override {
        return host_.column_integer(host_.context, number_, column);
    }

    std::string_view text(int column) const override { return as_text(blob(column)); }

    ByteView blob(int column) const override {
        for (const auto& [known, bytes] : columns_) {
            if (known == column) return *bytes;
        }
        auto bytes = std::make_unique<Bytes>(host_.column_size(host_.context, number_, column));
        if (!bytes->empty()) host_.column_copy(host_.context, number_, column, bytes->data());
        columns_.emplace_back(column, std::move(bytes));
        return *columns_.back().second;
    }

  private:
    const parley_host& host_;
    std::int32_t number_;
    /// Copies of this row's columns, made when they are asked for; their addresses last until the next step.
    mutable std::vector<std::pair<int, std::unique_ptr<Bytes>>> columns_;
};

}  // namespace

Status HostDatabase::execute(std::string_view sql) {
    const std::int32_t result = host_.execute(host_.context, sql.data(), size_of(sql));
    if (result < 0) return failed(result);
    return {};
}

Result<std::unique_ptr<core::Statement>> HostDatabase::prepare(std::string_view sql) {
    const std::int32_t number = host_.prepare(host_.context, sql.data(), size_of(sql));
    if (number <= 0) return failed(number);
    return std::make_unique<HostStatement>(host_, number);
}

void HostPrimitives::random(std::span<std::uint8_t> bytes) {
    host_.random(host_.context, bytes.data(), static_cast<std::uint32_t>(bytes.size()));
}

}  // namespace parley::bindings
