import { explorer } from "./explorer.ts";
import type { Loss } from "./loss.ts";
import type { Block } from "./manifest.ts";

/** What a consumer of the chain has to do, because the chain went back behind what it has seen. */
export type Consequence = {
  consumer: string;
  /** `before` the restored chain is handed over, or `after`. */
  when: "before" | "after";
  why: string;
  commands: string[];
};

export type Chain = { id: string; genesisHash: string; block: Block };

/** What follows for everybody who reads the chain; nothing when nothing was lost. */
export function consequencesOf(loss: Loss, chain: Chain): Consequence[] {
  if (loss.known && loss.blocks === 0) return [];
  return [relayers(chain), ledgers(chain), hyperlane(chain), subgraph(chain), explorer(chain)];
}

const RELAYERS = "--selector app.kubernetes.io/component=relayer";

function relayers({ id }: Chain): Consequence {
  return {
    consumer: "Relayers from Axon",
    when: "before",
    why:
      "A relayer delivers elsewhere what this chain no longer says, and takes for delivered what " +
      "will be said anew under the same number. Those from this chain stop first, and start last.",
    commands: [
      "# For each of Hyperlane's releases that relays from Axon, in every cluster that runs one:",
      `# Those whose origin is chain ${id}.`,
      `kubectl --namespace hyperlane get statefulsets,deployments ${RELAYERS} --output wide`,
      "kubectl --namespace hyperlane scale NAME --replicas=0",
      `kubectl --namespace hyperlane wait --for=delete pod ${RELAYERS} --timeout=5m`,
    ],
  };
}

const AXON = "--region REGION --rpc-urls axon=URL";

function ledgers({ id, genesisHash, block }: Chain): Consequence {
  return {
    consumer: "Nonce ledgers",
    when: "after",
    why:
      `Ledgers of chain ${id} (genesis ${genesisHash.slice(0, 18)}…) have steps as settled that ` +
      `a block after ${block.height} settled. A release that meets one stops by itself: the ` +
      "chain has fewer nonces than are settled. What such a release deployed is gone, and its " +
      "bytes can be sent again by anybody who has them.",
    commands: [
      "# Which keys have settled more than the chain has: `settled` above `on chain`.",
      "pnpm playbook ledger status --state s3://BUCKET/PREFIX " +
        `${AXON} --chains-file CHAINS # chain ${id}`,
      "# A key that has not: nothing is to be done. For one that " +
        "has, begin its ledger anew beside the",
      "# old one, which stays as the record of what was lost; then release under a new version.",
      `pnpm playbook ledger adopt --state s3://BUCKET/PREFIX-after-restore ${AXON} \\`,
      "  --chains axon --chains-file CHAINS --signer ADDRESS " +
        "--release OWNER/NAME,ENVIRONMENT,RELEASE",
      "# It shows what the new ledger begins with; with `--mode apply --key KEY` it writes that.",
    ],
  };
}

function hyperlane({ block }: Chain): Consequence {
  return {
    consumer: "Hyperlane",
    when: "after",
    why:
      `Messages that were dispatched after block ${block.height} are no longer in the ` +
      "mailbox, and its next ones get their numbers. The validators have signed checkpoints " +
      "of the old ones: they see the reorganisation, write reorg_flag.json and stop, which is " +
      "right. That flag is never deleted, and a key that signed one tree must not sign " +
      "another at the same number. What was already delivered elsewhere has no origin any " +
      "more: its owners decide, one by one. What was delivered to Axon in the lost blocks is " +
      "delivered again by the relayers to it.",
    commands: [
      "# Who has signed what is no longer there: check-hyperlane with `mode: watch` names each",
      "# (`signed-ahead`, `reorg-flag`). Or by hand: an N that is not below the nonce is void.",
      "cast call MAILBOX 'nonce()(uint32)' --rpc-url URL",
      "aws s3 cp s3://CHECKPOINTS/checkpoint_latest_index.json - # N, the last that was signed",
      "# Nobody: start the validators and relayers again. " +
        "Otherwise each of these gets another key and",
      "# another bucket, and the ISMs of the other chains the new " +
        "set: deploy-hyperlane-agents' README,",
      "# `After a reorganisation`. It is seen to work when " +
        "check-hyperlane with `mode: send` is well.",
      "# What went out in the lost blocks: its ids on the other chains, to be settled by hand.",
      "cast logs --rpc-url OTHER_URL --address OTHER_MAILBOX 'Process(uint32,bytes32,address)'",
      "# Last of all, the relayers from Axon:",
      "kubectl --namespace hyperlane scale NAME --replicas=1",
    ],
  };
}

function subgraph({ block }: Chain): Consequence {
  return {
    consumer: "Subgraph",
    when: "after",
    why:
      `It has indexed blocks after ${block.height} that are no longer there. graph-node ` +
      "never goes back below the highest block that it has seen: until the chain is past " +
      "that, it answers from the lost ones. Then it follows by itself, as far back as it has " +
      "kept the lost blocks: those that it has seen come, and 250 where " +
      "GRAPH_ETHEREUM_CLEANUP_BLOCKS is set.",
    commands: [
      "# Few blocks were lost, and old answers do no harm until they are made up for: nothing.",
      "# Otherwise stop all graph-nodes; what is left to query may stay. In their database:",
      "graphman chain truncate --force NETWORK",
      'psql DATABASE --command "UPDATE ethereum_networks SET head_block_hash = NULL, ' +
        "head_block_number = NULL, head_block_cursor = NULL WHERE name = 'NETWORK'\"",
      `# Each deployment that is past block ${block.height}, and none that is not: it would skip`,
      "# blocks. `graphman info --all --status` says which are.",
      "graphman rewind --force --sleep 0 " +
        `--block-hash ${block.hash} --block-number ${block.height} DEPLOYMENT`,
      "# Start the nodes. One that began less than 250 blocks " +
        "before, or is pruned, is not rewound:",
      "# release its subgraph again with an `edition` (release-subgraph). The same content without",
      "# one is the same deployment, which is never indexed anew.",
    ],
  };
}
