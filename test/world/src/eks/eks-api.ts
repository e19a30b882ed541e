import type { Account } from "../aws/account.ts";
import type { Call, Need, Service } from "../aws/call.ts";
import { publishedAction } from "../aws/model.ts";
import { refuse, unmapped } from "../aws/refusal.ts";
import type { HttpReply, HttpRequest } from "../aws/request.ts";
import type { EksCluster } from "./eks.ts";

/** EKS, as far as a deployment needs it: where a cluster is. */
export const eks: Service = { protocol: "rest-json", read, needs, answer };

type ClusterParams = { name: string };

function read({ method, path }: HttpRequest) {
  const [, name] = /^\/clusters\/([^/]+)$/.exec(path) ?? [];
  if (method !== "GET" || name === undefined) return undefined;
  const params = { name: decodeURIComponent(name) };
  return { operation: "DescribeCluster", params, target: `${method} ${path}` };
}

async function needs({ operation, params, region }: Call, account: Account): Promise<Need[]> {
  const action = await publishedAction("eks", operation);
  if (!action) throw unmapped(`eks:${operation}`);
  const { name } = params as ClusterParams;
  return [
    { action: action.name, resource: account.arn("eks", `cluster/${name}`, region), context: {} },
  ];
}

function answer({ params, region }: Call, account: Account): HttpReply {
  const { name } = params as ClusterParams;
  const cluster = account.eks.find(name);
  if (cluster?.region !== region) {
    throw refuse(404, "ResourceNotFoundException", `No cluster found for name: ${name}.`);
  }
  const body = Buffer.from(JSON.stringify({ cluster: described(cluster) }));
  return { status: 200, headers: { "content-type": "application/json" }, body };
}

function described({ name, arn, version, endpoint, certificateAuthority, madeAt, id }: EksCluster) {
  return {
    name,
    arn,
    version,
    endpoint,
    certificateAuthority: { data: Buffer.from(certificateAuthority).toString("base64") },
    createdAt: madeAt.getTime() / 1000,
    status: "ACTIVE",
    health: { issues: [] },
    id,
    platformVersion: "eks.1",
    accessConfig: { authenticationMode: "API" },
    kubernetesNetworkConfig: { serviceIpv4Cidr: "10.96.0.0/16", ipFamily: "ipv4" },
    tags: {},
  };
}
