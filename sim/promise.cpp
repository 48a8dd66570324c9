#include "sim/promise.hpp"

#include <algorithm>
#include <utility>

namespace parley::sim {

namespace {

/// More windows than any run fills; beyond it the paging itself is broken.
constexpr int windows_max = 2000;

}  // namespace

Result<Showing> everything_shown(core::Client& client, const core::ConversationView& view) {
    Showing showing{.view = view, .messages = {}, .missing = false};
    if (view.pending) return showing;
    core::WindowQuery query{.limit = window_rows};
    for (int windows = 0; windows < windows_max; ++windows) {
        TRY_ASSIGN(auto window, client.window(view.stream, query));
        showing.missing = showing.missing || window.missing;
        showing.messages.insert(showing.messages.begin(), std::make_move_iterator(window.messages.begin()),
                                std::make_move_iterator(window.messages.end()));
        const auto first =
            std::ranges::find_if(showing.messages, [](const auto& one) { return one.born > 0; });
        if (!window.more_before || first == showing.messages.end()) break;
        if (query.before == first->born) break;
        query.before = first->born;
    }
    return showing;
}

Result<Part> some_window(core::Client& client, const Showing& all, Random chance) {
    constexpr std::int64_t rows_max = 12;
    std::int64_t place = all.view.head;
    const auto settled = std::ranges::count_if(all.messages, [](const auto& one) { return one.born > 0; });
    if (settled > 0 && chance.below(8) != 0) {
        const auto chosen = chance.below(static_cast<std::uint64_t>(settled));
        place = all.messages[static_cast<std::size_t>(chosen)].born + chance.between(-1, 1);
    }
    Part part{.query = {.limit = static_cast<std::size_t>(chance.between(1, rows_max))}, .view = {}};
    const auto side = chance.below(4);
    (side < 2 ? part.query.around : side == 2 ? part.query.before : part.query.after) = place;
    TRY_ASSIGN(part.view, client.window(all.view.stream, part.query));
    return part;
}

}  // namespace parley::sim
