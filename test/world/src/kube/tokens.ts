import { randomBytes } from "node:crypto";
import type { Secret } from "../secret.ts";

/** Whom the API server takes the bearer of a token for. */
export type User = { name: string; groups: string[] };

/** Tells who has a token that the cluster itself has not given out; undefined: nobody. */
export type TokenReader = (token: string) => Promise<User | undefined>;

const ANSWER_MS = 1_000;

/** Every token that opens the cluster. */
export class Tokens {
  readonly #given = new Map<string, User>();
  readonly #read = new Map<string, User>();
  readonly #expired = new Set<string>();
  readonly #readers: TokenReader[] = [];
  readonly #answers = new Map<string, Promise<User | undefined>>();

  give(user: User): string {
    const token = `world-${randomBytes(24).toString("base64url")}`;
    this.#given.set(token, user);
    return token;
  }

  addReader(reader: TokenReader): void {
    this.#readers.push(reader);
  }

  /** undefined when the token opens nothing, or nothing any more. */
  async userOf(token: string): Promise<User | undefined> {
    if (this.#expired.has(token)) return undefined;
    const given = this.#given.get(token);
    if (given || this.#readers.length === 0) return given;
    const user = await this.#readOnce(token);
    if (user) this.#read.set(token, user);
    return user;
  }

  /** One answer serves all who ask within a moment. */
  #readOnce(token: string): Promise<User | undefined> {
    const known = this.#answers.get(token);
    if (known) return known;
    const answer = this.#ask(token);
    this.#answers.set(token, answer);
    setTimeout(() => this.#answers.delete(token), ANSWER_MS).unref();
    return answer;
  }

  async #ask(token: string): Promise<User | undefined> {
    for (const reader of this.#readers) {
      const user = await reader(token);
      if (user) return user;
    }
    return undefined;
  }

  isExpired(token: string): boolean {
    return this.#expired.has(token);
  }

  /**
   * Every token that the cluster has not given out itself and that was shown so far has expired.
   */
  expire(): void {
    for (const token of this.#read.keys()) this.#expired.add(token);
  }

  secrets(): Secret[] {
    const known = [...this.#given.keys(), ...this.#read.keys()];
    return known.map((value) => ({ what: "token of a cluster", value }));
  }
}
