import {
  type ActionError,
  type Answer,
  ask,
  type Context,
  connectionError,
  goOn,
  type Question,
  reason,
} from "@playbook/action";

/** Tries of a service that never answered, and of one that did: about 8 s, and 5 min. */
const TRIES_FOR_A_STRANGER = 5;
const TRIES_FOR_A_FRIEND = 15;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const LONGEST_ASKED_PAUSE_MS = 120_000;

/** What may pass, of the statuses with which a service or what stands before it can answer. */
const PASSING = [429, 502, 503, 504];

type Told = { what: string; unreachable: (why: string, cause?: unknown) => ActionError };

/** An HTTP service that a run depends on. All that it is asked may be asked twice. */
export class Service {
  readonly #told: Told;
  readonly #context: Context;
  #answered = false;

  /** `unreachable` is what is thrown when no answer of any use comes. */
  constructor(told: Told, context: Context) {
    this.#told = told;
    this.#context = context;
  }

  /** The answer, whatever it is, unless that may pass; asked again as patiently as it deserves. */
  async ask(url: string, question: Question): Promise<Answer> {
    return (await this.askWhile(undefined, url, question)) as Answer;
  }

  /**
   * The same, as long as it is wanted: that is asked each time before. Undefined when it is not.
   */
  async askWhile(
    isWanted: (() => Promise<boolean>) | undefined,
    url: string,
    question: Question,
  ): Promise<Answer | undefined> {
    const { clock, signal } = this.#context;
    for (let tried = 1; ; tried += 1) {
      goOn(this.#context);
      if (isWanted && !(await isWanted())) return undefined;
      const outcome = await this.#once(url, question);
      if ("answer" in outcome) {
        this.#answered = true;
        return outcome.answer;
      }
      const tries = this.#answered ? TRIES_FOR_A_FRIEND : TRIES_FOR_A_STRANGER;
      if (tried >= tries) throw this.#told.unreachable(outcome.why, outcome.cause);
      await clock.sleep(pause(tried, outcome.asked), signal);
    }
  }

  async #once(url: string, question: Question): Promise<Outcome> {
    const { signal } = this.#context;
    try {
      const answer = await ask(url, { ...question, signal });
      if (!PASSING.includes(answer.status)) return { answer };
      return { why: `It answers with status ${answer.status}.`, asked: askedPause(answer) };
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      const hopeless = connectionError(this.#told.what, cause);
      if (hopeless) throw hopeless;
      return { why: `No answer came: ${reason(cause)}.`, cause };
    }
  }
}

type Outcome = { answer: Answer } | { why: string; cause?: unknown; asked?: number };

function pause(tried: number, asked = 0): number {
  const own = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tried - 1));
  return Math.max(own, Math.min(asked, LONGEST_ASKED_PAUSE_MS));
}

/** `Retry-After` in milliseconds. */
function askedPause({ headers }: Answer): number {
  return Number(headers["retry-after"] ?? 0) * 1_000 || 0;
}

/** JSON, or undefined for what is none. */
export function jsonOf({ body }: Answer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Host and port: what may be printed of a URL. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
