import type { Address } from "@playbook/evm";

/** Who sends in the fixtures and in the recordings made of them. */
export const SENDER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8" as Address;
