#include "core/recorder/player.hpp"

#include "base/base64.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <utility>

namespace parley::core {
namespace {

using protocol::Encoding;

Now now_of(const protocol::RecordedTime& at) {
    return {.instant = {at.instant}, .wall = {at.before_1970 > 0 ? -at.before_1970 : at.wall}};
}

}  // namespace

Player::Player(const LifeRecording& life, Database* real)
    : life_(life),
      real_(real),
      recorder_(nowhere_, real != nullptr ? *real : static_cast<Database&>(database_), primitives_) {}

Played Player::play() {
    const RecordedStep& step = life_.steps[next_];
    const bool opening = next_ == 0;
    ++next_;
    Played played;
    // Where the opening failed there is no core to give anything to.
    if (!opening && !door_) return played;
    database_.answer_as(step);
    primitives_.answer_as(step);
    if (opening) {
        open();
    } else if (auto pushed = push(*step.input); !pushed) {
        played.difference = "the core did not understand it: " + pushed.error().context;
    }
    while (door_) {
        auto output = door_->poll();
        if (!output) break;
        played.outputs.push_back(std::move(*output));
    }
    played.done = recorder_.last_done();
    compare(step, played);
    return played;
}

void Player::open() {
    const std::string options = protocol::encode(life_.life.options, Encoding::json);
    auto door = Door::open(options, Encoding::json, recorder_.database(), recorder_.primitives(),
                           now_of(life_.life.at), &recorder_);
    if (door) door_ = std::move(*door);
}

Status Player::push(const protocol::RecordedInput& input) {
    const Now now = now_of(input.at);
    if (input.command) return door_->push(DoorKind::commands, *input.command, now);
    if (input.message)
        return door_->push(DoorKind::message, protocol::encode(*input.message, Encoding::json), now);
    const auto frame = from_base64(input.frame.value_or(""));
    if (!frame) return fail(ErrorCode::invalid, "a frame that is no base64");
    return door_->push(DoorKind::frame, *frame, now);
}

void Player::compare(const RecordedStep& step, Played& played) const {
    if (!step.done || played.difference) return;
    played.compared = true;
    if (step.done->said != played.done.said) {
        played.difference = "the core asked for something else than when this was recorded (" +
                            std::to_string(played.done.actions) + " actions, then " +
                            std::to_string(step.done->actions) + ")";
    } else if (real_ == nullptr && step.done->stored != played.done.stored) {
        played.difference = "the core asked its database for something else than when this was recorded";
    }
}

}  // namespace parley::core
