#pragma once

#include "core/recorder/noise.hpp"

#include <string_view>
#include <vector>

namespace parley::core {

/// What a column of the local database holds, as far as a recording may show it.
enum class Column : std::uint8_t {
    shown,    ///< Ids, numbers, ranges: as they are.
    hidden,   ///< Tokens, reasons, and all that is not known here.
    summary,  ///< Encoded structs, with their texts hidden.
    preview,
    change,
    profile,
    command,
};

/// The columns of a SELECT, in order; none for other statements. A column that is added to the schema is
/// hidden until it is named here.
std::vector<Column> columns_of(std::string_view sql);

/// Whether a statement asks for rows.
bool is_question(std::string_view sql);

std::string hidden_blob(Noise& noise, Column column, ByteView bytes);

}  // namespace parley::core
