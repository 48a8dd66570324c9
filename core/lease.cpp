#include "core/lease.hpp"

#include "protocol/generated/cpp/errors.hpp"

namespace parley::core {

Result<std::int64_t> lease_generation(LocalDatabase& database) {
    TRY_ASSIGN(Query query, database.read("SELECT generation FROM lease"));
    TRY_ASSIGN(bool found, query.step());
    if (!found) return fail(ErrorCode::internal, "the local database has no lease");
    return query.integer(0);
}

Result<std::int64_t> take_lease(LocalDatabase& database) {
    TRY(database.write("UPDATE lease SET generation = generation + 1"));
    return lease_generation(database);
}

}  // namespace parley::core
