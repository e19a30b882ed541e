import { randomUUID } from "node:crypto";
import { randomId } from "../aws/keyring.ts";
import type { PolicyDocument } from "../aws/policy.ts";
import { refuse } from "../aws/refusal.ts";
import type { Secret as Leak } from "../secret.ts";

export type Content = { SecretString?: string; SecretBinary?: string };

export type Version = { id: string; content: Content; stages: Set<string>; madeAt: Date };

export type Secret = {
  arn: string;
  name: string;
  /** As it was given; AWS's own key when absent. */
  kmsKeyId?: string;
  description?: string;
  tags: Map<string, string>;
  policy?: PolicyDocument;
  versions: Version[];
  madeAt: Date;
  /** When it goes; set while it is scheduled for deletion. */
  goesAt?: Date;
};

const CURRENT = "AWSCURRENT";
const PREVIOUS = "AWSPREVIOUS";

/** An account's secrets in one place each, by ARN. */
export class Secrets {
  readonly #secrets = new Map<string, Secret>();
  /** ARNs that names will have, so that a request is judged by the ARN that it makes. */
  readonly #reserved = new Map<string, string>();

  /** By name or ARN, or ARN without its random end. */
  find(id: string): Secret | undefined {
    return (
      this.#secrets.get(id) ??
      [...this.#secrets.values()].find(
        ({ name, arn }) => name === id || arn.replace(/-[A-Z2-7]{6}$/, "") === id,
      )
    );
  }

  all(): Secret[] {
    return [...this.#secrets.values()];
  }

  /** The ARN that a secret of this name has, or will have; `prefix` ends before the name. */
  arnFor(prefix: string, name: string): string {
    const arn =
      this.find(name)?.arn ?? this.#reserved.get(name) ?? `${prefix}${name}-${randomId(6)}`;
    this.#reserved.set(name, arn);
    return arn;
  }

  /** Throws as AWS refuses a name that is taken; the same request again is no second one. */
  create(secret: Omit<Secret, "versions" | "madeAt">, token: string, content?: Content): Secret {
    const known = this.find(secret.name);
    if (known?.goesAt) {
      const why = "a secret with this name is already scheduled for deletion.";
      throw refuse(400, "InvalidRequestException", `You can't create this secret because ${why}`);
    }
    if (known && !known.versions.some(({ id }) => id === token)) {
      const what = `the secret ${secret.name} already exists.`;
      throw refuse(400, "ResourceExistsException", `The operation failed because ${what}`);
    }
    const made = known ?? { ...secret, versions: [], madeAt: new Date() };
    if (content) put(made, token, content, [CURRENT]);
    this.#reserved.delete(secret.name);
    this.#secrets.set(made.arn, made);
    return made;
  }

  remove(arn: string): void {
    this.#secrets.delete(arn);
  }

  /** What must be found nowhere else. */
  leaks(): Leak[] {
    return this.all().flatMap(({ name, versions }) =>
      versions.flatMap(({ content }) => {
        const value = content.SecretString ?? content.SecretBinary;
        return value ? [{ what: `secret ${name}`, value }] : [];
      }),
    );
  }
}

/** Adds a version; its stages leave those that had them. The same one again changes nothing. */
export function put(secret: Secret, id: string, content: Content, stages: string[]): Version {
  const known = secret.versions.find((version) => version.id === id);
  if (known) {
    if (JSON.stringify(known.content) === JSON.stringify(content)) return known;
    const why = "a version with this ID already exists and has different content.";
    throw refuse(400, "ResourceExistsException", `The operation failed because ${why}`);
  }
  const made = { id, content, stages: new Set<string>(), madeAt: new Date() };
  secret.versions.push(made);
  for (const stage of stages) moveStage(secret, stage, made);
  return made;
}

function moveStage(secret: Secret, stage: string, to: Version): void {
  const from = secret.versions.find(({ stages }) => stages.has(stage));
  from?.stages.delete(stage);
  to.stages.add(stage);
  if (stage === CURRENT && from) moveStage(secret, PREVIOUS, from);
}

/** The version with a given id or stage, the current one without either. */
export function versionOf(secret: Secret, id?: string, stage = CURRENT): Version {
  const found = secret.versions.find((version) =>
    id === undefined ? version.stages.has(stage) : version.id === id,
  );
  if (found) return found;
  const which = id === undefined ? `staging label: ${stage}` : `VersionId: ${id}`;
  const what = `Secrets Manager can't find the specified secret value for ${which}`;
  throw refuse(400, "ResourceNotFoundException", what);
}

export function newVersionId(): string {
  return randomUUID();
}
