import { contextForTests } from "@playbook/action/testing";
import { Bucket } from "../src/index.ts";

test.each([
  ["eu-central-1", "backups", "https://backups.s3.eu-central-1.amazonaws.com/axon/b"],
  [
    "eu-central-1",
    "backups.example.com",
    "https://s3.eu-central-1.amazonaws.com/backups.example.com/axon/b",
  ],
  ["cn-north-1", "backups", "https://backups.s3.cn-north-1.amazonaws.com.cn/axon/b"],
])("in %s, bucket %s has an address that S3's certificate is good for", (region, bucket, url) => {
  const credentials = async () => ({ accessKeyId: "", secretAccessKey: "" });
  const session = { region, credentials, renew: () => {} };
  const context = contextForTests();

  expect(Bucket.toRead({ session, bucket, prefix: "axon", context }).urlOf("b")).toBe(url);
});
