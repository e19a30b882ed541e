import type { GraphNodeCore } from "./core.ts";

export type AdminRequest = {
  jsonrpc?: string;
  method?: string;
  params?: Record<string, unknown>;
  id?: string | number | null;
};

type AdminError = { code: number; message: string };
export type AdminReply = { jsonrpc: "2.0"; id: string | number | null } & (
  | { result: unknown }
  | { error: AdminError }
);

/** A method's number for its errors, and what it needs of its parameters. */
const methods: Record<string, { code: number; needs: string[] }> = {
  subgraph_deploy: { code: 0, needs: ["name", "ipfs_hash"] },
  subgraph_remove: { code: 1, needs: ["name"] },
  subgraph_create: { code: 2, needs: ["name"] },
  subgraph_reassign: { code: 3, needs: ["ipfs_hash", "node_id"] },
  subgraph_pause: { code: 4, needs: ["deployment"] },
  subgraph_resume: { code: 5, needs: ["deployment"] },
};

/** Does what the admin's JSON-RPC asks for. */
export async function answerAdmin(
  core: GraphNodeCore,
  { jsonrpc, method = "", params = {}, id = null }: AdminRequest,
): Promise<AdminReply> {
  const reply = (answer: { result: unknown } | { error: AdminError }): AdminReply => ({
    jsonrpc: "2.0",
    id,
    // Who gives no id wants no answer: it is done, and nothing is said of it.
    ...(id === null && jsonrpc === "2.0" ? { result: null } : answer),
  });
  if (jsonrpc !== "2.0") return reply({ error: { code: -32600, message: "Invalid Request" } });
  const known = methods[method];
  if (!known) return reply({ error: { code: -32601, message: "Method not found" } });
  const invalid = invalidParams(known.needs, params);
  if (invalid) return reply({ error: { code: -32602, message: `Invalid params: ${invalid}` } });
  try {
    return reply({ result: await perform(core, method, params as Record<string, string>) });
  } catch (error) {
    return reply({ error: { code: known.code, message: (error as Error).message } });
  }
}

function invalidParams(needs: string[], params: Record<string, unknown>): string | undefined {
  const missing = needs.find((name) => typeof params[name] !== "string");
  if (missing) return `missing field \`${missing}\``;
  const { name, ipfs_hash: hash } = params as Record<string, string | undefined>;
  const wrong = [
    ...(name !== undefined && !isSubgraphName(name) ? [name] : []),
    ...(hash !== undefined && !isDeploymentHash(hash) ? [hash] : []),
  ];
  // graph-node says so of hashes, too.
  const [first] = wrong;
  return first && `invalid value: string "${first}", expected valid subgraph name`;
}

function isDeploymentHash(hash: string): boolean {
  return /^\w{1,46}$/.test(hash) && hash !== "subgraphs";
}

/** Parts of letters, digits, `-` and `_`, with a letter in each. */
export function isSubgraphName(name: string): boolean {
  const part = /^(?=.*[a-z])[a-z\d](?:[\w-]*[a-z\d])?$/i;
  const parts = name.split("/");
  return name.length <= 255 && parts.every((each) => part.test(each) && each !== "graphql");
}

async function perform(core: GraphNodeCore, method: string, params: Record<string, string>) {
  const { name = "", ipfs_hash: hash = "", deployment = "", node_id: node } = params;
  switch (method) {
    case "subgraph_create":
      return { id: core.create(name) };
    case "subgraph_deploy":
      return core.deploy(name, hash, node);
    case "subgraph_remove":
      return core.remove(name);
    case "subgraph_reassign":
      return core.reassign(hash, node ?? "");
    case "subgraph_pause":
      return core.pause(deployment, true);
    default:
      return core.pause(deployment, false);
  }
}
