#include "core/recorder/columns.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace parley::core {
namespace {

constexpr std::string_view select = "SELECT ";
constexpr std::string_view from = " FROM ";

constexpr std::array shown_columns = {
    std::string_view("account"), std::string_view("delivered_places"),
    std::string_view("device"),  std::string_view("emoji"),
    std::string_view("id"),      std::string_view("lane"),
    std::string_view("made_by"), std::string_view("read_places"),
    std::string_view("ranges"),  std::string_view("stream"),
};

std::string_view first_word(std::string_view text) {
    const auto end = std::ranges::find_if_not(
        text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; });
    return {text.begin(), end};
}

Column column_named(std::string_view name, std::string_view table) {
    if (std::ranges::find(shown_columns, name) != shown_columns.end()) return Column::shown;
    if (name == "summary") return Column::summary;
    if (name == "preview") return Column::preview;
    if (name != "body") return Column::hidden;
    if (table == "stream_row") return Column::change;
    if (table == "profile") return Column::profile;
    return table == "command" ? Column::command : Column::hidden;
}

}  // namespace

bool is_question(std::string_view sql) {
    return sql.starts_with(select) || sql.starts_with("PRAGMA ");
}

std::vector<Column> columns_of(std::string_view sql) {
    const std::size_t end = sql.find(from);
    if (!sql.starts_with(select) || end == std::string_view::npos) return {};
    const std::string_view table = first_word(sql.substr(end + from.size()));
    std::string_view list = sql.substr(select.size(), end - select.size());
    std::vector<Column> columns;
    while (true) {
        list.remove_prefix(std::min(list.find_first_not_of(' '), list.size()));
        columns.push_back(column_named(first_word(list), table));
        const std::size_t comma = list.find(',');
        if (comma == std::string_view::npos) return columns;
        list.remove_prefix(comma + 1);
    }
}

std::string hidden_blob(Noise& noise, Column column, ByteView bytes) {
    switch (column) {
        case Column::shown:
            return std::string(as_text(bytes));
        case Column::hidden:
            return std::string(bytes.size(), '\0');
        case Column::summary:
            return noise.stored<protocol::Summary>(bytes);
        case Column::preview:
            return noise.stored<protocol::Preview>(bytes);
        case Column::change:
            return noise.stored<protocol::Change>(bytes);
        case Column::profile:
            return noise.stored<protocol::Profile>(bytes);
        case Column::command:
            return noise.stored_command(bytes);
    }
    return {};
}

}  // namespace parley::core
