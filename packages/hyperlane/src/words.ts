import type { Ism } from "./model.ts";

const KINDS = {
  messageIdMultisigIsm: "message id",
  merkleRootMultisigIsm: "merkle root",
  storageMessageIdMultisigIsm: "message id in storage",
  storageMerkleRootMultisigIsm: "merkle root in storage",
  weightedMessageIdMultisigIsm: "weighted message id",
  weightedMerkleRootMultisigIsm: "weighted merkle root",
};

/** A module as a person reads it: who has to sign, and how many of them. */
export function wordsOf(ism: Ism): string {
  switch (ism.type) {
    case "messageIdMultisigIsm":
    case "merkleRootMultisigIsm":
    case "storageMessageIdMultisigIsm":
    case "storageMerkleRootMultisigIsm": {
      const { threshold, validators } = ism;
      const kind = KINDS[ism.type];
      return `${kind}, ${threshold} of ${validators.length}: ${validators.join(", ")}`;
    }
    case "weightedMessageIdMultisigIsm":
    case "weightedMerkleRootMultisigIsm": {
      const weighed = ism.signers.map(({ address, weight }) => `${address} (${weight})`);
      return `${KINDS[ism.type]}, a weight of ${ism.thresholdWeight}: ${weighed.join(", ")}`;
    }
    case "staticAggregationIsm":
    case "storageAggregationIsm": {
      const modules = ism.modules.map((one) => `(${wordsOf(one)})`);
      return `${ism.threshold} of ${modules.length} modules: ${modules.join(", ")}`;
    }
    case "domainRoutingIsm":
    case "defaultFallbackRoutingIsm":
    case "incrementalDomainRoutingIsm":
      return `routes for ${ism.routes.map(({ domain }) => domain).join(", ") || "no origin"}`;
    case "amountRoutingIsm":
      return `(${wordsOf(ism.lower)}), and from ${ism.threshold} on (${wordsOf(ism.upper)})`;
    case "pausableIsm":
      return ism.paused ? "paused" : "not paused";
    case "blacklistIsm":
      return `all but ${ism.ids.length} blacklisted messages`;
    case "trustedRelayerIsm":
      return `whatever ${ism.relayer} delivers`;
    case "testIsm":
      return "anything";
    case "foreign":
      return ism.address;
  }
}
