#pragma once

#include "core/view.hpp"
#include "sim/scene.hpp"
#include "sim/store_reader.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace parley::sim {

/// So many messages are asked for at a time; of those that wait or have failed, no more are shown.
inline constexpr std::size_t window_rows = 40;

/// One conversation as one device shows it: all of it, from the first message to the pending ones.
struct Showing {
    core::ConversationView view;
    std::vector<core::MessageView> messages;
    /// Not all of it is on the device.
    bool missing = false;
};

/// What a device shows where it is asked for a part of a conversation.
struct Part {
    core::WindowQuery query;
    core::WindowView view;
};

/// One sentence of the list of promises, as a check. Each hook runs at the moment that it names; whatever it
/// finds wrong it tells the scene, with its number.
class Promise {
  public:
    virtual ~Promise() = default;
    virtual int number() const = 0;
    /// With all that it has seen. Made where the store is backed up: what a restored server is held to.
    virtual std::unique_ptr<Promise> copy() const = 0;

    /// A batch is on the server's disk; the history does not have it yet.
    virtual void committed(Scene&, const server::Batch&) {}
    /// A batch could not be committed.
    virtual void commit_refused(Scene&, const Error&) {}
    /// The server has said on a new line what its clock shows.
    virtual void server_greeted(Scene&, const Line&) {}
    /// An envelope has left the server on a line that is signed in.
    virtual void server_said(Scene&, Line&, const SignedIn&, const protocol::Envelope&) {}
    /// An envelope is leaving a device on which somebody is signed in.
    virtual void device_said(Scene&, Device&, const protocol::Envelope&) {}
    /// An envelope has reached the server, which has not looked at it yet. Nobody need be signed in there.
    virtual void server_heard(Scene&, Line&, const protocol::Envelope&) {}
    /// By HTTP the server has said to a person what there is of him, to a question that had come then.
    virtual void told_of_oneself(Scene&, const Line&, const SignedIn&, Instant /*asked*/, const OwnAnswer&) {}
    /// The server answers a call by HTTP, whosever it is.
    virtual void http_said(Scene&, const server::HttpRequest&, const server::HttpResponse&) {}
    /// The server stands on its disk again; the history has what the store has.
    virtual void server_started(Scene&, const StoredRows&) {}
    /// A running server has begun another epoch, since a device knew of more than its store: so far the
    /// numbers have jumped, and the history with them.
    virtual void epoch_begun(Scene&, const StoredRows&) {}
    /// A person has signed this device out on it, and has just been told that the server knows.
    virtual void signed_out(Scene&, const DeviceId&) {}
    /// A device that was signed in says that its tokens are of no use any more.
    virtual void must_sign_in(Scene&, Device&, const DeviceId&) {}
    /// A device says that its badge is another now.
    virtual void badge_changed(Scene&, Device&) {}
    /// A person looks at the list of conversations on a device.
    virtual void listed(Scene&, Device&, const std::vector<core::ConversationView>&) {}
    /// A person looks at a conversation on a device.
    virtual void looked_at(Scene&, Device&, const Showing&) {}
    /// A person scrolls to some place in a conversation, of which all that the device has is known.
    virtual void window_seen(Scene&, Device&, const Showing&, const Part&) {}
    /// Everything has come to rest after all faults were healed.
    virtual void at_rest(Scene&, const StoredRows&) {}
    virtual void device_at_rest(Scene&, Device&, const std::vector<Showing>&) {}
    /// A device that came after that is at rest as well; what it shows, and what another device of its
    /// person, or itself before, did.
    virtual void latecomer_at_rest(Scene&, Device&, const std::vector<Showing>&,
                                   const std::vector<Showing>&) {}
};

/// What each of them is: one that can be copied.
template <class One>
class Kept : public Promise {
  public:
    std::unique_ptr<Promise> copy() const final {
        return std::make_unique<One>(static_cast<const One&>(*this));
    }
};

/// All of them, in the order of their numbers.
std::vector<std::unique_ptr<Promise>> all_promises();

/// Everything that a device shows of a conversation; an error where its database fails.
Result<Showing> everything_shown(core::Client& client, const core::ConversationView& view);
/// A window at some place in it, or beside it.
Result<Part> some_window(core::Client& client, const Showing& all, Random chance);

}  // namespace parley::sim
