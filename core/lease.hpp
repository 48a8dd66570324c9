#pragma once

#include "base/result.hpp"
#include "core/local_database.hpp"

#include <cstdint>

namespace parley::core {

/// The owner lease: one number in the local database. Whoever opens the database raises it; every transaction
/// of an owner begins with a look at it and fails when it has moved on. So of two cores on one database the
/// later one wins, and the earlier one can write nothing more, whatever it still believes.
Result<std::int64_t> lease_generation(LocalDatabase& database);

/// Makes the caller the owner as soon as his transaction commits; returns the generation to guard the
/// database with.
Result<std::int64_t> take_lease(LocalDatabase& database);

}  // namespace parley::core
