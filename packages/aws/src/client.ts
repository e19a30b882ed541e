import { agentsFor } from "@playbook/action";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;

export type ClientSettings = {
  service:
    | "sts"
    | "kms"
    | "s3"
    | "eks"
    | "cloudfront"
    | "cloudfront-keyvaluestore"
    | "secretsmanager";
  region: string;
  /** Tries of one request, the first included. */
  maxAttempts: number;
};

/**
 * What every AWS client of this library is made with: agents that honour proxies and a custom CA,
 * and time-outs. Endpoints are the SDK's own choice, `AWS_ENDPOINT_URL` included.
 */
export function clientSettings({ service, region, maxAttempts }: ClientSettings) {
  const { http: httpAgent, https: httpsAgent } = agentsFor(endpointOf(service, region));
  return {
    region,
    maxAttempts,
    requestHandler: new NodeHttpHandler({
      httpAgent,
      httpsAgent,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      // Without it the handler only warns, and waits on.
      throwOnRequestTimeout: true,
      socketTimeout: REQUEST_TIMEOUT_MS,
    }),
  };
}

/** Where requests will go, to know whether a proxy stands before it. */
function endpointOf(service: string, region: string): string {
  return ownEndpoint(service) ?? `https://${amazonHost(service, region)}`;
}

/**
 * What regions outside of Amazon's usual domain begin with: China, and the European sovereign
 * cloud.
 */
const DOMAINS: Record<string, string> = { cn: "amazonaws.com.cn", eusc: "amazonaws.eu" };

/** Amazon's own host of a service in a region. */
export function amazonHost(service: string, region: string): string {
  const [partition = ""] = region.split("-");
  return `${service}.${region}.${DOMAINS[partition] ?? "amazonaws.com"}`;
}

/** Services that the SDK calls otherwise in its variables' names. */
const VARIABLES: Record<string, string> = { secretsmanager: "SECRETS_MANAGER" };

/** The address of another service than Amazon's own, if the environment names one. */
export function ownEndpoint(service: string, env = process.env): string | undefined {
  const name = VARIABLES[service] ?? service.toUpperCase().replaceAll("-", "_");
  return env[`AWS_ENDPOINT_URL_${name}`] ?? env.AWS_ENDPOINT_URL;
}
