import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetInvalidationCommand,
} from "@aws-sdk/client-cloudfront";
import { ActionError, type Context, reason } from "@playbook/action";
import { clientSettings, codeOf, explain, insist, type Session } from "@playbook/aws";

/** What keeps copies of a site's files. */
export type Distribution = {
  /** Has copies forgotten; the same `name` twice is one invalidation. Returns its id. */
  invalidate(paths: string[], name: string): Promise<string>;
  /** Waits until an invalidation is everywhere. */
  settled(id: string): Promise<void>;
};

type Inputs = { session: Session; distribution: string; context: Context };

const POLL_MS = 5_000;

/** Throws `distribution-missing`, `too-many-invalidations`, and what every call may throw. */
export function openDistribution({ session, distribution, context }: Inputs): Distribution {
  const client = new CloudFrontClient({
    ...clientSettings({ service: "cloudfront", region: session.region, maxAttempts: 1 }),
    credentials: session.credentials,
  });
  const options = { abortSignal: context.signal };
  const ask = async <Result>(name: string, work: () => Promise<Result>) => {
    try {
      return await insist(work, { session, context });
    } catch (error) {
      throw explainDistribution(error, distribution, `cloudfront:${name}`);
    }
  };
  return {
    invalidate: async (paths, name) => {
      const command = new CreateInvalidationCommand({
        DistributionId: distribution,
        InvalidationBatch: {
          CallerReference: name,
          Paths: { Quantity: paths.length, Items: paths },
        },
      });
      const made = await ask("CreateInvalidation", () => client.send(command, options));
      return made.Invalidation?.Id ?? "";
    },
    settled: async (id) => {
      const command = new GetInvalidationCommand({ DistributionId: distribution, Id: id });
      for (;;) {
        const found = await ask("GetInvalidation", () => client.send(command, options));
        if (found.Invalidation?.Status === "Completed") return;
        context.progress(`Awaiting invalidation ${id}.`);
        await context.clock.sleep(POLL_MS, context.signal);
      }
    },
  };
}

function explainDistribution(error: unknown, id: string, permission: string): unknown {
  const why = reason(error);
  switch (codeOf(error)) {
    case "NoSuchDistribution":
      return new ActionError(
        "distribution-missing",
        { what: `There is no distribution ${id}.`, why, next: "Correct `distribution`." },
        { cause: error },
      );
    case "TooManyInvalidationsInProgress":
      return new ActionError(
        "too-many-invalidations",
        {
          what: `CloudFront takes no further invalidation of ${id} now.`,
          why,
          next:
            "Run this again in some minutes: the files are " +
            "uploaded, and it goes on from there.",
        },
        { cause: error },
      );
    default:
      return explain(error, permission, id);
  }
}
