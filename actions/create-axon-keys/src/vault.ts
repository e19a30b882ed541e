import { randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { ActionError, type Context, goOn } from "@playbook/action";
import { clientSettings, codeOf, explain, insist, type Session } from "@playbook/aws";
import type { Tag } from "./tags.ts";

type VaultInputs = { session: Session; kmsKey: string; context: Context };

export type Found = { tags: Tag[]; kmsKey: string | undefined };

type About = { description: string; tags: Tag[] };

/** Secrets that are made once, and closed. It cannot read what is in them. */
export type Vault = {
  /** What is known of a secret; undefined where there is none. Throws `secret-deleted`. */
  find(name: string): Promise<Found | undefined>;
  /** False where there is one already, whoever has made it. */
  create(name: string, about: About, bytes: Uint8Array): Promise<boolean>;
  /** A secret's policy as it is stored; undefined where it has none. */
  policy(name: string): Promise<string | undefined>;
  close(name: string, policy: object): Promise<void>;
};

/** Opens Secrets Manager. Each call may throw what every call of AWS may, and `cancelled`. */
export function openVault({ session, kmsKey, context }: VaultInputs): Vault {
  const client = new SecretsManagerClient({
    ...clientSettings({ service: "secretsmanager", region: session.region, maxAttempts: 1 }),
    credentials: session.credentials,
  });
  const abortSignal = context.signal;
  /** Names that AWS itself has said to be taken. */
  const taken = new Set<string>();
  // For a moment Secrets Manager does not find everywhere what it has just stored.
  const isUnfound = (name: string) => (error: unknown) => taken.has(name) && isMissing(error);
  const ask = async <Result>(permission: string, name: string, work: () => Promise<Result>) => {
    goOn(context);
    try {
      return await insist(work, { session, context, passes: isUnfound(name) });
    } catch (error) {
      if (codeOf(error) === "InvalidRequestException" && /delet/i.test(String(error))) {
        throw deleted(name);
      }
      throw explain(error, `secretsmanager:${permission}`, name);
    }
  };

  const find = async (name: string): Promise<Found | undefined> => {
    const command = new DescribeSecretCommand({ SecretId: name });
    const found = await ask("DescribeSecret", name, () =>
      client.send(command, { abortSignal }).catch((error) => {
        if (isMissing(error) && !taken.has(name)) return undefined;
        throw error;
      }),
    );
    if (found?.DeletedDate) throw deleted(name);
    return found && { tags: found.Tags ?? [], kmsKey: found.KmsKeyId };
  };

  return {
    find,
    create: async (name, { description, tags }, bytes) => {
      // The same token for each try: a reply that is lost is no second secret, and no error.
      const command = new CreateSecretCommand({
        Name: name,
        Description: description,
        ClientRequestToken: randomUUID(),
        KmsKeyId: kmsKey,
        SecretBinary: bytes,
        Tags: tags,
      });
      const made = await ask("CreateSecret", name, () =>
        client.send(command, { abortSignal }).then(
          () => true,
          (error) => {
            if (codeOf(error) === "ResourceExistsException") return false;
            throw error;
          },
        ),
      );
      taken.add(name);
      return made;
    },
    policy: async (name) => {
      const command = new GetResourcePolicyCommand({ SecretId: name });
      const found = await ask("GetResourcePolicy", name, () =>
        client.send(command, { abortSignal }),
      );
      return found.ResourcePolicy;
    },
    close: async (name, policy) => {
      const command = new PutResourcePolicyCommand({
        SecretId: name,
        ResourcePolicy: JSON.stringify(policy),
        BlockPublicPolicy: true,
      });
      await ask("PutResourcePolicy", name, () => client.send(command, { abortSignal }));
    },
  };
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === "ResourceNotFoundException";
}

function deleted(name: string): ActionError {
  return new ActionError("secret-deleted", {
    what: `${name} is scheduled for deletion.`,
    why: "Its key can still be had back, and a validator may sign with it.",
    next:
      "Restore it (aws secretsmanager restore-secret --secret-id " +
      `${name}), or wait until it is gone.`,
  });
}
