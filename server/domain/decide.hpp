#pragma once

#include "server/domain/batch.hpp"
#include "server/domain/rules.hpp"
#include "server/domain/work.hpp"

#include <vector>

namespace parley::server {

class Transaction;

/// Decides one piece of work inside the transaction, writes what follows from it, and appends its effects,
/// the answer last. A refusal writes nothing and has no effect but its answer; the one exception is a refresh
/// token used twice, which signs its device out. The order of checks is that of architecture: is the command
/// known, does what it follows stand, may it be done, and only then the next number.
void decide(Transaction& store, const Rules& rules, const Work& work, std::vector<Effect>& effects);

}  // namespace parley::server
