import { sessionPolicy } from "@playbook/access";
import { statements } from "../src/access.ts";

const given = { account: "111122223333", prefix: "axon" };

test.each([
  ["aws", "eu-central-1", "secretsmanager.eu-central-1.amazonaws.com"],
  ["aws-us-gov", "us-gov-west-1", "secretsmanager.us-gov-west-1.amazonaws.com"],
  ["aws-cn", "cn-north-1", "secretsmanager.cn-north-1.amazonaws.com.cn"],
])("in %s Secrets Manager may encrypt for the session", (partition, region, service) => {
  const kmsKey = `arn:${partition}:kms:${region}:111122223333:key/one`;
  const { Statement: all } = sessionPolicy(statements, { ...given, partition, region, kmsKey });
  const [encrypting] = all.filter(({ Action }) => Action.includes("kms:GenerateDataKey"));
  expect(encrypting?.Condition?.StringEquals?.["kms:ViaService"]).toContain(service);
});
