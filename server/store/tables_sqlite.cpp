#include "server/store/tables_sqlite.hpp"

#include <utility>

namespace parley::server::sqlite {

Tables::Tables(std::unique_ptr<Connection> opened, StoreHost& host)
    : connection(std::move(opened)),
      rows(*connection, host),
      earlier_texts(*connection, host),
      conversations(*connection),
      accounts(*connection),
      links(*connection),
      blocks(*connection),
      commands(*connection),
      commits(*connection),
      lives(*connection),
      read_meta_(*connection, "SELECT epoch, position, last_key, running FROM meta"),
      write_meta_(*connection, "UPDATE meta SET epoch = ?, position = ?, last_key = ?, running = ?") {}

Meta Tables::read_meta() {
    auto query = read_meta_();
    if (!query.step()) return {};
    return {.epoch = query.integer(0),
            .position = query.integer(1),
            .last_key = query.integer(2),
            .running = query.integer(3) != 0};
}

void Tables::write_meta(const Meta& meta) {
    write_meta_.run(meta.epoch, meta.position, meta.last_key, meta.running);
}

void Tables::flush() {
    accounts.flush();
    conversations.flush();
}

void Tables::clear() {
    accounts.clear();
    conversations.clear();
    commands.clear();
    commits.clear();
}

void Tables::trim() {
    accounts.trim();
    conversations.trim();
}

}  // namespace parley::server::sqlite
