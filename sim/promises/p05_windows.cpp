// 5. A device shows no message twice, and at the end shows every one that its person may see in the ranges it
// holds.
//
// Here of windows at any place: which messages a window has, that none between two of them is left out unless
// the window says so, and whether there are more before and behind it.

#include "sim/promises/all.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

using Places = std::vector<std::int64_t>;

constexpr std::int64_t end_of_places = std::numeric_limits<std::int64_t>::max();

std::string text_of(const Places& places) {
    std::string text = "[";
    for (const std::int64_t place : places)
        text += (text.size() > 1 ? " " : "") + std::to_string(place);
    return text + "]";
}

std::string text_of(const core::WindowQuery& query) {
    const std::string size = std::to_string(query.limit) + " messages ";
    if (query.around) return size + "around " + std::to_string(*query.around);
    if (query.before) return size + "before " + std::to_string(*query.before);
    if (query.after) return size + "after " + std::to_string(*query.after);
    return size + "at the end";
}

/// The places of messages that the device's person may see, as far as the device knows of them: those of the
/// history up to the head that it was told, or the end of a page that came before it, and what it keeps
/// though a restore took it off the server.
class Visible {
  public:
    Visible(const StreamHistory& history, const Membership& member, const Showing& all)
        : history_(history), member_(member), known_upto_(all.view.head) {
        for (const auto& message : all.messages) {
            if (message.born <= 0) continue;
            // Also where it stands there, and a restore took away the joining that let one see it.
            const bool unseen = message.not_on_server && !member.sees(message.born);
            if (unseen || history.message(message.born) == nullptr)
                lost_.push_back(message.born);
            else
                known_upto_ = std::max(known_upto_, message.born);
        }
    }

    /// The last of those up to this place, at most so many, in order.
    Places upto(std::int64_t place, std::size_t limit) const {
        Places found;
        for (auto row = history_.latest.upper_bound(std::min(place, known_upto_));
             row != history_.latest.begin() && found.size() < limit;) {
            --row;
            if (is_seen(row->first)) found.push_back(row->first);
        }
        for (const std::int64_t lost : lost_)
            if (lost <= place) found.push_back(lost);
        std::ranges::sort(found);
        if (found.size() > limit)
            found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(limit));
        return found;
    }

    /// The first of those behind this place, at most so many, in order.
    Places behind(std::int64_t place, std::size_t limit) const {
        Places found;
        for (auto row = history_.latest.upper_bound(place);
             row != history_.latest.end() && row->first <= known_upto_ && found.size() < limit; ++row)
            if (is_seen(row->first)) found.push_back(row->first);
        for (const std::int64_t lost : lost_)
            if (lost > place) found.push_back(lost);
        std::ranges::sort(found);
        if (found.size() > limit) found.resize(limit);
        return found;
    }

    Places asked_for(const core::WindowQuery& query) const {
        if (query.around) {
            const std::size_t newer = query.limit / 2;
            Places places = upto(*query.around, query.limit - newer);
            const Places behind_it = behind(*query.around, newer);
            places.insert(places.end(), behind_it.begin(), behind_it.end());
            return places;
        }
        if (query.after) return behind(*query.after, query.limit);
        return upto(query.before ? *query.before - 1 : end_of_places, query.limit);
    }

  private:
    bool is_seen(std::int64_t born) const { return history_.message(born) != nullptr && member_.sees(born); }

    const StreamHistory& history_;
    const Membership& member_;
    std::int64_t known_upto_;
    Places lost_;
};

class Windows final : public Kept<Windows> {
  public:
    int number() const override { return 5; }

    void window_seen(Scene& scene, Device& device, const Showing& all, const Part& part) override {
        const StreamHistory* history = scene.history().find(all.view.stream);
        const auto& account = device.person->account;
        if (history == nullptr || !account) return;
        const Membership* member = scene.history().membership(history->id, *account);
        if (member == nullptr) return;
        const auto wrong = [&](const std::string& what) {
            scene.violated({5,
                            device.node->name() + " shows of " + history->id.text() + " " +
                                text_of(part.query) + ": " + text_of(placed(part)) + what,
                            {history->id},
                            {device.node->name()}});
        };
        if (const auto fault = order_fault(all, part)) return wrong(*fault);
        if (const auto fault = waiting_fault(all, part)) return wrong(*fault);
        const Visible visible(*history, *member, all);
        const Places expected = visible.asked_for(part.query);
        if (!part.view.missing && placed(part) != expected)
            return wrong(" without a word that something is missing; there are " + text_of(expected));
        if (const auto fault = more_fault(all, part, visible)) return wrong(*fault);
    }

