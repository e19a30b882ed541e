import { ActionError, type Clock } from "@playbook/action";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { retry } from "../src/retry.ts";

/** A clock that goes on only while somebody sleeps, and remembers how long. */
function dial() {
  const slept: number[] = [];
  let time = 1_000_000;
  const clock: Clock = {
    now: () => time,
    sleep: async (ms, signal) => {
      if (signal?.aborted) throw signal.reason;
      slept.push(ms);
      time += ms;
    },
  };
  return { clock, slept, total: () => slept.reduce((sum, ms) => sum + ms, 0) };
}

/** As the SDK throws it. */
function failure(name: string, status?: number, headers: Record<string, string> = {}) {
  const error = Object.assign(new Error(`${name}, says AWS.`), {
    name,
    $metadata: status === undefined ? {} : { httpStatusCode: status },
    $response: { headers },
  });
  return error;
}

const broken = (code: string) => Object.assign(new Error(code), { code });

/** Fails as often as there are errors, then succeeds. */
function after(errors: unknown[]) {
  let tries = 0;
  const attempt = async () => {
    tries += 1;
    if (tries <= errors.length) throw errors[tries - 1];
    return "done";
  };
  return { attempt, tries: () => tries };
}

const PATIENCE_MS = 60_000;

test.each([
  { what: "throttling", error: failure("ThrottlingException", 400) },
  { what: "throttling by STS", error: failure("Throttling", 400) },
  { what: "too many requests", error: failure("Anything", 429) },
  { what: "S3 being busy", error: failure("SlowDown", 503) },
  { what: "an inner error", error: failure("InternalError", 500) },
  { what: "a bad gateway", error: failure("SyntaxError", 502) },
  { what: "a race of two writers", error: failure("ConditionalRequestConflict", 409) },
  { what: "an issuer that STS does not reach", error: failure("IDPCommunicationError", 400) },
  { what: "a clock that goes wrong", error: failure("RequestTimeTooSkewed", 403) },
  { what: "a reset connection", error: broken("ECONNRESET") },
  { what: "a name that is not found", error: broken("EAI_AGAIN") },
  { what: "a request that took too long", error: failure("TimeoutError") },
])("$what is overcome", async ({ error }) => {
  const { clock } = dial();
  const { attempt, tries } = after([error, error, error]);

  await expect(retry(attempt, { deadlineMs: PATIENCE_MS, clock })).resolves.toBe("done");
  expect(tries()).toBe(4);
});

const explained = new ActionError("any", { what: "It.", why: "Is.", next: "So." });

test.each([
  { what: "a denial", error: failure("AccessDeniedException", 400) },
  { what: "a denial by S3", error: failure("AccessDenied", 403) },
  { what: "a missing object", error: failure("NoSuchKey", 404) },
  { what: "a lost race", error: failure("PreconditionFailed", 412) },
  { what: "an operation that is not there", error: failure("NotImplemented", 501) },
  { what: "a token that has expired", error: failure("ExpiredTokenException", 400) },
  { what: "no credentials at all", error: failure("CredentialsProviderError") },
  { what: "an unknown CA", error: broken("SELF_SIGNED_CERT_IN_CHAIN") },
  { what: "an error that is explained", error: explained },
  { what: "a mistake of ours", error: new TypeError("undefined is not a function") },
])("$what is not tried again", async ({ error }) => {
  const { clock, slept } = dial();
  const { attempt, tries } = after([error]);

  await expect(retry(attempt, { deadlineMs: PATIENCE_MS, clock })).rejects.toBe(error);
  expect(tries()).toBe(1);
  expect(slept).toEqual([]);
});

test("a token that is called invalid because STS could not fetch the keys is tried again", async () => {
  const { clock } = dial();
  const error = failure("InvalidIdentityToken", 400);
  error.message = "Couldn't retrieve verification key from your identity provider";
  const { attempt } = after([error]);

  await expect(retry(attempt, { deadlineMs: PATIENCE_MS, clock })).resolves.toBe("done");
});

test("no try is started before Retry-After has passed", async () => {
  const { clock, slept } = dial();
  const busy = failure("SlowDown", 503, { "retry-after": "7" });

  await retry(after([busy]).attempt, { deadlineMs: PATIENCE_MS, clock });

  expect(slept).toEqual([7_000]);
});

test.each(["soon", "Wed, 21 Oct 2026 07:28:00 GMT", "-5", ""])(
  "a Retry-After of %p does not delay the next try",
  async (value) => {
    const { clock, slept } = dial();
    const busy = failure("SlowDown", 503, { "retry-after": value });

    await retry(after([busy]).attempt, { deadlineMs: PATIENCE_MS, clock });

    expect(slept[0]).toBeLessThanOrEqual(100);
  },
);

test("pauses grow, stay below five seconds and differ from caller to caller", () => {
  const tries = fc.integer({ min: 1, max: 12 });
  return fc.assert(
    fc.asyncProperty(tries, async (count) => {
      const { clock, slept } = dial();
      const busy = Array.from({ length: count }, () => failure("SlowDown", 503));

      await retry(after(busy).attempt, { deadlineMs: 3_600_000, clock });

      slept.forEach((ms, index) => {
        const most = Math.min(5_000, 100 * 2 ** index);
        expect(ms).toBeGreaterThanOrEqual(most / 2);
        expect(ms).toBeLessThanOrEqual(most);
      });
    }),
    chance(),
  );
});

test("the last error is thrown when the deadline has come, and no try is started after it", async () => {
  const { clock, total } = dial();
  const errors = Array.from({ length: 1_000 }, () => failure("SlowDown", 503));

  const trying = retry(after(errors).attempt, { deadlineMs: PATIENCE_MS, clock });

  await expect(trying).rejects.toMatchObject({ name: "SlowDown" });
  expect(total()).toBeLessThanOrEqual(PATIENCE_MS);
  expect(total()).toBeGreaterThan(PATIENCE_MS - 5_000);
});

test("a clock that is set back by a day does not make the patience longer", async () => {
  const { clock, total } = dial();
  let shift = 0;
  const errors = Array.from({ length: 1_000 }, () => failure("SlowDown", 503));
  const attempt = after(errors).attempt;
  const setBack = async () => {
    shift = total() > PATIENCE_MS / 2 ? -86_400_000 : 0;
    return attempt();
  };
  const shifted = { ...clock, now: () => clock.now() + shift };

  const trying = retry(setBack, { deadlineMs: PATIENCE_MS, clock: shifted });

  await expect(trying).rejects.toMatchObject({ name: "SlowDown" });
  expect(total()).toBeLessThanOrEqual(PATIENCE_MS + 5_000);
});

test("a Retry-After beyond the deadline is not waited for", async () => {
  const { clock, slept } = dial();
  const busy = failure("SlowDown", 503, { "retry-after": "3600" });

  const trying = retry(after([busy]).attempt, { deadlineMs: PATIENCE_MS, clock });

  await expect(trying).rejects.toBe(busy);
  expect(slept).toEqual([]);
});

test("a run that has to end makes its first try, and says why there is no second", async () => {
  const { clock, slept } = dial();
  const over = AbortSignal.abort(explained);
  const { attempt, tries } = after([failure("SlowDown", 503)]);
  const patience = { deadlineMs: PATIENCE_MS, clock, signal: over };

  await expect(retry(attempt, patience)).rejects.toBe(explained);
  await expect(retry(async () => "written", patience)).resolves.toBe("written");
  expect(tries()).toBe(1);
  expect(slept).toEqual([]);
});
