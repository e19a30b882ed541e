import { guardOf, policyFor } from "../src/policy.ts";

const role = (name: string) => `arn:aws:iam::111122223333:role/axon-${name}`;
const ROOT = "arn:aws:iam::111122223333:root";
const KEEPERS = [role("keys"), ROOT];

const stored = (roleArn: string, keepers: readonly string[] = []) =>
  JSON.stringify(policyFor(roleArn, keepers));

const isFor = (text: string | undefined, keepers: readonly string[] = KEEPERS) =>
  guardOf(text, role("a"), keepers).is;

test("a secret is closed by the very policy for its role, and kept by who keeps it", () => {
  expect(isFor(stored(role("a"), KEEPERS))).toBe("closed");
  expect(isFor(stored(role("a")), [])).toBe("closed");
});

test("without a policy, with another one, or with nobody to keep it, it is open", () => {
  for (const text of [undefined, "", "{", "{}", '{"Statement": {"Sid": "NobodyElseReads"}}']) {
    expect(isFor(text)).toBe("open");
  }
  expect(isFor(stored(role("a")))).toBe("open");
});

test("each statement is needed, and each part of it", () => {
  const { Statement: all, ...rest } = policyFor(role("a"), KEEPERS);
  const others = all.flatMap((one, at) => {
    const without = all.filter((other) => other !== one);
    const allowed = { ...one, Effect: one.Effect === "Deny" ? "Allow" : "Deny" };
    return [without, all.with(at, allowed as typeof one), [...all, one]];
  });

  for (const Statement of others) {
    expect(isFor(JSON.stringify({ ...rest, Statement }))).toBe("open");
  }
});

test("that of another role is told by its text, though AWS has a number for one that is deleted", () => {
  const text = stored(role("b"), KEEPERS);
  const renumbered = (of: string) => text.replace(`{"AWS":"${role(of)}"}`, '{"AWS":"AROAEXAMPLE"}');

  expect(guardOf(text, role("a"), KEEPERS)).toEqual({ is: "another's", role: role("b") });
  expect(guardOf(renumbered("b"), role("b"), KEEPERS)).toEqual({ is: "open" });
});

test("one in other hands is left as it is; who has no role of their own takes it as it is", () => {
  const by = [role("other-keys"), ROOT];

  expect(guardOf(stored(role("a"), by), role("a"), KEEPERS)).toEqual({ is: "kept", by });
  expect(isFor(stored(role("a"), by), [])).toBe("closed");
});

test("those who keep it may take it away, and nobody else", () => {
  const last = policyFor(role("a"), KEEPERS).Statement.at(-1);

  expect(last).toMatchObject({
    Effect: "Deny",
    Principal: "*",
    Action: [
      "secretsmanager:PutResourcePolicy",
      "secretsmanager:DeleteResourcePolicy",
      "secretsmanager:DeleteSecret",
    ],
    Condition: { ArnNotEquals: { "aws:PrincipalArn": [role("keys"), ROOT] } },
  });
});
