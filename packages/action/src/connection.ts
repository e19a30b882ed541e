import { ActionError, reason } from "./error.ts";

/**
 * Why there was no answer, as far as it matters what to do next: it may pass; this machine does not
 * trust the certificate; the proxy lets nobody through.
 */
export type Fault = "passing" | "untrusted" | "proxy";

/**
 * Node's codes. They stand in the messages too, which is all that some wrappers leave of an error.
 */
const PASSING =
  /\b(ECONN[A-Z]+|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ERR_STREAM_PREMATURE_CLOSE)\b|^socket hang up$/;

/** Node's codes for certificates, which are OpenSSL's. */
const UNTRUSTED = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_(GET|VERIFY)_|(DEPTH_ZERO_)?SELF_SIGNED_CERT)/;

/** What hpagent and undici say when the proxy opened no tunnel: its status, or nothing in time. */
const PROXY = /^(?:Bad response: |Proxy response \()(\d+)(?:$|\) !== 200)|^Proxy timeout$/;

/** Sorts a failed connection; undefined for an error that is none. */
export function faultOf(error: unknown): Fault | undefined {
  const { code, name, message } = (error ?? {}) as Record<string, unknown>;
  if (UNTRUSTED.test(String(code))) return "untrusted";

  const tunnel = PROXY.exec(String(message));
  if (tunnel) return tunnel[1] && Number(tunnel[1]) < 500 ? "proxy" : "passing";
  const passes = [code, message].some((text) => PASSING.test(String(text)));
  return passes || name === "TimeoutError" ? "passing" : undefined;
}

/** The words for a fault that trying again does not mend; undefined for every other error. */
export function connectionError(service: string, error: unknown): ActionError | undefined {
  const why = reason(error);
  switch (faultOf(error)) {
    case "untrusted":
      return new ActionError(
        "certificate-untrusted",
        {
          what: `${service} shows a certificate that this machine does not trust.`,
          why,
          next: "Set NODE_EXTRA_CA_CERTS to a file with the CA that signed it (PEM).",
        },
        { cause: error },
      );
    case "proxy":
      return new ActionError(
        "proxy-refused",
        {
          what: `The proxy does not let this run reach ${service}.`,
          why,
          next: "Allow the host there, correct HTTPS_PROXY, or except the host in NO_PROXY.",
        },
        { cause: error },
      );
    default:
      return undefined;
  }
}
