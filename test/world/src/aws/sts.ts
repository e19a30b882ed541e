import type { Account } from "./account.ts";
import type { Call, Need, Service } from "./call.ts";
import { publishedAction } from "./model.ts";
import { unmapped } from "./refusal.ts";
import { type HttpRequest, parseForm } from "./request.ts";

/** AWS Security Token Service. What it answers is decided in sessions.ts: there is no backend. */
export const sts: Service = { protocol: "query", read, needs };

function read(request: HttpRequest) {
  const params = { ...Object.fromEntries(request.query), ...parseForm(request.body) };
  const operation = params.Action;
  return operation === undefined ? undefined : { operation, params, target: operation };
}

/** Whoever has a signature may ask who they are; an OIDC token is judged where it is read. */
async function needs({ operation, params }: Call, account: Account): Promise<Need[]> {
  const action = await publishedAction("sts", operation);
  if (!action) throw unmapped(`sts:${operation}`);
  if (operation === "GetCallerIdentity") return [];
  if (operation === "AssumeRoleWithWebIdentity") return [];
  if (operation !== "AssumeRole") throw unmapped(`sts:${operation}`);

  const context = { "sts:RoleSessionName": String(params.RoleSessionName) };
  const resource = String(params.RoleArn ?? account.arn("iam", "role/"));
  return [{ action: action.name, resource, context }];
}
