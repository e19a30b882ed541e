import type { Context, Report } from "@playbook/action";
import type { HardforkName } from "@playbook/axon";
import type { Inputs as ReleaseInputs } from "@playbook/release";

export type Inputs = ReleaseInputs & {
  mode: "pack" | "plan" | "apply";
  upgrade: "rollout" | "fork" | "jump";
  backup?: string | undefined;
  backupAge: number;
  noBackupBecause?: string | undefined;
  features: readonly HardforkName[];
  forkHeight?: number | undefined;
  prepareTime?: number | undefined;
  margin: number;
  whenLate: "call-off" | "move";
  firstBlock: number;
  acceptLoss?: number | undefined;
};

/** Stores what a release is made of, judges an upgrade, or brings it about: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  if (inputs.mode === "pack") {
    const { pack } = await import("@playbook/release");
    return pack(inputs, context);
  }
  if (inputs.upgrade === "fork") {
    const { fork } = await import("./fork/fork.ts");
    return fork(inputs, context);
  }
  if (inputs.upgrade === "jump") {
    const { jump } = await import("./jump/jump.ts");
    return jump(inputs, context);
  }
  const { roll } = await import("./roll.ts");
  return roll(inputs, context);
}
