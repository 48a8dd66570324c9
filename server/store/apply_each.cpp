#include "server/store/apply_each.hpp"

#include "server/store/store.hpp"

#include <utility>

namespace parley::server {

Batch refused(std::int64_t position, std::span<const Work> works, const Error& error) {
    Batch batch{.first_position = position + 1, .last_position = position, .effects = {}};
    for (const Work& work : works) {
        if (const auto* acks = std::get_if<Acks>(&work.command)) {
            batch.effects.emplace_back(AcksReturned{.shard = work.origin.shard, .acks = *acks});
        } else if (std::holds_alternative<FollowUp>(work.command)) {
            batch.effects.emplace_back(FollowedUp{FollowedUp::Outcome::failed});
        } else if (work.origin.session) {
            batch.effects.emplace_back(Replied{.origin = work.origin, .answer = fail(Error(error))});
        }
    }
    return batch;
}

void apply_each(Store& store, std::span<const Work> works, const ApplyEach& tell) {
    if (works.empty()) return;
    auto batch = store.apply(works);
    if (batch) {
        tell.applied(std::move(*batch), works.size());
    } else if (works.size() == 1 || store.broken()) {
        tell.failed(refused(store.position(), works, batch.error()), batch.error());
    } else {
        apply_each(store, works.first(works.size() / 2), tell);
        apply_each(store, works.subspan(works.size() / 2), tell);
    }
}

}  // namespace parley::server
