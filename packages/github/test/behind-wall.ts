// A process of its own: Node reads NODE_EXTRA_CA_CERTS only as it starts.
import { explain } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { connect, findPull } from "../src/index.ts";

const [token = "", number = "", sha = ""] = process.argv.slice(2);

try {
  const octokit = connect(token, contextForTests());
  const pull = { number: Number(number) };
  const found = await findPull(octokit, { repository: "acme/app", pull, sha });
  console.log(`found ${found.pull?.number}`);
} catch (error) {
  console.log(explain(error));
}
