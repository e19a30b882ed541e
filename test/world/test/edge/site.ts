import { readFile } from "node:fs/promises";
import { join } from "node:path";
import "@aws-sdk/signature-v4a";
import {
  CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
  PutKeyCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { PutObjectCommand, type PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
import type { Aws } from "../../src/aws/aws.ts";

const TEMPLATE = join(import.meta.dirname, "../../../../actions/deploy-ui/template.yml");

/** A site, made from the very template that products deploy. */
export async function makeSite(aws: Aws, parameters: Record<string, string> = {}) {
  const name = parameters.Site ?? "nexus-test";
  const text = await readFile(TEMPLATE, "utf8");
  const { outputs } = await aws.deployTemplate(text, { Site: name, ...parameters }, name);
  const { Bucket = "", Distribution = "", DomainName = "", KeyValueStore = "" } = outputs;
  const s3 = new S3Client({ ...aws.clientConfig(), maxAttempts: 1 });
  const stores = new CloudFrontKeyValueStoreClient({ ...aws.storeConfig(), maxAttempts: 1 });

  const put = async (path: string, Body: string, more: Partial<PutObjectCommandInput> = {}) => {
    await s3.send(new PutObjectCommand({ Bucket, Key: path, Body, ...more }));
  };
  const visit = (path: string, init: RequestInit = {}) =>
    fetch(`${aws.edge.url(Distribution)}${path}`, { redirect: "manual", ...init });
  const live = async (release: string, more: object = {}) => {
    const value = { version: 1, release, shared: ["/assets/"], own: [], ...more };
    const { ETag } = await stores.send(new DescribeKeyValueStoreCommand({ KvsARN: KeyValueStore }));
    await stores.send(
      new PutKeyCommand({
        ...{ KvsARN: KeyValueStore, Key: "live", Value: JSON.stringify(value), IfMatch: ETag },
      }),
    );
  };
  /** A release of a page and a file that is shared. */
  const release = async (id: string, page = `<p>${id}</p>`) => {
    const type = { ContentType: "text/html", CacheControl: "no-cache" };
    await put(`releases/${id}/index.html`, page, { ...type, Metadata: { release: id } });
    await put(`assets/app-${id.padEnd(8, "0")}.js`, `say("${id}");`, {
      ContentType: "text/javascript",
      CacheControl: "public, max-age=31536000, immutable",
    });
  };
  return { Bucket, Distribution, DomainName, KeyValueStore, s3, stores, put, visit, live, release };
}
