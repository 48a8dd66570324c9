#include "server/store/apply_each.hpp"

#include "server/store/store.hpp"

#include <utility>

namespace parley::server {

namespace {

/// Nothing was written, and nobody was answered before.
Batch refused(const Store& store, std::span<const Work> works, const Error& error) {
    Batch batch{.first_position = store.position() + 1, .last_position = store.position(), .effects = {}};
    for (const Work& work : works) {
        if (!work.origin.session) continue;
        batch.effects.emplace_back(Replied{.origin = work.origin, .answer = fail(Error(error))});
    }
    return batch;
}

}  // namespace

void apply_each(Store& store, std::span<const Work> works, const ApplyEach& tell) {
    if (works.empty()) return;
    auto batch = store.apply(works);
    if (batch) {
        tell.applied(std::move(*batch), works.size());
    } else if (works.size() == 1 || store.broken()) {
        tell.failed(refused(store, works, batch.error()), batch.error());
    } else {
        apply_each(store, works.first(works.size() / 2), tell);
        apply_each(store, works.subspan(works.size() / 2), tell);
    }
}

}  // namespace parley::server
