#pragma once

#include <cstdint>

#ifdef PARLEY_MUTANTS
#include <array>
#include <string_view>
#endif

/// Deliberate defects, each a mistake that somebody could make. One is chosen for a whole process, and the
/// simulator must find it (`make mutants`). They exist in the build `mutants` alone: everywhere else `mutant`
/// is a constant and nothing of them is left. docs/simulator.md says how to add one.
///
///     if (!mutant(Mutant::removal_of_old_content_left_out)) remove(old);
namespace parley {

// The number of a mutant is its place in this list, from 1 on.
#define PARLEY_EACH_SERVER_MUTANT(MUTANT)                                                                 \
    /* the store */                                                                                       \
    MUTANT(acknowledge_before_commit, "commands are answered, and committed only with the next ones")     \
    MUTANT(synchronous_normal, "a commit is not synced: PRAGMA synchronous = NORMAL")                     \
    MUTANT(sync_failure_ignored, "the server goes on after a sync that failed")                           \
    MUTANT(seq_reused_after_rollback, "after a transaction that failed the heads are one too low")        \
    MUTANT(cache_kept_after_rollback, "after a transaction that failed its heads stay in memory")         \
    MUTANT(disk_full_for_ever, "once the disk was full the server never takes anything again")            \
    MUTANT(ballast_kept, "a full disk does not make the server let its ballast go")                       \
    MUTANT(changed_rows_left_out, "`changes` leaves out rows that changed since they were made")          \
    /* what the writer decides */                                                                         \
    MUTANT(forget_idempotency_row, "a command that was done is not remembered, so a retry does it again") \
    MUTANT(may_post_before_known_id, "the right to post is checked before the known id")                  \
    MUTANT(repeat_answered_with_head,                                                                     \
           "the answer to a repeat names the head instead of the message's place")                        \
    MUTANT(refresh_successor_anew, "a refresh token that comes again gets a new successor")               \
    MUTANT(signed_out_device_is_heard, "what was under way when its device was signed out is still done") \
    MUTANT(everybody_owns, "members may do what only owners may")                                         \
    MUTANT(strangers_may_send, "who is out may still send")                                               \
    MUTANT(newcomer_sees_everything, "a membership is opened from the first message on")                  \
    MUTANT(departed_member_still_counted, "a conversation's number of members does not fall")             \
    MUTANT(read_position_falls, "a read position takes the place of a higher one")                        \
    MUTANT(acks_of_the_departed, "the acks of somebody who is out still move what is told to the others") \
    MUTANT(ack_falls, "an ack takes the place of a higher one")                                           \
    MUTANT(own_messages_not_subtracted, "the server counts a person's own messages as unread for him")    \
    MUTANT(joining_counts_what_was_before, "what was said before a joining counts as unread")             \
    MUTANT(mentions_counted_when_read, "the mention that was read last still counts")                     \
    MUTANT(members_delete_others, "whoever is in a conversation may delete what others said there")       \
    MUTANT(anybody_may_be_removed, "who may remove members may remove those above him, too")              \
    MUTANT(permissions_of_before, "permissions that were set are told, and those of before hold")         \
    MUTANT(last_owner_steps_down, "the only owner of a group may take a lower role")                      \
    MUTANT(heir_whatever_his_role, "the longest-standing member inherits a group, whatever his role")     \
    MUTANT(nobody_inherits, "when the last owner leaves nobody owns the group any more")                  \
    MUTANT(role_outlives_membership, "who comes back has the role that he had")                           \
    MUTANT(deleted_still_counts, "a message that was deleted still counts as unread")                     \
    MUTANT(deleting_needs_room, "a message is not deleted where the disk is nearly full")                 \
    MUTANT(earlier_texts_kept, "what an edited message said before stays when it is deleted")             \
    MUTANT(edits_unbounded, "a message can be edited more often than the operator allows")                \
    MUTANT(reaction_doubles, "who reacts with the same emoji twice is counted twice")                     \
    MUTANT(reactions_outlive_their_message, "reactions to a message that was deleted stay in the store")  \
    MUTANT(edit_keeps_entities, "an edit gives a message another text with the entities of the old one")  \
    MUTANT(any_entities_taken, "lists of entities that break the rule are taken")                         \
    MUTANT(forward_of_the_unseen, "a message can be forwarded by whoever knows its id")                   \
    MUTANT(forward_says_what_is_asked, "a forward says what its sender says that it says")                \
    MUTANT(forward_names_the_last_hand, "a forward of a forward names who forwarded it")                  \
    MUTANT(forward_mentions, "a forward mentions those whom the message mentioned")                       \
    MUTANT(forwards_are_edited, "who forwarded a message may give it another text")                       \
    MUTANT(custom_data_rewritten, "custom data is taken without its white space")                         \
    MUTANT(any_data_taken, "custom data is taken that is no JSON")                                        \
    MUTANT(edit_forgets_silence, "a silent message is silent no more once it was edited")                 \
    MUTANT(everybody_names_all, "a message that names everybody takes no permission")                     \
    MUTANT(mention_of_all_outlives_its_message,                                                           \
           "a deleted message that named everybody still counts as a mention")                            \
    MUTANT(pins_outlive_their_message, "a message that was deleted stays pinned")                         \
    MUTANT(absent_preferences_fall, "what is not set anew goes back to what it was in the beginning")     \
    MUTANT(stale_draft_wins, "a draft takes the place of one that its writer had not seen")               \
    MUTANT(mark_outlives_a_read, "what is marked as unread stays so when it is read")                     \
    MUTANT(follow_up_forgets_the_rest, "a slice of what follows from commits settles all of it")          \
    /* what the store is asked */                                                                         \
    MUTANT(reactions_of_the_unseen, "`changes` bring reactions to messages that the reader may not see")  \
    MUTANT(pins_of_the_unseen, "`changes` bring pins of messages that the reader may not see")            \
    MUTANT(link_outlives_its_time, "people join by an invite link whose time is over")                    \
    MUTANT(link_used_without_end, "people join by an invite link that was used as often as it may be")    \
    MUTANT(link_use_not_counted, "joining by an invite link counts as no use of it")                      \
    MUTANT(link_gives_more_than_it_says, "who joins by a link for guests becomes a member")               \
    MUTANT(links_outlive_their_maker, "the invite links of somebody who is out are good once he is back") \
    MUTANT(removed_comes_back_by_link, "who was removed joins by an invite link")                         \
    MUTANT(slow_mode_slows_nobody, "slow mode of a group is told and not kept")                           \
    MUTANT(slow_mode_forgets, "in slow mode nobody's last message is remembered")                         \
    MUTANT(sharing_reaches_back, "a group that begins to share its history shares what was said before")  \
    MUTANT(shared_history_withheld, "a newcomer sees nothing of the history that his group shares")       \
    MUTANT(changes_off_by_one, "`changes` begins one number too late")                                    \
    MUTANT(changes_claim_the_head, "`changes` that stopped short say that they reached the head")         \
    MUTANT(page_claims_one_more, "a page says that it covers the message before its first")               \
    MUTANT(preview_of_the_unseen, "a state's last message is one that the member may not see")            \
    MUTANT(resume_leaves_out_the_oldest, "a resume leaves out the state that moved first")                \
    MUTANT(resume_skips_account_change, "a resume begins one account change too late")                    \
    /* sessions and shards */                                                                             \
    MUTANT(one_change_after_a_removal, "who leaves is sent one change more")                              \
    MUTANT(removal_missed_in_replay, "a removal during a resume does not close the conversation")         \
    MUTANT(token_after_data, "a resume's token is taken after its data")                                  \
    MUTANT(pong_token_while_resuming, "a pong's token covers frames that a resume still owes")            \
    MUTANT(nothing_replayed, "what was committed during the last part of a resume is not sent")           \
    MUTANT(dropped_changes_covered, "a queue that was dropped counts as sent")                            \
    MUTANT(other_devices_forgotten, "a person's other devices do not hear what he sends")                 \
    MUTANT(joined_stream_not_opened, "a session hears that it joined, and nothing of the conversation")   \
    MUTANT(revocation_not_told, "the session of a device that was signed out goes on")                    \
    MUTANT(signed_out_device_signs_in, "a device that was signed out may sign in again")                  \
    MUTANT(replay_unbounded, "all that was ever told is kept to be told again")                           \
    MUTANT(reading_is_rationed, "to read costs as much as a message")                                     \
    MUTANT(blocked_row_is_pushed, "what a blocked person writes is told live to whoever blocked him")     \
    MUTANT(block_leaves_the_history_open, "what the blocked write can be read by whoever blocked them")   \
    MUTANT(blocked_still_counts, "messages of blocked persons count in groups")                           \
    MUTANT(receipts_pass_a_block, "receipts are told over a block")                                       \
    MUTANT(typing_passes_a_block, "typing is told over a block")                                          \
    MUTANT(blocker_may_send, "whoever has blocked a person writes to him")                                \
    MUTANT(blocked_adds_the_blocker, "a blocked person adds whoever has blocked him to a group")          \
    MUTANT(blocked_begins_aloud, "a blocked person who begins a conversation is shown")                   \
    MUTANT(receipts_of_the_unseen, "after a block receipts speak of what was written during it")          \
    MUTANT(unblocking_brings_back, "what was written during a block is shown once it ends")               \
    MUTANT(typing_told_to_all, "who is typing is told to those who do not look, too")                     \
    MUTANT(departed_still_type, "who is out of a conversation is still told of as typing there")

#define PARLEY_EACH_CORE_MUTANT(MUTANT)                                                                 \
    /* both ends */                                                                                     \
    MUTANT(own_messages_counted_as_unread, "a device counts own messages as unread")                    \
    MUTANT(deleted_mention_of_all_still_counted,                                                        \
           "a device counts a deleted message that named everybody as a mention")                       \
    MUTANT(muted_counts_in_the_badge, "what is muted counts in the badge")                              \
    /* the core's database and tokens */                                                                \
    MUTANT(lease_not_checked, "a core that has lost its database to another goes on writing")           \
    MUTANT(refresh_used_before_commit, "a renewed refresh token is used and not stored")                \
    MUTANT(reconnect_timer_lost, "who has lost the connection waits for the network to be announced")   \
    MUTANT(older_name_wins, "a name that is told late takes the place of a later one")                  \
    /* the core's outbox */                                                                             \
    MUTANT(outbox_order_lost_on_reconnect, "what waits is sent in the wrong order after a reconnect")   \
    MUTANT(follows_left_out, "a command does not name the one that it follows")                         \
    MUTANT(in_flight_unbounded, "a device sends all that waits at once")                                \
    MUTANT(in_flight_taken_for_done, "what was unanswered when a connection ended counts as done")      \
    MUTANT(waiting_taken_for_failed, "a refusal that says *wait* makes a command fail")                 \
    MUTANT(read_swallowed, "a read gives way to an earlier one that is under way")                      \
    MUTANT(earlier_reaction_wins, "a reaction that waits is kept, and that it was taken back is not")   \
    MUTANT(answer_to_a_forward_ignored, "a device does not take what the answer to a forward says")     \
    MUTANT(earlier_draft_wins, "a draft that waits is kept, and the later one thrown away")             \
    /* the core's streams, counters and receipts */                                                     \
    MUTANT(newer_preferences_ignored, "a newer row of preferences is not shown")                        \
    MUTANT(folded_row_over_newer, "an older state of a row takes the place of a newer one")             \
    MUTANT(reactions_outlive_a_tombstone, "a device keeps the reactions to a message that was deleted") \
    MUTANT(unpinned_is_shown, "a device shows what was unpinned as pinned")                             \
    MUTANT(deleted_text_kept, "a device keeps the text of a message that was deleted")                  \
    MUTANT(prefix_taken_for_range, "the first part of a pull counts as the whole")                      \
    MUTANT(page_taken_for_everything, "a page counts as all of the history")                            \
    MUTANT(jump_without_removals, "a jump does not fetch what was removed meanwhile")                   \
    MUTANT(hole_passed_over, "a cursor moves on over numbers that never came")                          \
    MUTANT(head_of_state_ignored, "the head that a state tells does not make a device pull")            \
    MUTANT(older_counts_win, "counts that are older than those known take their place")                 \
    MUTANT(read_does_not_settle_counts, "what was read on this device still counts")                    \
    MUTANT(acks_what_is_not_there, "a device acks the head instead of what it has committed")           \
    MUTANT(acks_before_newest_page, "after a jump a device acks before it has the newest page")         \
    MUTANT(receipts_may_fall, "what has reached everybody is forgotten when somebody joins")            \
    MUTANT(read_by_one_is_by_all, "what one has read counts as read by all")                            \
    MUTANT(newcomers_read_the_past, "who joins counts as having read what was said before")             \
    MUTANT(read_of_some_is_of_all, "a read that waits to be sent counts as one of everything")          \
    MUTANT(typing_never_ends, "who falls silent is shown as typing for ever")                           \
    MUTANT(device_counts_the_blocked, "a device counts messages of those whom the person has blocked")  \
    MUTANT(block_waits_for_its_answer, "a block is shown only once the server has it")                  \
    /* the core's windows */                                                                            \
    MUTANT(window_without_its_place, "a window around a place leaves out the message there")            \
    MUTANT(window_ends_too_early, "a window of older messages says that nothing comes behind it")

#define PARLEY_EACH_MUTANT(MUTANT) PARLEY_EACH_SERVER_MUTANT(MUTANT) PARLEY_EACH_CORE_MUTANT(MUTANT)

enum class Mutant : std::uint8_t {
    none,
#define PARLEY_MUTANT(name, prose) name,
    PARLEY_EACH_MUTANT(PARLEY_MUTANT)
#undef PARLEY_MUTANT
};

#ifdef PARLEY_MUTANTS

inline constexpr bool has_mutants = true;
/// Set once, before anything else happens in the process.
inline Mutant chosen_mutant = Mutant::none;

inline bool mutant(Mutant which) {
    return chosen_mutant == which;
}

struct MutantRow {
    Mutant mutant;
    std::string_view name;
    std::string_view prose;
};
inline constexpr auto all_mutants = std::to_array<MutantRow>({
#define PARLEY_MUTANT(name, prose) {Mutant::name, #name, prose},
    PARLEY_EACH_MUTANT(PARLEY_MUTANT)
#undef PARLEY_MUTANT
});

#else

inline constexpr bool has_mutants = false;

constexpr bool mutant(Mutant) {
    return false;
}

#endif

}  // namespace parley
