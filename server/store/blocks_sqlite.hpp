#pragma once

#include "server/store/blocks.hpp"
#include "server/store/sqlite.hpp"

namespace parley::server::sqlite {

/// The tables block, blocked_message and silence.
class BlockTables final : public Blocks, public BlockWrites {
  public:
    explicit BlockTables(Connection& connection);

    bool stands(AccountKey blocker, AccountKey blocked) override;
    std::vector<BlockRecord> made_by(AccountKey blocker) override;
    std::vector<AccountKey> against(AccountKey blocked) override;
    LeftOut left_out(ConversationKey conversation, AccountKey reader, std::int64_t born) override;
    std::vector<Silence> silences_about(ConversationKey conversation, AccountKey account) override;
    std::vector<Silence> silences_toward(ConversationKey conversation, AccountKey reader) override;

    void put(AccountKey blocker, const BlockRecord& block) override;
    void remove(AccountKey blocker, AccountKey blocked) override;
    void note_message(ConversationKey conversation, AccountKey author, std::int64_t born) override;
    void drop_message(ConversationKey conversation, std::int64_t born) override;
    bool put(const Silence& silence) override;
    void remove(const Silence& silence) override;

    std::int64_t writes() const { return writes_; }

  private:
    Connection& connection_;
    std::int64_t writes_ = 0;

    Statement stands_;
    Statement made_by_;
    Statement against_;
    Statement left_out_;
    Statement about_;
    Statement toward_;
    Statement put_;
    Statement remove_;
    Statement note_message_;
    Statement drop_message_;
    Statement put_silence_;
    Statement remove_silence_;
};

}  // namespace parley::server::sqlite
