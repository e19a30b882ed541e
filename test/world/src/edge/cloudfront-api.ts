import type { Account } from "../aws/account.ts";
import type { Call, Need, Service } from "../aws/call.ts";
import { publishedAction } from "../aws/model.ts";
import { refuse, unmapped, xml } from "../aws/refusal.ts";
import type { HttpReply, HttpRequest } from "../aws/request.ts";
import type { Distribution } from "./cloudfront.ts";
import type { Invalidation } from "./invalidations.ts";

/** CloudFront's own API, as far as releases need it; what it holds is made by templates. */
export const cloudfront: Service = { protocol: "query", read, needs, answer };

type DistributionParams = { distribution: string; invalidation?: string };

const VERSION = "/2020-05-31/";

const routes = [
  ["GetDistribution", "GET", /^distribution\/([^/]+)$/],
  ["CreateInvalidation", "POST", /^distribution\/([^/]+)\/invalidation$/],
  ["GetInvalidation", "GET", /^distribution\/([^/]+)\/invalidation\/([^/]+)$/],
] as const;

function read({ method, path }: HttpRequest) {
  if (!path.startsWith(VERSION)) return undefined;
  for (const [operation, verb, pattern] of routes) {
    const [, distribution = "", invalidation] = pattern.exec(path.slice(VERSION.length)) ?? [];
    if (verb !== method || distribution === "") continue;
    return { operation, params: { distribution, invalidation }, target: `${method} ${path}` };
  }
  return undefined;
}

async function needs({ operation, params }: Call, account: Account): Promise<Need[]> {
  const action = await publishedAction("cloudfront", operation);
  if (!action) throw unmapped(`cloudfront:${operation}`);
  const { distribution } = params as DistributionParams;
  const resource = account.arn("cloudfront", `distribution/${distribution}`);
  return [{ action: action.name, resource, context: {} }];
}

function answer(call: Call, account: Account): HttpReply {
  const { distribution: id, invalidation } = call.params as DistributionParams;
  const distribution = account.cloudfront.distributions.get(id);
  if (!distribution) {
    throw refuse(404, "NoSuchDistribution", "The specified distribution does not exist.");
  }
  if (call.operation === "GetDistribution") return described(distribution);
  if (call.operation === "CreateInvalidation") return created(distribution, call.request);
  const seen = distribution.invalidations.look(invalidation ?? "");
  if (!seen) throw refuse(404, "NoSuchInvalidation", "The specified invalidation does not exist.");
  return document(200, invalidationXml(seen.invalidation, seen.completed));
}

function created(distribution: Distribution, { body }: HttpRequest): HttpReply {
  const text = body.toString("utf8");
  const reference = unescapeXml(/<CallerReference>(.*?)</s.exec(text)?.[1] ?? "");
  const paths = [...text.matchAll(/<Path>(.*?)<\/Path>/gs)].map(([, path = ""]) =>
    unescapeXml(path),
  );
  const quantity = Number(/<Quantity>(\d+)</.exec(text)?.[1]);
  if (quantity !== paths.length) {
    const message = "The value of Quantity and the size of Items don't match.";
    throw refuse(400, "InconsistentQuantities", message);
  }
  const made = distribution.invalidations.create(reference, paths);
  return document(201, invalidationXml(made, made.looks === 0));
}

function described({ id, arn, domain, aliases, comment, madeAt }: Distribution): HttpReply {
  const config =
    `<Comment>${comment}</Comment><Enabled>true</Enabled><Aliases>` +
    `${xml({ Quantity: aliases.length })}<Items>` +
    `${aliases.map((alias) => xml({ CNAME: alias })).join("")}</Items></Aliases>`;
  const facts = { Id: id, ARN: arn, Status: "Deployed", LastModifiedTime: madeAt.toISOString() };
  return document(
    200,
    `<Distribution>${xml({ ...facts, InProgressInvalidationBatches: 0, DomainName: domain })}` +
      `<DistributionConfig>${config}</DistributionConfig></Distribution>`,
  );
}

function invalidationXml(made: Invalidation, completed: boolean): string {
  const { id, madeAt, paths, reference } = made;
  const facts = { Id: id, Status: completed ? "Completed" : "InProgress" };
  const items = paths.map((path) => xml({ Path: path })).join("");
  return (
    `<Invalidation>${xml({ ...facts, CreateTime: madeAt.toISOString() })}<InvalidationBatch>` +
    `<Paths>${xml({ Quantity: paths.length })}<Items>${items}</Items></Paths>` +
    `${xml({ CallerReference: reference })}</InvalidationBatch></Invalidation>`
  );
}

function document(status: number, text: string): HttpReply {
  const body = Buffer.from(`<?xml version="1.0"?>\n${text}`);
  return { status, headers: { "content-type": "text/xml" }, body };
}

function unescapeXml(text: string): string {
  const names: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text
    .replace(/&#(x?)([0-9a-f]+);/gi, (_, hex, code) =>
      String.fromCodePoint(Number.parseInt(code, hex ? 16 : 10)),
    )
    .replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => names[name] ?? "");
}
