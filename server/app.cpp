#include "server/app.hpp"

#include "server/bus/local_bus.hpp"
#include "server/bus/pools.hpp"
#include "server/bus/writer_thread.hpp"
#include "server/net/listener.hpp"
#include "server/ops/clock.hpp"
#include "server/ops/control.hpp"
#include "server/ops/first_start.hpp"
#include "server/ops/log.hpp"
#include "server/ops/maintenance.hpp"
#include "server/ops/process_host.hpp"
#include "server/ops/secret_file.hpp"
#include "server/ops/start_progress.hpp"
#include "server/ops/system_call.hpp"
#include "server/ops/thread_name.hpp"
#include "server/settings_check.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store_options.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <latch>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

namespace parley::server {

namespace {

constexpr std::size_t reads_queued_max = 65'536;
/// For each thread, so that whoever waits is answered in seconds: each hash takes some tenths of one.
constexpr std::size_t hashes_queued_max = 32;
/// A transaction that takes longer than this means that the disk does not answer.
constexpr Duration commit_time_max = seconds(10);
/// How long the drain waits for the last answers, and then for the last frames, beyond the time that a
/// connection has for them.
constexpr Duration drain_leeway = seconds(1);

Rules rules_of(const Settings& settings) {
    return {.registration = settings.registration == "open"     ? Registration::open
                            : settings.registration == "closed" ? Registration::closed
                                                                : Registration::invite,
            .everyone_invites = settings.invites_everyone,
            .members_max = settings.conversations_members_max,
            .devices_max = settings.accounts_devices_max,
            .edits_max = settings.messages_edits_max,
            .access_token_life = seconds(settings.tokens_access_seconds)};
}

RateOptions rates_of(const Settings& settings) {
    return {.messages_per_second = settings.messages_per_second,
            .messages_burst = settings.messages_burst,
            .passwords = {.burst = settings.passwords_failures_max,
                          .retry = seconds(settings.passwords_retry_seconds)},
            .passwords_of_address = {.burst = settings.passwords_address_failures_max,
                                     .retry = seconds(settings.passwords_address_retry_seconds)},
            .passwords_of_account = {.burst = settings.passwords_account_failures_max,
                                     .retry = seconds(settings.passwords_account_retry_seconds)},
            .accounts = {.burst = settings.accounts_new_max,
                         .retry = seconds(settings.accounts_new_retry_seconds)},
            .links = {.burst = settings.links_tries_max, .retry = seconds(settings.links_retry_seconds)},
            .calls_per_second = settings.calls_per_second,
            .calls_burst = settings.calls_burst};
}

std::size_t shard_count(const Settings& settings) {
    if (settings.threads_shards > 0) return static_cast<std::size_t>(settings.threads_shards);
    return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

sigset_t end_signals() {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    return ends;
}

/// Each connection is a descriptor: as many as the system lets us have. How many that are.
std::int64_t raise_descriptor_limit() {
    constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return unlimited;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return std::in_range<std::int64_t>(limit.rlim_cur) ? static_cast<std::int64_t>(limit.rlim_cur)
                                                       : unlimited;
}

}  // namespace

/// In the order of making; taken apart in reverse, so that whoever uses something goes first.
struct App::Impl : public Operations {
    Impl(const Settings& chosen, Log& lines, const RootSecret& root)
        : settings(chosen), log(lines), rules(rules_of(chosen)), tokens(root), limits(rates_of(chosen)) {}

    bool ready() const override { return serving && !broken && !writer_stands_still(); }
    bool writer_stands_still() const {
        const Instant since = process_metrics.writing_since.load();
        return since != Instant{} && current_time().instant - since > commit_time_max;
    }
    std::string metrics() const override {
        std::vector<const ShardMetrics*> all;
        all.reserve(shard_metrics.size());
        for (const auto& one : shard_metrics)
            all.push_back(one.get());
        return render_metrics(
            process_metrics, all,
            {.log_lines_dropped = log.dropped(), .connections_refused = listener ? listener->refused() : 0});
    }

    Status open_store();
    Status make_shards();
    void note_epochs(const Batch& batch);
    ShardOptions shard_options(std::uint32_t number, std::size_t count) const;
    HttpOptions http_options(const std::string& decoy) const;
    Status listen();
    void on_all_shards(const std::function<void(Shard&, Now)>& task);
    void drain();

