#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>
#include <sodium.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <utility>

namespace parley::server::test {

namespace {

constexpr std::string_view usual_password = "correct horse battery";

RootSecret test_secret() {
    RootSecret secret;
    secret.bytes.fill(7);
    return secret;
}

}  // namespace

Disk::Disk() {
    const std::filesystem::path memory = "/dev/shm";
    const auto scratch = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
    std::string pattern = (scratch / "parley-api-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
}

Disk::~Disk() {
    std::filesystem::remove_all(folder_);
}

std::unique_ptr<Store> Disk::open(const Rules& rules, StoreHost& host) const {
    auto opened =
        open_sqlite_store({.directory = folder_.string(), .vfs = {}, .ballast_bytes = 0}, rules, host);
    EXPECT_TRUE(opened) << opened.error().context;
    return std::move(*opened);
}

bool Writes::submit(Work work) {
    if (full) return false;
    queue.push_back(std::move(work));
    on_submit();
    return true;
}

bool Reads::submit(std::uint32_t shard, std::function<void(Snapshot&)> read, std::function<void()> done) {
    if (full) return false;
    asked.push_back({shard, std::move(read), std::move(done)});
    ++count;
    return true;
}

bool Hashes::hash(std::uint32_t shard, std::string password, std::function<void(Result<std::string>)> done) {
    if (full) return false;
    ++made;
    finished.emplace_back(shard, [password, done] { done("hash of " + password); });
    return true;
}

bool Hashes::verify(std::uint32_t shard, std::string password, std::string hash,
                    std::function<void(bool)> done) {
    if (full) return false;
    compared.push_back(hash);
    finished.emplace_back(shard, [fits = hash == "hash of " + password, done] { done(fits); });
    return true;
}

void Lines::write(LogLevel level, std::string_view event, std::span<const LogField> fields) {
    static constexpr std::array names{"debug", "info", "warning", "error"};
    all.push_back(std::string(names[static_cast<std::size_t>(level)]) + " " + log_line(event, fields));
}

std::vector<std::string> Lines::with(std::string_view part) const {
    std::vector<std::string> found;
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const std::string& line) { return line.find(part) != std::string::npos; });
    return found;
}

World::World(Options chosen)
    : options(std::move(chosen)),
      tokens(test_secret()),
      limits(options.rates),
      store_(disk_.open(options.rules, host)) {
    EXPECT_GE(sodium_init(), 0);
    for (std::uint32_t number = 0; number < options.shards; ++number) {
        shard_metrics.push_back(std::make_unique<ShardMetrics>());
        ShardOptions shard = options.shard;
        shard.number = number;
        shard.epoch = store_->epoch();
        shard.life = store_->life();
        shard.position = store_->position();
        shard.run = "test";
        const ShardPorts ports{writes, reads, *this, tokens, limits, *shard_metrics.back(), lines, *this};
        shards_.push_back(std::make_unique<Shard>(shard, ports));
        HttpOptions http = options.http;
        http.rules = options.rules;
        https_.push_back(std::make_unique<HttpApi>(http, *shards_.back(), hashes, *this));
    }
}

World::~World() = default;

void World::announce(std::uint32_t from_shard, Typed typed) {
    announced_.emplace_back(from_shard, [this, typed](Shard& on) { on.handle_typed(typed, now); });
}

void World::announce(std::uint32_t from_shard, DeviceConnected connected) {
    announced_.emplace_back(from_shard,
                            [this, connected](Shard& on) { on.handle_device_connected(connected, now); });
}

std::string World::metrics() const {
    return "metrics\n";
}

bool World::write() {
    if (writes.queue.empty()) return false;
    const std::vector<Work> works = std::exchange(writes.queue, {});
    auto batch = store_->apply(works);
    EXPECT_TRUE(batch) << batch.error().context;
    if (batch) {
        batches.push_back(
            std::make_shared<const EncodedBatch>(std::make_shared<const Batch>(std::move(*batch))));
    }
    return true;
}

