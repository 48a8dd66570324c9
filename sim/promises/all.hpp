#pragma once

#include "sim/promise.hpp"

#include <memory>

namespace parley::sim {

// One file each, named after its number.
std::unique_ptr<Promise> acknowledged_survives();      // 1
std::unique_ptr<Promise> once();                       // 2
std::unique_ptr<Promise> numbers();                    // 3
std::unique_ptr<Promise> same_rows();                  // 4
std::unique_ptr<Promise> shown_once();                 // 5
std::unique_ptr<Promise> windows();                    // 5
std::unique_ptr<Promise> outbox();                     // 6
std::unique_ptr<Promise> edits_agree();                // 7
std::unique_ptr<Promise> deleted_is_gone();            // 8
std::unique_ptr<Promise> same_as_fresh();              // 9
std::unique_ptr<Promise> own_settings_agree();         // 9
std::unique_ptr<Promise> told_of_oneself();            // 9
std::unique_ptr<Promise> reactions_agree();            // 9
std::unique_ptr<Promise> pins_agree();                 // 9
std::unique_ptr<Promise> tokens_cover();               // 9
std::unique_ptr<Promise> latecomers_see_the_same();    // 9
std::unique_ptr<Promise> clocks_change_nothing();      // 10
std::unique_ptr<Promise> states_forward();             // 11
std::unique_ptr<Promise> states_arrive();              // 11
std::unique_ptr<Promise> positions_grow();             // 12
std::unique_ptr<Promise> delivered_is_held();          // 13
std::unique_ptr<Promise> counts();                     // 14
std::unique_ptr<Promise> badge();                      // 14
std::unique_ptr<Promise> receipts_for_members();       // 15
std::unique_ptr<Promise> typing_for_those_who_look();  // 15
std::unique_ptr<Promise> removed_hears_nothing();      // 16
std::unique_ptr<Promise> newcomer_sees_nothing();      // 17
std::unique_ptr<Promise> earlier_texts();              // 17
std::unique_ptr<Promise> rights();                     // 18
std::unique_ptr<Promise> account_rights();             // 18
std::unique_ptr<Promise> link_rights();                // 18
std::unique_ptr<Promise> slow_mode();                  // 18
std::unique_ptr<Promise> what_was_asked();             // 18
std::unique_ptr<Promise> blocked_cause_nothing();      // 19
std::unique_ptr<Promise> revoked_is_out();             // 20
std::unique_ptr<Promise> within_limits();              // 28
std::unique_ptr<Promise> deaf_harm_nobody();           // 29
std::unique_ptr<Promise> limits_spare();               // 30
std::unique_ptr<Promise> full_disk_is_said();          // 33

/// The part of promise 28 that looks at one buffer of the server's.
void buffer_fits(Scene& scene, const ServerNode::Buffer& buffer);

}  // namespace parley::sim
