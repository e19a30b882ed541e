import { randomBytes } from "node:crypto";
import type { Secret } from "../secret.ts";
import type { PolicyDocument } from "./policy.ts";

/** Who a request comes from, once its signature has been checked. */
export type Principal =
  | { kind: "root"; arn: string; userId: string }
  | { kind: "user"; arn: string; userId: string }
  | {
      kind: "session";
      /** The session's own: `arn:aws:sts::…:assumed-role/NAME/SESSION`. */
      arn: string;
      userId: string;
      roleArn: string;
      issuedAt: Date;
      /** Narrows the role for this session only. */
      policy?: PolicyDocument;
      /** ARN of the OIDC provider whose token opened the session. */
      provider?: string;
    }
  /** A service of AWS that acts for something in the account; `arn` is its name. */
  | { kind: "service"; arn: string; userId: ""; source: string }
  | { kind: "anonymous"; arn: "anonymous"; userId: "anonymous" };

export const anonymous: Principal = {
  kind: "anonymous",
  arn: "anonymous",
  userId: "anonymous",
};

/** In the form that every AWS SDK takes. */
export type Credentials = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
};

export type Holder = { principal: Principal; credentials: Credentials };

/** Every access key that was given out, and to whom. */
export class Keyring {
  readonly #holders = new Map<string, Holder>();

  /** Keys that last, as a user's or the account's own. */
  issue(principal: Principal): Credentials {
    return this.#keep(principal, {
      accessKeyId: `AKIA${randomId(16)}`,
      secretAccessKey: randomBytes(30).toString("base64"),
    });
  }

  /** Keys of a session. Real tokens begin like this too, so that scanners for secrets know them. */
  issueSession(principal: Principal, seconds: number): Required<Credentials> {
    const credentials = {
      accessKeyId: `ASIA${randomId(16)}`,
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: `IQoJb3JpZ2luX2Vj${randomBytes(240).toString("base64")}`,
      expiration: new Date(Date.now() + seconds * 1000),
    };
    this.#keep(principal, credentials);
    return credentials;
  }

  find(accessKeyId: string): Holder | undefined {
    return this.#holders.get(accessKeyId);
  }

  secrets(): Secret[] {
    return [...this.#holders.values()].flatMap(({ credentials }) => [
      { what: "access key id", value: credentials.accessKeyId },
      { what: "secret access key", value: credentials.secretAccessKey },
      ...(credentials.sessionToken
        ? [{ what: "session token", value: credentials.sessionToken }]
        : []),
    ]);
  }

  /** Every session that is open now has expired. */
  expireSessions(): void {
    for (const { credentials } of this.#holders.values()) {
      if (credentials.expiration) credentials.expiration = new Date(0);
    }
  }

  #keep(principal: Principal, credentials: Credentials): Credentials {
    const own = { ...credentials };
    this.#holders.set(own.accessKeyId, { principal, credentials: own });
    return credentials;
  }
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** An id as AWS makes them, without its four letters of kind. */
export function randomId(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
