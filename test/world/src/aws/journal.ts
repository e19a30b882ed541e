import type { Call, Need } from "./call.ts";

/** One action that a call asked for. A call that needs several actions has a record for each. */
export type CallRecord = {
  /** The same for all records of one request. */
  request: number;
  /** Milliseconds since 1970 at which the request was read. */
  at: number;
  /** ARN of the caller; "unknown" when the signature was refused. */
  principal: string;
  service: string;
  operation: string;
  /** The IAM action, `kms:Sign`; the operation's name where none is needed. */
  action: string;
  resource: string;
  allowed: boolean;
  /** Of the reply as the client saw it; 0 when the connection broke instead. */
  status: number;
  target: string;
  /** What KMS was to sign, in base64. */
  message?: string;
};

export type CallEvent = {
  /** `before` anything has taken effect, `after` it has and before the client hears of it. */
  phase: "before" | "after";
  request: number;
  principal: string;
  service: string;
  operation: string;
  target: string;
};

export type CallListener = (event: CallEvent) => void | Promise<void>;

type Entry = Omit<CallRecord, "action" | "resource" | "allowed" | "message">;

/** All requests that came, in the order in which they ended. */
export class Journal {
  #records: CallRecord[] = [];
  #listeners: CallListener[] = [];
  #requests = 0;

  open(entry: Omit<Entry, "request" | "at" | "status">): Entry {
    this.#requests += 1;
    return { ...entry, request: this.#requests, at: Date.now(), status: 0 };
  }

  /** Writes down what became of a call. */
  write(entry: Entry, { params }: Call, needs: Need[], granted: Set<Need>): void {
    if (needs.length === 0) {
      const action = `${entry.service}:${entry.operation}`;
      const resource = String(params.RoleArn ?? "*");
      this.#records.push({ ...entry, action, resource, allowed: isSuccess(entry) });
    }
    for (const need of needs) {
      const { action, resource } = need;
      const message = params.Message === undefined ? {} : { message: String(params.Message) };
      this.#records.push({ ...entry, action, resource, allowed: granted.has(need), ...message });
    }
  }

  listen(listener: CallListener): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((it) => it !== listener);
    };
  }

  async tell(phase: CallEvent["phase"], entry: Entry): Promise<void> {
    const { request, principal, service, operation, target } = entry;
    for (const listener of this.#listeners) {
      await listener({ phase, request, principal, service, operation, target });
    }
  }

  records(): readonly CallRecord[] {
    return this.#records;
  }

  clear(): void {
    this.#records = [];
  }
}

function isSuccess({ status }: Entry): boolean {
  return status >= 200 && status < 400;
}
