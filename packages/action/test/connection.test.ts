import { connectionError, faultOf } from "../src/connection.ts";

const failed = (code: string, message = "") => Object.assign(new Error(message), { code });

test.each([
  { code: "ECONNREFUSED", fault: "passing" },
  { code: "ECONNRESET", fault: "passing" },
  { code: "ETIMEDOUT", fault: "passing" },
  { code: "ENOTFOUND", fault: "passing" },
  { code: "EAI_AGAIN", fault: "passing" },
  { code: "SELF_SIGNED_CERT_IN_CHAIN", fault: "untrusted" },
  { code: "DEPTH_ZERO_SELF_SIGNED_CERT", fault: "untrusted" },
  { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", fault: "untrusted" },
  { code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", fault: "untrusted" },
  { code: "CERT_HAS_EXPIRED", fault: "untrusted" },
  { code: "ERR_TLS_CERT_ALTNAME_INVALID", fault: "untrusted" },
  { code: "EACCES", fault: undefined },
])("$code is a fault of kind $fault", ({ code, fault }) => {
  expect(faultOf(failed(code))).toBe(fault);
});

test.each([
  { message: "Bad response: 502", fault: "passing" },
  { message: "Proxy timeout", fault: "passing" },
  { message: "wrapper for TimeoutError: read ECONNRESET", fault: "passing" },
  { message: "socket hang up", fault: "passing" },
  { message: "Bad response: 407", fault: "proxy" },
  { message: "Bad response: 403", fault: "proxy" },
  { message: "Proxy response (403) !== 200 when HTTP Tunneling", fault: "proxy" },
  { message: "Proxy response (503) !== 200 when HTTP Tunneling", fault: "passing" },
  { message: "undefined is not a function", fault: undefined },
])('"$message" is a fault of kind $fault', ({ message, fault }) => {
  expect(faultOf(new Error(message))).toBe(fault);
});

test("a request that took too long may pass", () => {
  expect(faultOf(new DOMException("too long", "TimeoutError"))).toBe("passing");
});

test("nothing is no fault", () => {
  expect(faultOf(undefined)).toBeUndefined();
});

test.each([
  {
    error: failed("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"),
    code: "certificate-untrusted",
    next: "NODE_EXTRA_CA_CERTS",
  },
  { error: new Error("Bad response: 407"), code: "proxy-refused", next: "HTTPS_PROXY" },
])("$code says what to set", ({ error, code, next }) => {
  expect(connectionError("AWS", error)).toMatchObject({
    code,
    what: expect.stringContaining("AWS"),
    why: error.message,
    next: expect.stringContaining(next),
  });
});

test("what may pass has no words of its own: it is tried again", () => {
  expect(connectionError("AWS", failed("ECONNREFUSED"))).toBeUndefined();
});
