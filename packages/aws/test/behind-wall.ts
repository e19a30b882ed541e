// A process of its own: Node reads NODE_EXTRA_CA_CERTS only as it starts.
import { explain } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { openKey, openS3Store, openSession } from "../src/index.ts";

const [role = "", key = "", bucket = ""] = process.argv.slice(2);
const context = contextForTests();
const policy = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["kms:*", "s3:*"], Resource: "*" }],
};

try {
  const session = await openSession({ role, region: "us-east-1", policy, name: "wall", context });
  const { sign } = await openKey({ session, key, context });
  const store = await openS3Store({ session, bucket, prefix: "wall", context });
  await sign(new Uint8Array(32).fill(1));
  console.log(`signed, and stored in ${store.location}`);
} catch (error) {
  console.log(explain(error));
}
