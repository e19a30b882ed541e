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

describe("a session that is used for long", () => {
  test("is renewed before it ends, once for all who use it", async () => {
    const clock = dreaming();
    const context = witness(clock);
    const session = await account.session(context);
    const first = await session.credentials();

    clock.pass(54 * 60_000);
    expect(await session.credentials()).toBe(first);
    clock.pass(2 * 60_000);
    const later = await Promise.all([1, 2, 3, 4].map(() => session.credentials()));

    expect(new Set(later).size).toBe(1);
    expect(later[0]).not.toBe(first);
    expect(account.count(EXCHANGE)).toBe(2);
  });

  test("is not opened anew for each request by a machine whose clock is an hour ahead", async () => {
    const clock = dreaming();
    clock.pass(3_600_000);
    const session = await account.session(witness(clock));

    await session.credentials();
    await session.credentials();

    expect(account.count(EXCHANGE)).toBe(1);
  });

  test("that ended before its time is renewed once for all requests that it failed", async () => {
    const context = witness();
    const session = await account.session(context);
    const key = await openKey({ session, key: account.key, context });
    account.aws.clearCalls();
    account.aws.expireSessions();

    await Promise.all(Array.from({ length: 20 }, (_, i) => key.sign(Buffer.alloc(32, i + 1))));

    expect(account.count(EXCHANGE)).toBe(1);
  });

  test("can end again and again in the middle of signing", async () => {
    const context = witness();
    const session = await account.session(context);
    const key = await openKey({ session, key: account.key, context });
    let calls = 0;
    const off = account.aws.onCall(({ phase, operation }) => {
      if (phase === "after" && operation === "Sign") calls += 1;
      if (phase === "after" && calls % 15 === 0) account.aws.expireSessions();
    });

    const digests = Array.from({ length: 60 }, (_, index) => Buffer.alloc(32, index + 1));
    const signatures = await Promise.all(digests.map((digest) => key.sign(digest)));

    off();
    expect(signatures).toHaveLength(60);
    expectNoSecrets(context);
  });

  test("that cannot be renewed ends the run with the reason of the renewal", async () => {
    const context = witness();
    const { env, end } = account.jobAs();
    const session = await openSession(account.inputs(context), env);
    const key = await openKey({ session, key: account.key, context });
    end();
    account.aws.expireSessions();

    const error = await thrownBy(key.sign(Buffer.alloc(32, 1)));

    expect(error).toMatchObject({ code: "no-id-token", why: expect.stringContaining("401") });
    expectNoSecrets(context, error);
  });
});

describe("from a terminal", () => {
  const variables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] as const;
  const signIn = (name: string, Action: string[]) => {
    const { aws } = account;
    const statement = { Effect: "Allow" as const, Action, Resource: "*" };
    const user = aws.createUser(name, [{ Version: "2012-10-17", Statement: statement }]);
    Object.assign(process.env, aws.environment(user));
  };

  beforeEach(() => {
    process.env.HOME = account.world.dir;
    for (const name of variables) delete process.env[name];
  });

  test("the default credentials assume the role, narrowed by the same policy", async () => {
    signIn("ada", ["sts:AssumeRole"]);
    const context = witness();
    const narrow = { ...account.policy, Statement: account.policy.Statement.slice(1) };

    const session = await openSession(account.inputs(context, { policy: narrow }), {});

    const opening = openKey({ session, key: account.key, context });
    await expect(opening).rejects.toMatchObject({
      code: "access-denied",
      why: expect.stringContaining("no session policy"),
    });
  });

  test("without a role they are used as they are", async () => {
    signIn("bob", ["kms:*"]);
    const context = witness();

    const session = await openSession(account.inputs(context, { role: undefined }), {});
    const key = await openKey({ session, key: account.key, context });

    await expect(key.sign(Buffer.alloc(32, 1))).resolves.toBeDefined();
    expect(account.aws.calls().at(-1)?.principal).toContain("user/bob");
    expect(account.count("AssumeRole")).toBe(0);
  });

  test("who may not assume the role is told to leave it away", async () => {
    signIn("eve", ["kms:*"]);
    const context = witness();

    const error = await thrownBy(openSession(account.inputs(context), {}));

    expect(error).toMatchObject({
      code: "role-refused",
      next: expect.stringContaining("leave `role` empty"),
    });
    expectNoSecrets(context, error);
  });

  test.each([true, false])(
    "without credentials (role given: %p) nothing is waited for",
    async (withRole) => {
      const context = witness();
      const role = withRole ? account.role : undefined;

      const opening = openSession(account.inputs(context, { role }), {}).then((session) =>
        openKey({ session, key: account.key, context }),
      );

      await expect(opening).rejects.toMatchObject({
        code: "no-credentials",
        next: expect.stringContaining("aws sso login"),
      });
    },
  );

  test("with keys that nobody holds says that they are no good", async () => {
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
      AWS_SECRET_ACCESS_KEY: "not-a-secret",
    });
    const context = witness();

    const error = await thrownBy(openSession(account.inputs(context), {}));

    expect(error).toMatchObject({ code: "no-credentials" });
    expectNoSecrets(context, error);
  });
});
