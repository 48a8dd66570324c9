#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace parley {

/// A strong id as it stands on the wire: an opaque string of up to 64 characters. Ids of different things do
/// not convert into each other; an empty one means "none".
template <class Tag>
class Id {
  public:
    Id() = default;
    explicit Id(std::string text) : text_(std::move(text)) {}

    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }

    friend auto operator<=>(const Id&, const Id&) = default;
    friend bool operator==(const Id&, const Id&) = default;

  private:
    std::string text_;
};

}  // namespace parley

template <class Tag>
struct std::hash<parley::Id<Tag>> {
    std::size_t operator()(const parley::Id<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.text());
    }
};
