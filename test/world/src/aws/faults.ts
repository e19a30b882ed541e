import type { Call } from "./call.ts";
import type { S3Params } from "./s3.ts";

export type FaultEffect =
  /** Goes on after `ms` milliseconds. */
  | { do: "delay"; ms: number }
  /** The connection breaks before anything took effect. */
  | { do: "break before" }
  /** It takes effect, then the connection breaks. */
  | { do: "lose reply" }
  /** An error reply and no effect. Without `code`, what the service says at that status. */
  | { do: "status"; status: number; code?: string; message?: string; retryAfter?: number }
  /** A conditional write takes effect and is answered with 412, as after the SDK's own retry. */
  | { do: "answer 412 though won" }
  | { do: "deny" };

export type Fault = FaultEffect & {
  match?: {
    service?: string;
    operation?: string;
    /** The object's key in S3, the key's id, ARN or alias in KMS, the secret's name. */
    key?: RegExp;
    /** ARN of the caller. */
    principal?: RegExp;
  };
  /** The first matching call that it hits, counted from 1 on when the fault was set. */
  nth?: number;
  /** How many calls it hits from there on; 1 by default. */
  times?: number;
};

export type SetFault = {
  /** How many calls it has hit. */
  readonly hits: number;
  remove(): void;
};

/** The faults that are set, each with its own count of matching calls. */
export class Faults {
  #set: Armed[] = [];

  add(fault: Fault): SetFault {
    const armed = new Armed(fault);
    this.#set.push(armed);
    return {
      get hits() {
        return armed.hits;
      },
      remove: () => {
        this.#set = this.#set.filter((it) => it !== armed);
      },
    };
  }

  /** What happens to this call; counts it. */
  strike(call: Call, principal: string): FaultEffect[] {
    return this.#set.filter((it) => it.strikes(call, principal)).map(({ fault }) => fault);
  }
}

class Armed {
  readonly fault: Fault;
  hits = 0;
  #seen = 0;

  constructor(fault: Fault) {
    this.fault = fault;
  }

  strikes(call: Call, principal: string): boolean {
    if (!matches(this.fault.match ?? {}, call, principal)) return false;
    const { nth = 1, times = 1 } = this.fault;
    this.#seen += 1;
    const hit = this.#seen >= nth && this.#seen < nth + times;
    if (hit) this.hits += 1;
    return hit;
  }
}

function matches(match: NonNullable<Fault["match"]>, call: Call, principal: string): boolean {
  const { KeyId, Name = KeyId, SecretId = Name } = call.params as Record<string, string>;
  const { key = SecretId } = call.params as S3Params;
  return (
    (match.service === undefined || match.service === call.service) &&
    (match.operation === undefined || match.operation === call.operation) &&
    (match.key === undefined || match.key.test(String(key ?? ""))) &&
    (match.principal === undefined || match.principal.test(principal))
  );
}
