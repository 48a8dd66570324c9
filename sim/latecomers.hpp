#pragma once

#include "base/uuid.hpp"
#include "sim/memory_disk.hpp"
#include "sim/promise.hpp"
#include "sim/scene.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace parley::sim {

/// Who comes when all is over: a device on which nobody was ever signed in, or one whose disk is as it was in
/// the middle of the run. Either must come to show what the person's devices show.
class Latecomers {
  public:
    Latecomers(Scene& scene, Random chance);

    /// Keeps a copy of the disk of some device, where the seed wants it and none is kept yet: of one on which
    /// nothing waits, since what waited then was done since, or thrown away.
    void keep_a_disk();
    struct Arrival {
        Device* device = nullptr;
        /// What another device of its person showed before, or where there is none, it itself.
        std::vector<Showing> others_show;
    };
    /// One comes; nothing: in this seed nobody does.
    std::optional<Arrival> arrive();

  private:
    struct OldDisk {
        std::unique_ptr<MemoryDisk> disk;
        Device* device = nullptr;
        DeviceId id;
        /// Restores of the server until then.
        std::size_t restores = 0;
    };

    std::optional<Arrival> fresh_device();
    std::optional<Arrival> old_disk();

    Scene& scene_;
    Random chance_;
    bool with_old_disk_;
    std::optional<OldDisk> kept_;
};

}  // namespace parley::sim
