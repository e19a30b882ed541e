import { ActionError } from "@playbook/action";
import type { IssuerFault } from "@playbook/world";
import { openKey, openSession } from "../src/index.ts";
import {
  type Account,
  dreaming,
  expectNoSecrets,
  openAccount,
  thrownBy,
  witness,
} from "./account.ts";

let account: Account;

beforeAll(async () => {
  account = await openAccount();
});
beforeEach(() => account.aws.clearCalls());
afterAll(() => account?.world[Symbol.asyncDispose]());

const EXCHANGE = "AssumeRoleWithWebIdentity";

describe("a job's session", () => {
  test("is opened with a token of its own and narrowed by the policy", async () => {
    const context = witness();
    const { aws, inputs, jobAs } = account;
    const none = { Version: "2012-10-17", Statement: account.policy.Statement.slice(1) };

    const session = await openSession(inputs(context, { policy: none }), jobAs().env);

    const opening = openKey({ session, key: account.key, context });
    const error = await thrownBy(opening);
    expect(error).toMatchObject({
      code: "access-denied",
      why: expect.stringContaining("no session policy allows the kms:GetPublicKey action"),
    });
    expect(aws.calls().at(-1)?.principal).toContain("assumed-role/contracts/test");
    expectNoSecrets(context, error);
  });

  test("hides the token and the session's keys from the log", async () => {
    const context = witness();

    const session = await account.session(context);

    const { secretAccessKey, sessionToken } = await session.credentials();
    expect(context.masked).toEqual([expect.stringMatching(/^eyJ/), secretAccessKey, sessionToken]);
  });

  test("leaves nothing in the environment", async () => {
    const before = { ...process.env };

    await account.session(witness());

    expect(process.env).toEqual(before);
  });

  const outages: { what: string; fault: IssuerFault }[] = [
    { what: "does not answer", fault: { do: "down", requests: 4 } },
    { what: "is overloaded", fault: { do: "status", status: 503, requests: 4 } },
    { what: "answers late", fault: { do: "delay", ms: 300, requests: 1 } },
  ];

  test.each(outages)(
    "is opened although the token endpoint $what for a while",
    async ({ fault }) => {
      account.issuer.fault(fault);
      const context = witness();

      await expect(account.session(context)).resolves.toBeDefined();
      expectNoSecrets(context);
    },
  );

  test.each([
    { what: "has an inner error", status: 500, code: undefined },
    { what: "throttles", status: 400, code: "Throttling" },
    { what: "does not reach GitHub", status: 400, code: "IDPCommunicationError" },
  ])("is opened although STS $what for a while", async ({ status, code }) => {
    const match = { operation: EXCHANGE };
    account.aws.fault({ do: "status", status, ...(code && { code }), match, times: 3 });
    const tokens = account.issuer.issued().length;

    await account.session(witness());

    expect(account.count(EXCHANGE)).toBe(4);
    // A fresh token for each try: the last one might have expired in the meantime.
    expect(account.issuer.issued().length - tokens).toBe(4);
  });

  test("is opened although the answer of STS was lost", async () => {
    account.aws.fault({ do: "lose reply", match: { operation: EXCHANGE } });

    await expect(account.session(witness())).resolves.toBeDefined();
  });

  test("is given up when the token endpoint stays away, and says that it was that", async () => {
    const outage = account.issuer.fault({ do: "status", status: 503, requests: 1_000 });
    const context = witness(dreaming());

    const error = await thrownBy(account.session(context));

    outage.remove();
    expect(error).toMatchObject({
      code: "no-id-token",
      why: "The token endpoint answers HTTP 503 and gives no token.",
    });
    expect(account.count(EXCHANGE)).toBe(0);
    expectNoSecrets(context, error);
  });
});

describe("a job without a session", () => {
  test("that may not ask for a token is told the permission that it lacks", async () => {
    const context = witness();

    const opening = openSession(account.inputs(context), { GITHUB_ACTIONS: "true" });

    await expect(opening).rejects.toMatchObject({
      code: "no-id-token",
      next: expect.stringContaining("id-token: write"),
    });
  });

  test("whose request token has ended is told at once", async () => {
    const context = witness();
    const { env, end } = account.jobAs();
    end();

    const error = await thrownBy(openSession(account.inputs(context), env));

    expect(error).toMatchObject({ code: "no-id-token", why: expect.stringContaining("HTTP 401") });
    expectNoSecrets(context, error);
  });

  test("that the role does not trust is told what it sent, once", async () => {
    const context = witness();
    const { env } = account.jobAs({ repositoryId: "6666" });

    const error = await thrownBy(openSession(account.inputs(context), env));

    expect(error).toMatchObject({
      code: "role-refused",
      why: expect.stringContaining("repository_id: 6666"),
    });
    expect(account.count(EXCHANGE)).toBe(1);
    expectNoSecrets(context, error);
  });

  test("is not called untrusted when STS is what fails", async () => {
    const match = { operation: EXCHANGE };
    const fault = account.aws.fault({ do: "status", status: 500, match, times: 1_000 });
    const context = witness(dreaming());

    const error = await thrownBy(account.session(context));

    fault.remove();
    expect(error).toMatchObject({
      code: "aws-unreachable",
      what: expect.stringContaining("sts:AssumeRoleWithWebIdentity"),
    });
    expectNoSecrets(context, error);
  });

  test("is not called untrusted when the token endpoint fails at the second try", async () => {
    const match = { operation: EXCHANGE };
    account.aws.fault({ do: "status", status: 500, match });
    const { env, end } = account.jobAs();
    const context = witness(dreaming());
    const off = account.aws.onCall(({ phase }) => {
      if (phase === "after") end();
    });

    const error = await thrownBy(openSession(account.inputs(context), env));

    off();
    expect(error).toMatchObject({ code: "no-id-token" });
  });

  test("whose policy is too long learns it before anybody is asked", async () => {
    const long = Array.from({ length: 90 }, (_, index) => `arn:aws:s3:::bucket/folder-${index}/*`);
    const context = witness();

    const error = await thrownBy(account.session(context, { policy: { Resource: long } }));

    expect(error).toMatchObject({ code: "policy-too-long", why: expect.stringMatching(/2048/) });
    expect(account.aws.calls()).toEqual([]);
  });

  test("that packs into more than AWS takes learns the same", async () => {
    const match = { operation: EXCHANGE };
    account.aws.fault({ do: "status", status: 400, code: "PackedPolicyTooLarge", match });

    const error = await thrownBy(account.session(witness()));

    expect(error).toMatchObject({ code: "policy-too-long" });
  });

  test("that is cancelled while it waits says so and nothing else", async () => {
    const outage = account.issuer.fault({ do: "status", status: 503, requests: 1_000 });
    const context = witness();
    const reason = new ActionError("cancelled", {
      what: "Ended.",
      why: "By hand.",
      next: "Again.",
    });
    const opening = account.session(context);

    context.stop.abort(reason);

    await expect(opening).rejects.toBe(reason);
    outage.remove();
  });
});
