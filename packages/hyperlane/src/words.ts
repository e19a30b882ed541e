import type { Ism } from "./model.ts";

/** A module as a person reads it: who has to sign, and how many of them. */
export function wordsOf(ism: Ism): string {
  switch (ism.type) {
    case "messageIdMultisigIsm":
    case "merkleRootMultisigIsm": {
      const kind = ism.type === "messageIdMultisigIsm" ? "message id" : "merkle root";
      const { threshold, validators } = ism;
      return `${kind}, ${threshold} of ${validators.length}: ${validators.join(", ")}`;
    }
    case "staticAggregationIsm": {
      const modules = ism.modules.map((one) => `(${wordsOf(one)})`);
      return `${ism.threshold} of ${modules.length} modules: ${modules.join(", ")}`;
    }
    case "domainRoutingIsm":
      return `routes for ${ism.routes.map(({ domain }) => domain).join(", ") || "no origin"}`;
    case "pausableIsm":
      return ism.paused ? "paused" : "not paused";
    case "foreign":
      return ism.address;
  }
}
