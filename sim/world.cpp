#include "sim/world.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace parley::sim {

World::World(std::uint64_t seed) : root_(seed), random_(root_.fork("world")) {}

bool World::later(const Waiting& a, const Waiting& b) {
    return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
}

void World::push(Instant when, SharedLife life, Event event) {
    assert(when >= now_);
    std::size_t place = held_.size();
    if (free_places_.empty()) {
        held_.emplace_back();
    } else {
        place = free_places_.back();
        free_places_.pop_back();
    }
    held_[place] = {std::move(life), std::move(event)};
    queue_.push_back({when, ++sequence_, place});
    std::ranges::push_heap(queue_, later);
}

World::Held World::take(std::size_t place) {
    free_places_.push_back(place);
    return std::exchange(held_[place], {});
}

void World::after(Duration delay, Event event) {
    push(now_ + delay, nullptr, std::move(event));
}

void World::after(Duration delay, const SharedLife& life, Event event) {
    push(now_ + delay, life, std::move(event));
}

void World::at(Instant when, const SharedLife& life, Event event) {
    push(std::max(when, now_), life, std::move(event));
}

void World::end(Life& life) {
    life.end();
    // What an event holds may schedule or end something when it goes, so it goes after the queue is whole
    // again.
    std::vector<Held> ended;
    std::erase_if(queue_, [&](const Waiting& waiting) {
        if (held_[waiting.place].life.get() != &life) return false;
        ended.push_back(take(waiting.place));
        return true;
    });
    std::ranges::make_heap(queue_, later);
}

bool World::step() {
    while (!queue_.empty()) {
        std::ranges::pop_heap(queue_, later);
        const Instant at = queue_.back().at;
        Held next = take(queue_.back().place);
        queue_.pop_back();
        if (next.life && next.life->over()) continue;
        now_ = at;
        ++events_;
        next.event();
        return true;
    }
    return false;
}

}  // namespace parley::sim
