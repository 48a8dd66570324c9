#pragma once

#include "base/result.hpp"
#include "base/uuid.hpp"
#include "protocol/generated/cpp/types.hpp"
#include "server/api/http.hpp"
#include "server/domain/batch.hpp"

namespace parley::sim {

class Wire;

/// Who is told what passes between the parts of the world, at the moment it does.
class Watch {
  public:
    virtual ~Watch() = default;

    /// Committed in the store, before anybody else hears of it.
    virtual void committed(const server::Batch& batch) = 0;
    /// Nothing of what was to be committed together is, and everybody who asked for some of it hears why.
    virtual void commit_refused(const Error& error) = 0;
    /// This envelope has left the server on this connection: whatever it says has been promised.
    virtual void server_said(Wire& wire, const protocol::Envelope& envelope) = 0;
    /// This frame is leaving a device, which has committed what it says.
    virtual void device_said(Wire& wire, std::string_view frame) = 0;
    /// This frame has reached the server.
    virtual void server_heard(Wire& wire, std::string_view frame) = 0;
    /// The server answers a call by HTTP, whether that gets back or not.
    virtual void http_said(const server::HttpRequest& request, const server::HttpResponse& response) = 0;
    /// The store as it is now may come back later, under this number.
    virtual void backed_up(int backup) = 0;
    /// The store is that of this backup again; the server starts on it.
    virtual void restored(int backup) = 0;
    /// The server stands on its disk again.
    virtual void server_started() = 0;
    /// What must not happen at all: a row that does not fit its checksum, a frame that nobody can read.
    virtual void surprise(std::string what) = 0;
};

}  // namespace parley::sim
