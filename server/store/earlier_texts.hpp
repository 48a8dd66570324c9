#pragma once

#include "server/store/rows.hpp"

#include <cstdint>

namespace parley::server {

/// What edited messages said before: each state of a row that an edit has superseded, until the message is
/// deleted. No part of the stream: whoever wants to read it asks for it.
class EarlierTexts {
  public:
    virtual ~EarlierTexts() = default;

    /// Of the message at this place, those with `seq` above, in order.
    virtual RowsFound earlier_texts(StreamKey stream, std::int64_t born, std::int64_t after,
                                    RowLimits limits) = 0;
    virtual std::int64_t count_earlier_texts(StreamKey stream, std::int64_t born) = 0;
};

class EarlierTextWrites {
  public:
    virtual ~EarlierTextWrites() = default;

    /// The state that the next one will supersede.
    virtual void keep(const RowToWrite& row) = 0;
    /// Forgets all that the message said.
    virtual void drop(StreamKey stream, std::int64_t born) = 0;
};

}  // namespace parley::server
