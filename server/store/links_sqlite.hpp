#pragma once

#include "server/store/links.hpp"
#include "server/store/sqlite.hpp"

namespace parley::server::sqlite {

/// Codes are found by a digest, so that what a look-up compares byte by byte is nothing that a guesser can
/// come closer to.
class LinkTable final : public Links, public LinkWrites {
  public:
    explicit LinkTable(Connection& connection);

    std::optional<LinkRecord> find(LinkKey key) override;
    std::optional<LinkRecord> by_code(std::string_view code) override;
    std::vector<LinkRecord> of(ConversationKey conversation, std::int64_t count_max) override;

    void put(const LinkRecord& record) override;
    void remove(LinkKey key) override;
    void remove_of(ConversationKey conversation, AccountKey by) override;

    std::int64_t writes() const { return writes_; }

  private:
    std::int64_t writes_ = 0;

    Statement find_;
    Statement by_digest_;
    Statement of_;
    Statement put_;
    Statement remove_;
    Statement any_of_;
    Statement remove_of_;
};

}  // namespace parley::server::sqlite
