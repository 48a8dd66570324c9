#pragma once

#include "core/rules/entities.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

/// What marks in a paragraph of Markdown-like input mean by themselves, and where their other halves stand;
/// so that it can be read in one pass.
namespace parley::core::rules {

/// Of what is not empty.
char32_t first_point(std::string_view text);
char32_t last_point(std::string_view text);

/// Of a word, as far as underscores ask.
bool is_word(char32_t point);

/// What a run of asterisks does, by how many there are and by what is open: which it ends, then which it
/// begins. One is italic, two are bold.
struct Asterisks {
    bool ends_bold, ends_italic, begins_bold, begins_italic;
};
inline constexpr std::size_t asterisks_max = 6;
inline constexpr std::array<std::array<std::optional<Asterisks>, asterisks_max + 1>, 4> runs_of_asterisks = {{
    // Nothing is open.
    {{{},
      {{false, false, false, true}},
      {{false, false, true, false}},
      {{false, false, true, true}},
      {},
      {},
      {}}},
    // Italic.
    {{{},
      {{false, true, false, false}},
      {{false, false, true, false}},
      {{false, true, true, false}},
      {{false, true, true, true}},
      {},
      {}}},
    // Bold.
    {{{},
      {{false, false, false, true}},
      {{true, false, false, false}},
      {{true, false, false, true}},
      {},
      {{true, false, true, true}},
      {}}},
    // Both.
    {{{},
      {{false, true, false, false}},
      {{true, false, false, false}},
      {{true, true, false, false}},
      {{true, true, false, true}},
      {{true, true, true, false}},
      {{true, true, true, true}}}},
}};

/// The bracket that closes each round one, where no white space stands between.
class Brackets {
  public:
    explicit Brackets(std::string_view source);
    /// Of the one that stands there; 0: none.
    std::size_t closing(std::size_t open) const { return closes_[open]; }

  private:
    std::vector<std::size_t> closes_;
};

/// Runs of backticks, by how many there are.
class Backticks {
  public:
    explicit Backticks(std::string_view source);
    /// Where the next run of so many begins, in the same line; npos: nowhere. Asked from left to right.
    std::size_t next(std::size_t length, std::size_t from);

  private:
    struct Runs {
        std::vector<std::size_t> places;
        std::size_t next = 0;
    };

    std::string_view source_;
    std::unordered_map<std::size_t, Runs> runs_;
    std::size_t line_end_ = 0;
};

/// How many times the character that stands there follows upon itself.
std::size_t run_at(std::string_view source, std::size_t place);

}  // namespace parley::core::rules
