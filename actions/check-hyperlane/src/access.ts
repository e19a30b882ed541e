// Generated from access.yml by `npm run sync`: do not edit.
import type { Statement } from "@playbook/access";

/** What a session of this action may do, at most. Its placeholders: keyArn. */
export const statements: readonly Statement[] = [
  {
    sid: "ReadCheckPublicKey",
    actions: ["kms:GetPublicKey"],
    resources: ["${keyArn}"],
    conditions: {},
  },
  {
    sid: "SignCheckMessages",
    actions: ["kms:Sign"],
    resources: ["${keyArn}"],
    conditions: {
      StringEquals: { "kms:SigningAlgorithm": ["ECDSA_SHA_256"], "kms:MessageType": ["DIGEST"] },
    },
  },
];
