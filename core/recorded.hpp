#pragma once

#include "core/ports/recorder.hpp"

#include <utility>

namespace parley::core {

/// The opening of a core, an input, or a question to it: told to the recorder, where there is one, from what
/// is taken in to the end of what the core does about it. Without a recorder it costs a comparison.
class Recorded {
  public:
    /// `tell(recorder)` says what is taken in.
    template <class Tell>
    Recorded(Recorder* recorder, Tell&& tell) : recorder_(recorder) {
        if (recorder_ != nullptr) tell(*recorder_);
    }
    /// The same for what has a message: `input()` makes it.
    template <class Input>
    Recorded(Recorder* recorder, Now now, Input&& input) : recorder_(recorder) {
        if (recorder_ != nullptr) recorder_->takes(input(), now);
    }
    Recorded(const Recorded&) = delete;
    Recorded& operator=(const Recorded&) = delete;
    ~Recorded() {
        if (recorder_ != nullptr) recorder_->done();
    }

    /// Passes an answer on.
    template <class Answer>
    Answer reply(Answer answer) {
        if (recorder_ != nullptr) recorder_->replies(&std::as_const(answer));
        return answer;
    }

  private:
    Recorder* recorder_;
};

}  // namespace parley::core
