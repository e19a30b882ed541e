import type { Context } from "@playbook/action";
import { type Address, type Hex, RpcError, saysItFails } from "@playbook/evm";
import {
  callOf,
  isEnough,
  pausedIn,
  proofFor,
  readAnnounced,
  readMailbox,
  unprovable,
  validatorsIn,
} from "@playbook/hyperlane";
import { lookout } from "./arrival.ts";
import { enoughSince, type Journey, type Signing } from "./journey.ts";
import { lossIn, onChain } from "./lost.ts";
import { relayersOf } from "./relaying.ts";
import type { Attempt, Sent } from "./send.ts";
import { flaggedAmong, signingOf } from "./signing.ts";
import type { Station } from "./station.ts";
import { pursesOn, type WatchInputs } from "./watch.ts";

const PAUSE_MS = 2_000;

type Closer = Pick<
  Journey,
  "signing" | "flagged" | "isEnough" | "enoughAt" | "isPaused" | "unprovable" | "answer"
>;

const UNSEEN: Closer = {
  ...{ signing: [], flagged: [], isEnough: null, enoughAt: null },
  ...{ isPaused: false, unprovable: [], answer: null },
};

/**
 * Follows a message until it has arrived or the patience is at its end, which begins when
 * validators may sign it. A chain that stops answering is asked again until then.
 */
export async function follow(
  { route, sent, refusal }: Attempt,
  { origin, end }: { origin: Station; end: Station },
  inputs: WatchInputs,
  context: Context,
): Promise<Journey> {
  if (!sent) {
    const nothing = { purses: [], delivered: null, lost: null, ...UNSEEN };
    return { route, sent, refusal, index: null, ...nothing };
  }
  const { hash, id, at, place } = sent;
  const known = { route, sent: { hash, id, at }, refusal, index: place?.index ?? null };
  const patience = origin.settling + inputs.patience;
  const arrival = await arrivalOf(id, end, patience, context);
  const { delivered } = arrival;
  if (arrival.lost) return { ...known, ...UNSEEN, ...arrival, purses: [] };
  try {
    const seen = await lookCloser(sent, { origin, end }, delivered === null, context);
    const relayers = delivered ? [] : relayersOf(inputs.relayers, [route]);
    const purses = await onChain(end, pursesOn(end, relayers, inputs));
    return { ...known, ...seen, purses, delivered, lost: null };
  } catch (error) {
    return { ...known, ...UNSEEN, purses: [], delivered, lost: lossIn(error) };
  }
}

/**
 * The delivery, when there is one in time; the loss of the chain, when it said nothing at the end.
 */
async function arrivalOf(
  id: Hex,
  end: Station,
  patience: number,
  { clock, signal }: Context,
): Promise<Pick<Journey, "delivered" | "lost">> {
  const deadline = clock.now() + patience;
  const look = lookout(id, end);
  for (;;) {
    const isLate = clock.now() >= deadline;
    const seen = await onChain(end, look()).catch(lossIn);
    const lost = seen && "chain" in seen ? seen : null;
    const delivered = seen && "hash" in seen ? seen : null;
    if (delivered || isLate) return { delivered, lost };
    await clock.sleep(PAUSE_MS, signal);
  }
}

/** Who has signed it, by the ISM as it is now; and whether that would do, unless it has. */
async function lookCloser(
  sent: Sent,
  { origin, end }: { origin: Station; end: Station },
  isMissing: boolean,
  context: Context,
): Promise<Closer> {
  const { merkleTreeHook, domain } = origin;
  if (!sent.place || !merkleTreeHook) return UNSEEN;
  const { defaultIsm } = await onChain(end, readMailbox(end.rpc, end.mailbox));
  const validators = validatorsIn(defaultIsm, domain);
  const announcing = readAnnounced(origin.rpc, origin.validatorAnnounce, validators);
  const announced = await onChain(origin, announcing);
  const right = { merkleTreeHook, domain, ...sent.place, messageId: sent.id };
  const signing = await Promise.all(
    validators.map((one) => signingOf(one, announced.get(one), right, context)),
  );
  const signatures = signaturesIn(signing);
  const evidence = { merkleTreeHook, ...sent.place, messageId: sent.id, signatures };
  const proof = proofFor(defaultIsm, domain, evidence);
  return {
    signing,
    flagged: isMissing ? await flaggedAmong(announced, context) : [],
    isEnough: isEnough(defaultIsm, domain, new Set(signatures.keys())),
    enoughAt: enoughSince(signing, (signers) => isEnough(defaultIsm, domain, signers)),
    isPaused: pausedIn(defaultIsm, domain),
    unprovable: [...new Set(unprovable(defaultIsm, domain).map(({ type }) => type))],
    answer: isMissing && proof ? await answerOf(end, proof, sent.bytes) : null,
  };
}

function signaturesIn(signing: readonly Signing[]): Map<Address, Hex> {
  return new Map(
    signing.flatMap(({ validator, flaw, signature }): [Address, Hex][] =>
      flaw === null && signature ? [[validator, signature]] : [],
    ),
  );
}

/** What the mailbox would say to a relayer; null where that cannot be tried. */
async function answerOf(
  { rpc, mailbox, name }: Station,
  proof: Hex,
  message: Hex,
): Promise<Journey["answer"]> {
  const data = callOf("Mailbox", "process", [proof, message]);
  try {
    const head = await rpc.send<Hex>("eth_blockNumber");
    await rpc.send("eth_call", { to: mailbox, data }, head);
    return "accepted";
  } catch (error) {
    if (error instanceof RpcError) return saysItFails(error) ? { refusal: error.message } : null;
    return onChain({ name }, Promise.reject(error));
  }
}