  private:
    using Fault = std::optional<std::string>;

    static Places placed(const Part& part) {
        Places places;
        for (const auto& message : part.view.messages)
            if (message.born > 0) places.push_back(message.born);
        return places;
    }

    /// On the side that was asked for, in order, no more than was asked for, each once and the same as in the
    /// whole.
    static Fault order_fault(const Showing& all, const Part& part) {
        const core::WindowQuery& query = part.query;
        const Places places = placed(part);
        if (std::ranges::adjacent_find(places, std::greater_equal()) != places.end())
            return ", not in order, or one twice";
        const auto upto = std::ranges::upper_bound(places, query.around.value_or(0)) - places.begin();
        const auto newer = static_cast<std::ptrdiff_t>(places.size()) - upto;
        const std::size_t half = query.limit / 2;
        const bool too_many =
            places.size() > query.limit ||
            (query.around && (std::cmp_greater(newer, half) || std::cmp_greater(upto, query.limit - half)));
        if (too_many) return ", more than was asked for";
        const bool beside = !places.empty() && ((query.before && places.back() >= *query.before) ||
                                                (query.after && places.front() <= *query.after));
        if (beside) return ", not on the side that was asked for";
        std::set<Uuid> seen;
        for (const auto& message : part.view.messages) {
            if (!seen.insert(message.id).second) return ", and " + message.id.text() + " twice";
            const auto same = std::ranges::find_if(all.messages, [&](const auto& one) {
                return one.id == message.id && one.born == message.born && one.sender == message.sender;
            });
            if (same == all.messages.end() || same->text != message.text || same->state != message.state ||
                same->not_on_server != message.not_on_server)
                return ", and " + message.id.text() + " other than in the whole conversation";
        }
        return std::nullopt;
    }

    /// What waits stands behind everything that has a place, and nowhere else.
    static Fault waiting_fault(const Showing& all, const Part& part) {
        const auto waits = [](const core::MessageView& message) {
            return message.born == 0;
        };
        const auto first = std::ranges::find_if(part.view.messages, waits);
        if (!std::all_of(first, part.view.messages.end(), waits)) return ", with what waits between";
        const auto of_here = static_cast<std::size_t>(part.view.messages.end() - first);
        const auto of_all = static_cast<std::size_t>(std::ranges::count_if(all.messages, waits));
        const std::size_t due = part.view.more_after ? 0 : std::min(of_all, part.query.limit);
        if (of_here == due) return std::nullopt;
        return ", and " + std::to_string(of_here) + " that wait instead of " + std::to_string(due);
    }

    /// Where there are more it says so. Where there are none it may say so only while the device lacks
    /// something.
    static Fault more_fault(const Showing& all, const Part& part, const Visible& visible) {
        const core::WindowQuery& query = part.query;
        const Places places = placed(part);
        std::int64_t first = end_of_places;
        std::int64_t last = end_of_places;
        if (!places.empty()) {
            first = places.front();
            last = places.back();
        } else if (query.before) {
            first = *query.before;
            last = first - 1;
        } else if (query.after) {
            first = *query.after + 1;
        } else if (query.around) {
            last = *query.around;
            first = last + 1;
        }
        const bool before = !visible.upto(first - 1, 1).empty();
        const bool after = last < end_of_places && !visible.behind(last, 1).empty();
        const bool sure = !all.missing;
        if (before && !part.view.more_before) return ", and says that there is nothing before it";
        // What is missing may be all that comes behind.
        if (after && !part.view.missing && !part.view.more_after)
            return ", and says that there is nothing behind it";
        if (sure && !before && part.view.more_before) return ", and says that there is more before it";
        if (sure && !after && part.view.more_after) return ", and says that there is more behind it";
        return std::nullopt;
    }
};

}  // namespace

std::unique_ptr<Promise> windows() {
    return std::make_unique<Windows>();
}

}  // namespace parley::sim