bool World::walk() {
    if (batches.empty()) return false;
    const SharedEncodedBatch batch = batches.front();
    batches.pop_front();
    // As the bus does it: the sessions of revoked devices end everywhere before anybody is answered.
    for (const auto& shard : shards_)
        shard->handle_revocations(batch->batch(), now);
    for (const auto& shard : shards_)
        shard->handle_batch(batch, now);
    return true;
}

bool World::read() {
    if (reads.asked.empty()) return false;
    Reads::Job job = std::move(reads.asked.front());
    reads.asked.pop_front();
    auto snapshot = store_->snapshot();
    EXPECT_TRUE(snapshot);
    job.read(**snapshot);
    reads.finished.push_back(std::move(job));
    return true;
}

bool World::tell_read() {
    if (reads.finished.empty()) return false;
    const Reads::Job job = std::move(reads.finished.front());
    reads.finished.pop_front();
    shards_[job.shard]->handle_done(job.done, now);
    return true;
}

bool World::tell_hashes() {
    if (hashes.finished.empty()) return false;
    const auto [shard, done] = std::move(hashes.finished.front());
    hashes.finished.pop_front();
    shards_[shard]->handle_done(done, now);
    return true;
}

bool World::tell_announced() {
    if (announced_.empty()) return false;
    const auto [from, tell] = std::move(announced_.front());
    announced_.pop_front();
    for (std::uint32_t number = 0; number < shards_.size(); ++number) {
        if (number != from) tell(*shards_[number]);
    }
    return true;
}

bool World::tell_written() {
    bool any = false;
    for (const auto& peer : peers_) {
        if (!peer->writing || !peer->reads || peer->closed) continue;
        peer->writing = false;
        shards_[peer->shard]->handle_written(peer->key, now);
        any = true;
    }
    return any;
}

bool World::take_unsent() {
    for (const auto& peer : peers_) {
        if (!peer->takes_frames || peer->unsent.empty() || peer->closed) continue;
        const std::string frame = std::move(peer->unsent.front());
        peer->unsent.pop_front();
        peer->send_frame(frame);
        return true;
    }
    return false;
}

void World::settle() {
    while (write() || walk() || read() || tell_read() || tell_hashes() || tell_announced() ||
           tell_written() || take_unsent()) {
    }
}

void World::pass(Duration duration) {
    const Instant end = now.instant + duration;
    const auto go_to = [&](Instant at) {
        now.wall = now.wall + (at - now.instant);
        now.instant = at;
    };
    while (true) {
        settle();
        std::optional<Instant> next;
        for (const auto& shard : shards_) {
            const auto timeout = shard->next_timeout();
            if (timeout && (!next || *timeout < *next)) next = timeout;
        }
        if (!next || *next > end) break;
        go_to(std::max(*next, now.instant));
        for (const auto& shard : shards_)
            shard->handle_timeout(now);
    }
    go_to(end);
    settle();
}

HttpResponse World::call(HttpRequest request) {
    const auto answered = begin(std::move(request));
    settle();
    EXPECT_TRUE(*answered) << "the call was not answered";
    return answered->value_or(HttpResponse{.status = 0});
}

std::shared_ptr<std::optional<HttpResponse>> World::begin(HttpRequest request) {
    auto answered = std::make_shared<std::optional<HttpResponse>>();  // by the caller and the call
    https_.front()->handle(
        std::move(request), [answered](HttpResponse response) { *answered = std::move(response); }, now);
    return answered;
}

HttpResponse World::call(const std::string& method, const std::string& target, const std::string& body,
                         const std::string& access, const std::string& key) {
    HttpRequest request{.method = method, .target = target, .body = body, .remote = "127.0.0.1"};
    if (!body.empty()) request.content_type = "application/json";
    if (!access.empty()) request.authorization = "Bearer " + access;
    request.idempotency_key = key;
    return call(std::move(request));
}

