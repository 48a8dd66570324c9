#include "server/near_names.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace parley::server {

namespace {

/// How many letters have to be put in, taken out, replaced, or swapped with their neighbour to make one of
/// the other (Levenshtein's distance with transpositions).
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> above(to.size() + 1);
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::vector<std::size_t> next(to.size() + 1, i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = row[j] + (from[i] == to[j] ? 0 : 1);
            next[j + 1] = std::min({replaced, row[j + 1] + 1, next[j] + 1});
            const bool swapped = i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j];
            if (swapped) next[j + 1] = std::min(next[j + 1], above[j - 1] + 1);
        }
        above = std::exchange(row, std::move(next));
    }
    return row.back();
}

bool is_between_words(char c) {
    return c == '.' || c == '_' || c == '-';
}

/// One of them is the other with words put before or behind it.
bool is_meant(std::string_view name, std::string_view known) {
    const std::size_t size = known.size();
    if (name.size() > size && name.starts_with(known))
        return is_between_words(name[size]) || 2 * size >= name.size();
    return size > name.size() && known.ends_with(name) && is_between_words(known[size - name.size() - 1]);
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string> known) {
    const auto near =
        std::ranges::min_element(known, {}, [&](const std::string& one) { return distance(name, one); });
    if (near != known.end() && 3 * distance(name, *near) <= name.size() + 1) return *near;
    const auto meant =
        std::ranges::find_if(known, [&](const std::string& one) { return is_meant(name, one); });
    return meant != known.end() ? *meant : std::string();
}

}  // namespace parley::server
