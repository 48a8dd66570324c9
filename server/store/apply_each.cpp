#include "server/store/apply_each.hpp"

#include "server/store/store.hpp"

#include <utility>

namespace parley::server {

namespace {

Batch refused(const Store& store, const Work& work, Error error) {
    Batch batch{.first_position = store.position() + 1, .last_position = store.position()};
    if (!std::holds_alternative<Acks>(work.command)) {
        batch.effects.emplace_back(Replied{.origin = work.origin, .answer = fail(std::move(error))});
    }
    return batch;
}

void apply_into(Store& store, std::span<const Work> works, std::vector<Batch>& batches) {
    if (works.empty()) return;
    auto applied = store.apply(works);
    if (applied) {
        batches.push_back(std::move(*applied));
    } else if (works.size() == 1) {
        batches.push_back(refused(store, works.front(), std::move(applied).error()));
    } else {
        apply_into(store, works.first(works.size() / 2), batches);
        apply_into(store, works.subspan(works.size() / 2), batches);
    }
}

}  // namespace

std::vector<Batch> apply_each(Store& store, std::span<const Work> works) {
    std::vector<Batch> batches;
    apply_into(store, works, batches);
    return batches;
}

}  // namespace parley::server