Account World::person(const std::string& handle) {
    const protocol::Registration body{
        .handle = handle, .password = std::string(usual_password), .device_name = "desk"};
    const auto response = call("POST", "/v1/accounts", protocol::encode(body, protocol::Encoding::json));
    EXPECT_EQ(response.status, 201) << response.body;
    const auto session = protocol::decode<protocol::Session>(response.body, protocol::Encoding::json);
    if (!session) return {};
    return {handle, session->account, session->device, session->access_token, session->refresh_token};
}

Account World::another_device(const Account& account) {
    const protocol::SignIn body{
        .handle = account.handle, .password = std::string(usual_password), .device_name = "phone"};
    const auto response = call("POST", "/v1/sessions", protocol::encode(body, protocol::Encoding::json));
    EXPECT_EQ(response.status, 201) << response.body;
    const auto session = protocol::decode<protocol::Session>(response.body, protocol::Encoding::json);
    if (!session) return {};
    return {account.handle, session->account, session->device, session->access_token, session->refresh_token};
}

Peer& World::connect(std::uint32_t shard, protocol::Encoding encoding) {
    Peer& peer = *peers_.emplace_back(std::make_unique<Peer>(*this, shard, encoding));
    peer.key = shards_[shard]->handle_connected(peer, encoding, now);
    return peer;
}

Peer& World::sign_in(const Account& account, std::uint32_t shard) {
    Peer& peer = connect(shard);
    peer.ask(protocol::Auth{.token = account.access, .client = "test"});
    settle();
    peer.take();
    return peer;
}

Peer& World::online(const Account& account, std::uint32_t shard, protocol::Encoding encoding) {
    Peer& peer = connect(shard, encoding);
    peer.ask(protocol::Auth{.token = account.access, .client = "test"});
    peer.ask(protocol::Resume{});
    settle();
    EXPECT_EQ(peer.take_all<protocol::Resumed>().size(), 1u);
    return peer;
}

StreamId World::group(Peer& owner, const std::vector<Account>& members, const std::string& title) {
    protocol::ConversationCreate create{.title = title, .members = {}};
    for (const Account& member : members)
        create.members.push_back(member.id);
    return owner.answer(owner.ask(create)).stream;
}

Uuid World::next_id() {
    Uuid id;
    ++ids_;
    for (int i = 0; i < 8; ++i)
        id.bytes[15 - static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ids_ >> (8 * i));
    id.bytes[6] = 0x70;
    id.bytes[8] = 0x80;
    return id;
}

std::vector<std::string> texts_of(const std::vector<protocol::Envelope>& envelopes) {
    std::vector<std::string> texts;
    for (const protocol::Envelope& envelope : envelopes) {
        if (const auto* message = std::get_if<protocol::MessageNew>(&envelope.payload))
            texts.push_back(message->text);
    }
    return texts;
}

protocol::MessageSend message(const StreamId& to, std::string text) {
    protocol::MessageSend send;
    send.target.stream = to;
    send.text = std::move(text);
    return send;
}

std::string everything_on_disk(const World& world) {
    std::string bytes;
    for (const auto& file :
         std::filesystem::directory_iterator(std::filesystem::path(world.database()).parent_path())) {
        std::ifstream stream(file.path(), std::ios::binary);
        bytes.append(std::istreambuf_iterator<char>(stream), {});
    }
    return bytes;
}

std::string code_of(const HttpResponse& response) {
    EXPECT_EQ(response.content_type, "application/problem+json");
    const auto problem = protocol::decode<protocol::Problem>(response.body, protocol::Encoding::json);
    EXPECT_TRUE(problem) << response.body;
    if (!problem) return {};
    EXPECT_EQ(problem->status, response.status);
    return std::string(name_of(problem->code));
}

}  // namespace parley::server::test
