import { amazonHost } from "../src/client.ts";

test.each([
  ["sts", "eu-west-1", "sts.eu-west-1.amazonaws.com"],
  ["kms", "us-gov-west-1", "kms.us-gov-west-1.amazonaws.com"],
  ["s3", "cn-northwest-1", "s3.cn-northwest-1.amazonaws.com.cn"],
  ["sts", "eusc-de-east-1", "sts.eusc-de-east-1.amazonaws.eu"],
])("%s in %s is at %s", (service, region, host) => {
  expect(amazonHost(service, region)).toBe(host);
});
