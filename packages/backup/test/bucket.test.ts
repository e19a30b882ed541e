import { contextForTests } from "@playbook/action/testing";
import { Bucket } from "../src/index.ts";

test.each([
  ["backups", "https://backups.s3.eu-central-1.amazonaws.com/axon/b"],
  ["backups.example.com", "https://s3.eu-central-1.amazonaws.com/backups.example.com/axon/b"],
])("bucket %s has an address that S3's certificate is good for", (bucket, url) => {
  const credentials = async () => ({ accessKeyId: "", secretAccessKey: "" });
  const session = { region: "eu-central-1", credentials, renew: () => {} };
  const context = contextForTests();

  expect(Bucket.toRead({ session, bucket, prefix: "axon", context }).urlOf("b")).toBe(url);
});
