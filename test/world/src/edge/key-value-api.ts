import type { Account } from "../aws/account.ts";
import type { Call, Need, Service } from "../aws/call.ts";
import { publishedAction } from "../aws/model.ts";
import { refuse, unmapped } from "../aws/refusal.ts";
import { type HttpReply, type HttpRequest, queryValue } from "../aws/request.ts";
import type { KeyValueStore } from "./key-value-store.ts";

/** CloudFront's KeyValueStore: the API of its keys, signed by version 4A only. */
export const keyValueStores: Service = {
  protocol: "rest-json",
  asymmetric: true,
  read,
  needs,
  answer,
};

type StoreParams = { store: string; key?: string; body: Body };
type Body = {
  Value?: string;
  Puts?: { Key: string; Value: string }[];
  Deletes?: { Key: string }[];
};

const PAGE = 10;
const MOST = 50;

const onStore: Record<string, string> = { GET: "DescribeKeyValueStore" };
const onKeys: Record<string, string> = { GET: "ListKeys", POST: "UpdateKeys" };
const onKey: Record<string, string> = { GET: "GetKey", PUT: "PutKey", DELETE: "DeleteKey" };

function read({ method, path, body }: HttpRequest) {
  const [, top, store, keys, key, ...more] = path.split("/").map(decodeURIComponent);
  if (top !== "key-value-stores" || !store || more.length > 0) return undefined;
  if (keys !== undefined && keys !== "keys") return undefined;
  const operations = keys === undefined ? onStore : key === undefined ? onKeys : onKey;
  const operation = operations[method];
  if (operation === undefined) return undefined;
  const params = { store, key, body: body.length > 0 ? JSON.parse(body.toString("utf8")) : {} };
  return { operation, params, target: `${method} ${decodeURIComponent(path)}` };
}

async function needs({ operation, params }: Call): Promise<Need[]> {
  const action = await publishedAction("cloudfront-keyvaluestore", operation);
  if (!action) throw unmapped(`cloudfront-keyvaluestore:${operation}`);
  return [{ action: action.name, resource: (params as StoreParams).store, context: {} }];
}

function answer(call: Call, { cloudfront }: Account): HttpReply {
  const { store: arn, key = "", body } = call.params as StoreParams;
  const store = cloudfront.stores.get(arn);
  if (!store) throw missing();
  const ifMatch = call.request.headers["if-match"];
  switch (call.operation) {
    case "DescribeKeyValueStore":
      return described(store);
    case "GetKey":
      return found(store, key);
    case "ListKeys":
      return listed(store, call.request);
    case "PutKey":
      store.change({ puts: [{ Key: key, Value: body.Value ?? "" }], deletes: [] }, ifMatch);
      return changed(store);
    case "DeleteKey":
      if (!store.items.has(key)) throw missing();
      store.change({ puts: [], deletes: [key] }, ifMatch);
      return changed(store);
    default: {
      const deletes = (body.Deletes ?? []).map(({ Key }) => Key);
      store.change({ puts: body.Puts ?? [], deletes }, ifMatch);
      return changed(store);
    }
  }
}

function described(store: KeyValueStore): HttpReply {
  return reply(
    {
      ...sizes(store),
      KvsARN: store.arn,
      Created: store.madeAt.getTime() / 1000,
      LastModified: store.changedAt.getTime() / 1000,
      Status: "READY",
    },
    store.etag,
  );
}

function found(store: KeyValueStore, key: string): HttpReply {
  const value = store.items.get(key);
  if (value === undefined) throw missing();
  return reply({ Key: key, Value: value, ...sizes(store) });
}

function listed(store: KeyValueStore, request: HttpRequest): HttpReply {
  const size = Math.min(MOST, Number(queryValue(request, "MaxResults") ?? PAGE));
  const from = Number(queryValue(request, "NextToken") ?? 0);
  const all = [...store.items].sort(([a], [b]) => (a < b ? -1 : 1));
  const Items = all.slice(from, from + size).map(([Key, Value]) => ({ Key, Value }));
  const more = from + size < all.length && { NextToken: String(from + size) };
  return reply({ Items, ...more });
}

function changed(store: KeyValueStore): HttpReply {
  return reply(sizes(store), store.etag);
}

function sizes({ items, bytes }: KeyValueStore) {
  return { ItemCount: items.size, TotalSizeInBytes: bytes };
}

function missing() {
  return refuse(404, "ResourceNotFoundException", "Resource was not found.");
}

function reply(body: object, etag?: string): HttpReply {
  const headers = { "content-type": "application/json", ...(etag !== undefined && { etag }) };
  return { status: 200, headers, body: Buffer.from(JSON.stringify(body)) };
}
