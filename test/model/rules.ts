import { callsFit, inputsAreUsed, outputsExist, stepsFit } from "./calls.ts";
import {
  endsInTime,
  leavesNoToken,
  queuesByTarget,
  scriptsAreLiteral,
  serialisesEnvironments,
  usesOnlyOurs,
} from "./conduct.ts";
import type { Library, Rule, Subject } from "./model.ts";
import {
  asksWhatActionsNeed,
  grantsWhatCallsAsk,
  keepsProductCodeFromRights,
  keepsSecretsFromProductCode,
  statesPermissions,
} from "./rights.ts";

export const rules: Record<string, Rule> = {
  asksWhatActionsNeed,
  callsFit,
  endsInTime,
  grantsWhatCallsAsk,
  inputsAreUsed,
  keepsProductCodeFromRights,
  keepsSecretsFromProductCode,
  leavesNoToken,
  outputsExist,
  queuesByTarget,
  scriptsAreLiteral,
  serialisesEnvironments,
  statesPermissions,
  stepsFit,
  usesOnlyOurs,
};

/** Everything that is wrong with a workflow, each with the rule that says so. */
export function problemsOf(subject: Subject, library: Library): string[] {
  return Object.entries(rules).flatMap(([name, rule]) =>
    rule(subject, library).map((problem) => `${subject.path}: ${problem} (${name})`),
  );
}