    const Settings settings;
    /// As many as this process may have open.
    std::int64_t descriptors = 0;
    Log& log;
    const Rules rules;
    const Tokens tokens;
    RateLimits limits;
    const ClockStamps stamps;
    std::atomic<bool> serving{false};
    std::atomic<bool> broken{false};
    ProcessMetrics process_metrics;
    std::vector<std::unique_ptr<ShardMetrics>> shard_metrics;
    std::unique_ptr<ProcessHost> host;
    std::unique_ptr<Store> store;
    LocalBus bus;
    std::vector<std::unique_ptr<ShardLoop>> loops;
    std::unique_ptr<ReaderThreads> readers;
    std::unique_ptr<HashThreads> hashers;
    std::unique_ptr<WriterThread> writer;
    std::unique_ptr<Listener> listener;
    std::unique_ptr<Maintenance> maintenance;
    std::unique_ptr<ControlSocket> control;
    std::vector<std::thread> threads;
};

Status App::Impl::open_store() {
    host = std::make_unique<ProcessHost>(settings.data, log, process_metrics.bad_rows);
    StartProgress progress(log, [] { return current_time().instant; });
    SqliteOptions options = store_options(settings);
    options.progress = [&](const LongWork& work) {
        progress.handle(work);
    };
    auto opened = open_sqlite_store(options, rules, *host);
    if (!opened && opened.error().code == ErrorCode::unavailable) {
        return fail(ErrorCode::unavailable,
                    opened.error().context + ": stop what uses it, or name another folder with --data");
    }
    TRY_ASSIGN(store, std::move(opened));
    progress.handle_done();
    if (store->was_copied()) {
        process_metrics.epochs_begun.add();
        log.warning(begun_on_copy, {{"epoch", store->epoch()}, {"position", store->position()}});
    }
    return {};
}

void App::Impl::note_epochs(const Batch& batch) {
    for (const Effect& effect : batch.effects) {
        const auto* begun = std::get_if<EpochBegun>(&effect);
        if (begun == nullptr) continue;
        process_metrics.epochs_begun.add();
        log.warning("an older copy of the store was put back, a new epoch begins",
                    {{"epoch", begun->epoch},
                     {"unchanged_up_to", begun->shared_upto},
                     {"a_device_had", begun->seen}});
    }
}

ShardOptions App::Impl::shard_options(std::uint32_t number, std::size_t count) const {
    ShardOptions options;
    options.number = number;
    options.epoch = store->epoch();
    options.life = store->life();
    options.position = store->position();
    options.run = fmt::format("{:x}-", current_time().wall.ms);
    options.session_queue_bytes_max = static_cast<std::size_t>(settings.queues_session_kib) << 10;
    options.queues_bytes_max = (static_cast<std::size_t>(settings.queues_all_mib) << 20) / count;
    return options;
}

HttpOptions App::Impl::http_options(const std::string& decoy) const {
    return {.access_token_life = seconds(settings.tokens_access_seconds),
            .decoy_hash = decoy,
            .rules = rules,
            .metrics = settings.metrics};
}

Status App::Impl::make_shards() {
    const PasswordCost cost{.memory_kib = settings.passwords_memory_kib, .passes = settings.passwords_passes};
    std::string unknown(32, '\0');
    randombytes_buf(unknown.data(), unknown.size());
    TRY_ASSIGN(const std::string decoy, hash_password(unknown, cost));

    const auto post = [this](std::uint32_t shard, std::function<void()> task) {
        loops[shard]->post([task = std::move(task)](Shard& on, Now now) { on.handle_done(task, now); });
    };
    readers = std::make_unique<ReaderThreads>(static_cast<std::size_t>(settings.threads_readers),
                                              reads_queued_max, *store, post, process_metrics.reads_queued);
    const auto hash_threads = static_cast<std::size_t>(settings.threads_hashers);
    hashers = std::make_unique<HashThreads>(hash_threads, hash_threads * hashes_queued_max, cost, post,
                                            process_metrics.hashes_queued);
    WriterReports reports;
    reports.publish = [this](Batch batch) {
        note_epochs(batch);
        bus.publish(std::move(batch));
    };
    reports.failed = [this](const Error& error) {
        log.error("work failed", {{"error", error}});
    };
    reports.broken = [this](const Error& error) {
        // What is written from here on would be lost; who is connected now comes back to a process that
        // works.
        log.error("store broken", {{"error", error}});
        broken = true;
        kill(getpid(), SIGTERM);
    };
    writer = std::make_unique<WriterThread>(WriterOptions{}, *store, std::move(reports), process_metrics);

    const std::size_t count = shard_count(settings);
    for (std::uint32_t number = 0; number < count; ++number) {
        shard_metrics.push_back(std::make_unique<ShardMetrics>());
        const ShardPorts ports{*writer, *readers, bus, tokens, limits, *shard_metrics.back(), log, stamps};
        loops.push_back(std::make_unique<ShardLoop>(shard_options(number, count), ports, http_options(decoy),
                                                    *hashers, *this));
        bus.add_shard([loop = loops.back().get()](auto task) { loop->post(std::move(task)); },
                      shard_metrics.back()->unwalked_bytes);
    }
    return {};
}

Status App::Impl::listen() {
    std::vector<ShardLoop*> all;
    all.reserve(loops.size());
    for (const auto& loop : loops)
        all.push_back(loop.get());
    TRY_ASSIGN(listener, Listener::create(net_options(settings), std::move(all)));
    return {};
}

/// Waits until each has done it, and with it everything that was posted before.
void App::Impl::on_all_shards(const std::function<void(Shard&, Now)>& task) {
    std::latch done(static_cast<std::ptrdiff_t>(loops.size()));
    for (const auto& loop : loops) {
        loop->post([&](Shard& shard, Now now) {
            task(shard, now);
            done.count_down();
        });
    }
    done.wait();
}

void App::Impl::drain() {
    serving = false;
    log.info("draining", {{"connections", listener->connections()}});
    control.reset();
    maintenance.reset();
    listener->stop();
    const auto wait_for_none = [&](std::int64_t (Listener::*left)() const, Duration most) {
        const Instant last = current_time().instant + most + drain_leeway;
        while ((*listener.*left)() > 0 && current_time().instant < last)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
    };
    // What was received is decided and answered before anybody is sent away; what a connection has asked by
    // HTTP is the last that it asks. A call that takes longer is answered that it does.
    wait_for_none(&Listener::calls, NetOptions{}.answer_time_max);
    on_all_shards([](Shard& shard, Now now) { shard.flush_acks(now); });
    writer->finish();
    on_all_shards(
        [this](Shard& shard, Now now) { shard.drain(milliseconds(settings.drain_spread_ms), now); });
    wait_for_none(&Listener::sockets, NetOptions{}.close_time_max);
    for (const auto& loop : loops)
        loop->loop().stop();
    for (std::thread& thread : threads)
        thread.join();
    threads.clear();
}

App::App(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

void App::hold_signals() {
    // Threads that are made later inherit this.
    const sigset_t ends = end_signals();
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

App::~App() {
    // Only where `run` was never called: after it, none are left.
    for (const auto& loop : impl_->loops)
        loop->loop().stop();
    for (std::thread& thread : impl_->threads)
        thread.join();
}

Result<std::unique_ptr<App>> App::open(const Settings& settings, Log& log) {
    if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium cannot be used");
    const std::int64_t descriptors = raise_descriptor_limit();
    TRY(make_data_folder(settings.data));
    TRY_ASSIGN(const RootSecret root, load_root_secret(settings.data));
    auto impl = std::make_unique<Impl>(settings, log, root);
    impl->descriptors = descriptors;
    TRY(impl->open_store());
    Status ready = impl->make_shards();
    if (ready) ready = impl->listen();
    if (!ready) {
        // Nothing was served: the next start has nothing to look after.
        (void)impl->store->close();
        return std::unexpected(ready.error());
    }
    return std::unique_ptr<App>(new App(std::move(impl)));
}

Result<std::string> App::greeting() {
    const Url url = url_of(impl_->settings, impl_->listener->port());
    const GreetingOptions options{
        .url = url.text, .of_this_machine_only = url.of_this_machine_only, .parley = client_program()};
    return server::greeting(*impl_->store, impl_->rules, options, current_time().wall);
}

int App::run() {
    Impl& app = *impl_;
    Log& log = app.log;
    // The greeting may have written: shards begin where the store stands now.
    app.writer->start();
    for (const auto& loop : app.loops) {
        app.threads.emplace_back([&loop] {
            name_thread("shard-" + std::to_string(loop->number()));
            loop->loop().run();
        });
    }
    app.maintenance = std::make_unique<Maintenance>(
        MaintenanceOptions{.scrub_rows_per_second = app.settings.store_scrub_rows_per_second}, *app.store,
        app.process_metrics, log);
    ControlTasks tasks(*app.loops.front(), app.settings.data, log);
    auto control = ControlSocket::listen(app.settings.data,
                                         [&tasks](std::string_view request) { return tasks.serve(request); });
    if (control) {
        app.control = std::move(*control);
    } else {
        log.warning("no control socket", {{"error", control.error()}});
    }
    if (sqlite_has_log_reset_race()) {
        log.info("let no other program write to parley.db",
                 {{"sqlite", Plain{sqlite_version()}}, {"safe_from", Plain{"3.51.3"}}});
    }
    warn_of(app.settings,
            {.loopback = app.listener->is_loopback(),
             .secured = app.listener->secured(),
             .descriptors = app.descriptors},
            log);
    app.listener->start();
    app.serving = true;
    log.info("serving", {{"port", app.listener->port()},
                         {"shards", app.loops.size()},
                         {"tls", Plain{app.listener->secured() ? "yes" : "no"}},
                         {"unclean_start", Plain{app.store->unclean_start() ? "yes" : "no"}}});
    int signal = 0;
    const sigset_t ends = end_signals();
    sigwait(&ends, &signal);
    tasks.end();
    app.drain();
    if (app.broken) return 1;
    if (const Status closed = app.store->close(); !closed) {
        log.error("store not closed in order", {{"error", closed.error()}});
        return 1;
    }
    log.info("stopped");
    return 0;
}

}  // namespace parley::server
