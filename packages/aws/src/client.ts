import { agentsFor } from "@playbook/action";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;

export type ClientSettings = {
  service: "sts" | "kms" | "s3" | "eks" | "cloudfront" | "cloudfront-keyvaluestore";
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
  return ownEndpoint(service) ?? `https://${service}.${region}.amazonaws.com`;
}

/** The address of another service than Amazon's own, if the environment names one. */
export function ownEndpoint(service: string, env = process.env): string | undefined {
  const name = service.toUpperCase().replaceAll("-", "_");
  return env[`AWS_ENDPOINT_URL_${name}`] ?? env.AWS_ENDPOINT_URL;
}
