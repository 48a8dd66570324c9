#pragma once

/// Deliberate defects for the tests of the tests.
namespace parley::sim::crash {

/// Connections that are opened while it lives have `synchronous=NORMAL` for ever, whatever their owner says.
class NormalSync {
  public:
    explicit NormalSync(bool planted);
    ~NormalSync();
    NormalSync(const NormalSync&) = delete;
    NormalSync& operator=(const NormalSync&) = delete;
};

/// While it lives, what the server computes as a checksum is the same for all rows and pages, so that none is
/// ever found bad. One at a time.
class ChecksumsOff {
  public:
    explicit ChecksumsOff(bool off);
    ~ChecksumsOff();
    ChecksumsOff(const ChecksumsOff&) = delete;
    ChecksumsOff& operator=(const ChecksumsOff&) = delete;
};

}  // namespace parley::sim::crash
