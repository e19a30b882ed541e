import type { Account } from "../account.ts";
import { readTemplate, type Template } from "./document.ts";
import { holds, type Made, references, resolve, type Scope } from "./intrinsics.ts";
import { parameterValues } from "./parameters.ts";
import { type Hands, resourceTypes } from "./resources.ts";

export type Stack = {
  name: string;
  outputs: Record<string, string>;
  /** By logical id. */
  resources: Record<string, Made>;
};

/**
 * Makes what a CloudFormation template describes. A second deployment of the same stack changes
 * roles and policies to what the template says now and keeps its buckets and keys.
 */
export async function deployStack(
  text: string,
  given: Record<string, string>,
  { account, hands, previous, name }: Deployment,
): Promise<Stack> {
  const template = readTemplate(text);
  const scope: Scope = {
    values: {
      ...parameterValues(template.Parameters ?? {}, given),
      "AWS::AccountId": account.id,
      "AWS::Partition": "aws",
      "AWS::Region": account.region,
      "AWS::StackName": name,
      "AWS::URLSuffix": "amazonaws.com",
    },
    conditions: {},
    resources: {},
  };
  decideConditions(template, scope);

  for (const logicalId of inOrder(template, scope)) {
    scope.resources[logicalId] = await make(logicalId, template, scope, {
      account,
      hands,
      previous,
      name,
    });
  }
  return { name, outputs: outputsOf(template, scope), resources: scope.resources };
}

export type Deployment = { name: string; account: Account; hands: Hands; previous?: Stack };

async function make(
  logicalId: string,
  template: Template,
  scope: Scope,
  { account, hands, previous, name }: Deployment,
): Promise<Made> {
  const { Type: type, Properties = {} } = template.Resources[logicalId] as {
    Type: string;
    Properties?: object;
  };
  const maker = resourceTypes[type];
  if (!maker) throw new Error(`${logicalId} is a ${type}, which this world cannot make`);
  try {
    const properties = resolve(Properties, scope) as Record<string, unknown>;
    const stranger = Object.keys(properties).find((it) => !maker.properties.includes(it));
    if (stranger !== undefined)
      throw new Error(`it has ${stranger}, which this world does not know`);
    const made = await maker.make(properties as never, {
      account,
      hands,
      logicalId,
      stack: name,
      existing: previous?.resources[logicalId],
    });
    return { type, ...made };
  } catch (error) {
    throw new Error(`${logicalId} (${type}): ${(error as Error).message}`, { cause: error });
  }
}

/** Conditions may refer to each other, in any order. */
function decideConditions({ Conditions = {} }: Template, scope: Scope): void {
  let open = Object.entries(Conditions);
  while (open.length > 0) {
    const undecided = open.filter(([name, expression]) => {
      if (named(expression).some((other) => !(other in scope.conditions))) return true;
      scope.conditions[name] = holds(expression, scope);
      return false;
    });
    if (undecided.length === open.length) {
      throw new Error(
        `the conditions ${undecided.map(([name]) => name).join(", ")} need each other`,
      );
    }
    open = undecided;
  }
}

/** The conditions that a condition's expression calls by name. */
function named(expression: unknown): string[] {
  if (typeof expression !== "object" || expression === null) return [];
  return Object.entries(expression).flatMap(([key, value]) =>
    key === "Condition" && typeof value === "string" ? [value] : named(value),
  );
}

/** The resources that are to be made, each after those that it refers to. */
function inOrder({ Resources }: Template, scope: Scope): string[] {
  const wanted = Object.entries(Resources).filter(
    ([, { Condition }]) => Condition === undefined || scope.conditions[Condition],
  );
  const ordered: string[] = [];
  let open = wanted.map(([id, { Properties, DependsOn = [] }]) => {
    const needed = [...references(Properties), ...[DependsOn].flat()];
    return { id, needs: needed.filter((it) => wanted.some(([other]) => other === it)) };
  });
  while (open.length > 0) {
    const ready = open.filter(({ needs }) => needs.every((it) => ordered.includes(it)));
    if (ready.length === 0)
      throw new Error(`${open.map(({ id }) => id).join(", ")} need each other`);
    ordered.push(...ready.map(({ id }) => id));
    open = open.filter(({ id }) => !ordered.includes(id));
  }
  return ordered;
}

function outputsOf({ Outputs = {} }: Template, scope: Scope): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Outputs)
      .filter(([, { Condition }]) => Condition === undefined || scope.conditions[Condition])
      .map(([name, { Value }]) => [name, String(resolve(Value, scope))]),
  );
}
