import { sessionPolicy } from "@playbook/access";
import { ActionError, type Context } from "@playbook/action";
import { openS3Store, openSession } from "@playbook/aws";
import { openFolder, type Store } from "@playbook/state";
import { s3Location } from "@playbook/state/s3-location";
import { statements } from "../access.ts";

export type Reach = {
  /** `s3://bucket/prefix`, or a folder. */
  state: string;
  role?: string | undefined;
  region?: string | undefined;
};

/** What a folder keeps, and what it means that it is gone with its machine. */
const FOLDER = {
  kept: "Which releases there are is written down",
  lost: "the next run does not know which is newer, and removes no older ones",
};

/** Opens the place where the releases are written down, with rights for exactly that. */
export async function openState({ state, role, region }: Reach, context: Context): Promise<Store> {
  const location = s3Location(state, "s3://acme-state/subgraphs");
  if (!location) return openFolder(state, FOLDER, context);
  if (!region) {
    throw new ActionError("bad-input", {
      what: '"region" is missing.',
      why: "The state is a bucket, and a bucket is in a region.",
      next: "Give the AWS region of the state.",
    });
  }
  const partition = role?.split(":")[1] ?? "aws";
  const policy = sessionPolicy(statements, { partition, ...location });
  const session = await openSession({ role, region, policy, name: "playbook-subgraphs", context });
  return openS3Store({ session, ...location, context });
}
