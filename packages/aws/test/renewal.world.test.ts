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

  test("outlives an outage of the token endpoint for as long as its credentials do", async () => {
    const clock = dreaming();
    const { env, end } = account.jobAs();
    const session = await openSession(account.inputs(witness(clock)), env);
    const first = await session.credentials();
    end();

    clock.pass(56 * 60_000);
    expect(await session.credentials()).toBe(first);

    clock.pass(5 * 60_000);
    expect(await thrownBy(session.credentials())).toMatchObject({ code: "no-id-token" });
  });

  test("serves the last words of a run that is told to end as it is renewed", async () => {
    const clock = dreaming();
    const context = witness(clock);
    const session = await account.session(context);
    const first = await session.credentials();
    clock.pass(56 * 60_000);

    context.stop.abort(new Error("somebody cancelled it"));

    expect(await session.credentials()).toBe(first);
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
