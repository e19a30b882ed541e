import { ActionError } from "@playbook/action";
import type { Commenter } from "@playbook/preview";

/** Whose previews they are, and on which node. */
export type Place = Commenter & {
  /** Public name of the subgraph. */
  name: string;
  admin: string;
  token?: string | undefined;
  productionAdmin: string;
  status: string;
  query: string;
};

/** A preview's name on the node. */
export function previewName(name: string, pull: number): string {
  return `${name}-pr-${pull}`;
}

/** Throws `preview-not-apart` where the staging node's admin is the production node's. */
export function checkApart({ admin, productionAdmin }: Place): void {
  if (addressOf(admin) !== addressOf(productionAdmin)) return;
  throw new ActionError("preview-not-apart", {
    what: "`admin` is where the production node is administered.",
    why: "A preview runs what a pull request brought, and would do so beside what your users ask.",
    next: "Give the admin JSON-RPC of a staging node that has a database of its own.",
  });
}

/** Host and port: another path or protocol leads to the same node. */
function addressOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname.replace(/\.$/, "")}:${port || (protocol === "https:" ? 443 : 80)}`;
}
