#include "core/rules/markdown_marks.hpp"

#include "base/utf8.hpp"
#include "core/rules/markdown_scan.hpp"

#include <algorithm>

namespace parley::core::rules {

char32_t first_point(std::string_view text) {
    return take_code_point(text);
}

char32_t last_point(std::string_view text) {
    std::size_t begin = text.size() - 1;
    while (begin > 0 && text.size() - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80)
        --begin;
    std::string_view last = text.substr(begin);
    char32_t point = 0;
    while (!last.empty())
        point = take_code_point(last);
    return point;
}

bool is_word(char32_t point) {
    return point >= 0x80 ? !is_white_space(point) : is_ascii_word(static_cast<char>(point));
}

Brackets::Brackets(std::string_view source) {
    closes_.assign(source.size(), 0);
    std::vector<std::size_t> open;
    for (std::size_t place = 0; place < source.size(); ++place) {
        const char c = source[place];
        if (c == '\\' && is_ascii_punctuation((place + 1 < source.size() ? source[place + 1] : '\n'))) {
            ++place;
        } else if (c == '(') {
            open.push_back(place);
        } else if (c == ')' && !open.empty()) {
            closes_[open.back()] = place;
            open.pop_back();
        } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
            open.clear();
        }
    }
}

Backticks::Backticks(std::string_view source) : source_(source) {
    for (std::size_t place = 0; place < source.size(); ++place) {
        if (source[place] != '`') continue;
        const std::size_t length = run_at(source, place);
        runs_[length].places.push_back(place);
        place += length - 1;
    }
}

std::size_t Backticks::next(std::size_t length, std::size_t from) {
    const auto found = runs_.find(length);
    if (found == runs_.end()) return std::string_view::npos;
    auto& [places, at] = found->second;
    while (at < places.size() && places[at] < from)
        ++at;
    if (line_end_ < from) line_end_ = std::min(source_.find('\n', from), source_.size());
    return at < places.size() && places[at] < line_end_ ? places[at] : std::string_view::npos;
}

std::size_t run_at(std::string_view source, std::size_t place) {
    return std::min(source.find_first_not_of(source[place], place), source.size()) - place;
}

}  // namespace parley::core::rules
