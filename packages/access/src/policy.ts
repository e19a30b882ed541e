/**
 * What an action may do in AWS, as access.yml says it, with `${placeholders}` for what it works on.
 */
export type Statement = {
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Operator to condition key to values: `StringLike: { "s3:prefix": ["${prefix}/*"] }`. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
};

/** An IAM policy as AWS takes it. */
export type PolicyDocument = {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
};

export type PolicyStatement = {
  Sid?: string;
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string[]>>;
};

/**
 * The policy that a session of an action is narrowed by. Its statements have no names, for brevity:
 * AWS takes 2,048 characters. Throws as `policyDocument` does.
 */
export function sessionPolicy(
  statements: readonly Statement[],
  values: Readonly<Record<string, string>>,
): PolicyDocument {
  const { Version, Statement } = policyDocument(statements, values);
  return { Version, Statement: Statement.map(({ Sid: _, ...statement }) => statement) };
}

/**
 * The policy of a session of `role` that works on what `named` names, in the role's own account. Of
 * its statements those are left out that are for something without a name here.
 */
export function policyFor(
  statements: readonly Statement[],
  role: string | undefined,
  named: Readonly<Record<string, string | undefined>>,
): PolicyDocument {
  const [, partition = "aws", , , account = "*"] = role?.split(":") ?? [];
  const given = Object.entries(named).flatMap(([name, value]) => (value ? [[name, value]] : []));
  const values: Record<string, string> = { partition, account, ...Object.fromEntries(given) };
  const isNamed = (one: Statement) => placeholdersIn(one).every((name) => values[name]);
  return sessionPolicy(statements.filter(isNamed), values);
}

/**
 * The policy that allows exactly these statements for the resources that `values` names. Throws
 * when a placeholder has no value: an empty one would widen the policy.
 */
export function policyDocument(
  statements: readonly Statement[],
  values: Readonly<Record<string, string>>,
): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: statements.map((statement) => policyStatement(statement, values)),
  };
}

/** The names in `${…}` of a statement. */
export function placeholdersIn({ resources, conditions }: Statement): string[] {
  const found = JSON.stringify([resources, conditions]).matchAll(/\$\{(\w+)\}/g);
  return [...found].map(([, name = ""]) => name);
}

function policyStatement(
  { sid, actions, resources, conditions }: Statement,
  values: Readonly<Record<string, string>>,
): PolicyStatement {
  const fillAll = (texts: readonly string[]) => texts.map((text) => fill(text, values));
  const filled = Object.entries(conditions).map(([operator, keys]) => [
    operator,
    Object.fromEntries(Object.entries(keys).map(([key, texts]) => [key, fillAll(texts)])),
  ]);
  return {
    Sid: sid,
    Effect: "Allow",
    Action: [...actions],
    Resource: fillAll(resources),
    ...(filled.length > 0 && { Condition: Object.fromEntries(filled) }),
  };
}

function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (!value) throw new Error(`\${${name}} of access.yml has no value.`);
    return value;
  });
}
