// What the generated types allow and forbid, held by the compiler: an error that is expected here and does
// not come is an error.
import type {
  AccountId,
  Change,
  ConversationRename,
  DoorInput,
  Envelope,
  EnvelopeOf,
  MessageSend,
  StreamId,
  Target,
  Uuid,
} from "../../protocol/generated/ts/index.ts";

declare const account: AccountId;
declare const stream: StreamId;
declare const message: Uuid;

// The type of an envelope tells its payload.
export function textOf(envelope: Envelope): string {
  switch (envelope.type) {
    case "message.new":
      return envelope.payload.text;
    case "message.send":
      // @ts-expect-error: a forward has no text.
      return envelope.payload.text;
    case "error":
      return envelope.payload.message;
    default:
      // @ts-expect-error: no other payload has this field.
      return envelope.payload?.text ?? "";
  }
}

export const send: EnvelopeOf<"message.send"> = {
  type: "message.send",
  payload: { target: { stream }, text: "x" },
};
export const ping: Envelope = { type: "ping" };

// @ts-expect-error: there is no such type.
export const unknown: Envelope = { type: "message.sent" };

export const forward: MessageSend = { target: { stream }, forward: { stream, message } };

// @ts-expect-error: a new name is said.
export const empty: ConversationRename = { target: { stream } };

// @ts-expect-error: a command goes to one place.
export const twice: Target = { stream, direct: account };

// @ts-expect-error: a command goes somewhere.
export const nowhere: Target = {};

// @ts-expect-error: an account is no conversation.
export const mistaken: Target = { stream: account };

// @ts-expect-error: a string is no id until somebody says so.
export const unsaid: Target = { direct: "a1" };

// @ts-expect-error: a ping is no row.
export const row: Change = { type: "ping", seq: 1, timestamp: 1 };

// @ts-expect-error: one thing happens at a time.
export const both: DoorInput = { connected: true, timer: true };

// Whoever forgets a type hears it from the compiler.
export function exhaustive(change: Change): number {
  switch (change.type) {
    case "message.new":
    case "member.changed":
    case "conversation.changed":
    case "joined":
    case "left":
    case "read.changed":
    case "device.changed":
    case "profile.changed":
    case "preferences.changed":
    case "draft.changed":
    case "reaction.changed":
    case "pin.changed":
    case "block.changed":
      return change.seq;
    default:
      return change satisfies never;
  }
}
