#pragma once

#include "core/rules/markdown.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace parley::core::rules {

/// What the entities of one text may still come to, so that no input makes more of them than a message may
/// have. What goes beyond stays text.
class EntityBudget {
  public:
    /// Whether there is room for one more; then it is taken.
    bool take(const protocol::Entity& entity);

  private:
    std::size_t taken_ = 0;
    std::size_t bytes_ = 0;
    std::vector<AccountId> named_;
};

/// The text and entities of a whole input, as they are made.
struct MarkdownOutput {
    RichText made;
    std::int64_t points = 0;
    EntityBudget budget;

    void append(std::string_view text);
    /// `entity` covers the text, which comes now.
    void append(std::string_view text, protocol::Entity entity);
};

/// Reads what stands within paragraphs: everything but quotations and blocks of code.
void parse_inline(std::string_view source, const MarkdownNames& names, MarkdownOutput& output);

}  // namespace parley::core::rules
