import { ActionError } from "@playbook/action";
import { explain, isDenied, isExpired, isStranger } from "../src/failure.ts";

/** As the SDK throws it. */
const failure = (name: string, status?: number, message = "So says AWS.") =>
  Object.assign(new Error(message), {
    name,
    $metadata: status === undefined ? {} : { httpStatusCode: status },
  });

const told = (error: unknown) => explain(error, "kms:Sign", "the key");

test.each([
  { error: failure("AccessDeniedException", 400), code: "access-denied", next: "Allow kms:Sign" },
  { error: failure("AccessDenied", 403), code: "access-denied", next: "Allow kms:Sign" },
  { error: failure("ExpiredTokenException", 400), code: "no-credentials", next: "Sign in" },
  { error: failure("UnrecognizedClientException", 400), code: "no-credentials", next: "Sign in" },
  { error: failure("SignatureDoesNotMatch", 403), code: "no-credentials", next: "Sign in" },
  { error: failure("CredentialsProviderError"), code: "no-credentials", next: "Sign in" },
  { error: failure("ThrottlingException", 400), code: "aws-unreachable", next: "run this again" },
  { error: failure("InternalError", 500), code: "aws-unreachable", next: "run this again" },
  { error: failure("TimeoutError"), code: "aws-unreachable", next: "Check `region`" },
  { error: failure("LimitExceeded", 400), code: "aws-refused", next: "Mend what it says" },
  { error: failure("NotImplemented", 501), code: "aws-refused", next: "Mend what it says" },
])("$error.name is explained as $code", ({ error, code, next }) => {
  expect(told(error)).toMatchObject({
    code,
    why: expect.stringContaining("So says AWS."),
    next: expect.stringContaining(next),
    cause: error,
  });
});

test("a denial names the permission and the resource", () => {
  expect(told(failure("AccessDenied", 403))).toMatchObject({
    what: "The role may not kms:Sign on the key.",
  });
});

test("what is explained already, and what is no error of AWS, is handed back", () => {
  const explained = new ActionError("any", { what: "It.", why: "Is.", next: "So." });
  const mistake = new TypeError("undefined is not a function");

  expect(told(explained)).toBe(explained);
  expect(told(mistake)).toBe(mistake);
});

test.each([undefined, null, "text", 7])("%p, thrown, is none of these", (thrown) => {
  expect([isDenied(thrown), isExpired(thrown), isStranger(thrown)]).toEqual([false, false, false]);
  expect(told(thrown)).toBe(thrown);
});
