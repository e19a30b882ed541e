import { ActionError, type Context, type Report } from "@playbook/action";
import { openSigner, type Reach, writerOf } from "@playbook/broadcast";
import type { Address } from "@playbook/evm";
import { statements } from "../access.ts";
import { type CoreDocument, type Offer, readOffer } from "../document.ts";
import { type ApplyInputs as ChainInputs, ChainRun, type Outcome } from "./chain.ts";
import { type Failed, failureOf, leftOut } from "./failure.ts";
import { writeResults } from "./results.ts";
import { summarize } from "./summary.ts";

export type ApplyInputs = Reach &
  ChainInputs & {
    /** Folder of the plan; its artifact is unpacked there before. */
    plan: string;
    planDigest: string;
    /** Folder for the results. */
    result: string;
    /** Address that the key must have, when it is said. */
    sender?: Address | undefined;
    run?: string | undefined;
  };

/**
 * Applies an approved plan, all chains at once: none waits for another, and one that stops does not
 * stop the others. What has come about is written in any case.
 */
export async function apply(inputs: ApplyInputs, context: Context): Promise<Report> {
  for (const { value } of inputs.rpcUrls) context.mask(value);
  const { document, parts } = await readOffer(inputs.plan, inputs.planDigest);
  checkName(document, inputs);
  const rights = { statements, session: "playbook-hyperlane", signs: true };
  const opened = await openSigner(inputs, rights, context);
  checkSender(document, opened.signer.address, inputs.sender);
  await opened.checked;
  const run = new ChainRun(inputs, opened, writerOf(inputs), context);
  const results = await Promise.allSettled(parts.map((part) => run.apply(part)));
  context.signal.throwIfAborted();
  return reportOf(inputs, { document, parts }, results);
}

async function reportOf(
  { result }: ApplyInputs,
  { document, parts }: Offer,
  results: PromiseSettledResult<Outcome>[],
): Promise<Report> {
  const outcomes = results.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const stopped = results.flatMap((one, at): Failed[] => {
    const name = parts[at]?.entry.name ?? "";
    if (one.status === "rejected") return [{ name, error: one.reason }];
    return one.value.failure ? [{ name, error: one.value.failure }] : [];
  });
  const failed = [...stopped, ...leftOut(document)];
  await writeResults(result, outcomes, document);
  const mailboxes = outcomes.map(({ entry }) => [entry.name, entry.addresses.mailbox]);
  const failure = failureOf(failed);
  return {
    outputs: {
      changed: outcomes.some(({ sent }) => sent > 0),
      mailboxes: Object.fromEntries(mailboxes),
      proposals: outcomes.reduce((sum, { entry }) => sum + entry.proposals.length, 0),
      failed: failed.map(({ name }) => name),
    },
    summary: summarize(outcomes, failed, document),
    ...(failure && { failure }),
  };
}

function checkName(document: CoreDocument, { repository, environment }: ChainInputs): void {
  if (document.repository === repository && document.environment === environment) return;
  throw new ActionError("plan-changed", {
    what: "The plan is for another deployment.",
    why:
      `It says ${document.repository} ${document.environment}; this run ` +
      `is for ${repository} ${environment}.`,
    next: "Plan with the inputs of this run; nothing was signed or sent.",
  });
}

function checkSender({ sender }: CoreDocument, signer: Address, said: Address | undefined): void {
  if (sender === signer && (said === undefined || said === signer)) return;
  throw new ActionError("wrong-key", {
    what: `The key's address is ${signer}.`,
    why: `The plan was made for ${sender}: nonces and addresses would be others.`,
    next: `Plan with \`sender: ${signer}\`, or give the key of ${sender}.`,
  });
}
