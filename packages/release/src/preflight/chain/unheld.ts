import { PUBLIC_KEY } from "@playbook/rollout";
import type { Choice } from "../../validators.ts";
import { error, type Finding, warning } from "../finding.ts";
import { isOwn, type Manifest, nameOf, podSpecOf, type StatefulSet } from "../manifest.ts";
import { Files } from "../pods/mounts.ts";
import { startOf } from "../pods/script.ts";
import { lineOf, runsNode, type Workload, workloadOf } from "../pods/workload.ts";
import { shortened } from "./places.ts";

/**
 * Kinds whose pods are held, or end by themselves; of others nobody can hold them back, one by one.
 */
const HELD = /^(?:StatefulSet|Job|CronJob|PodTemplate)$/;

/** What a pod runs that is there only to have an image on its machine. */
const IDLE = /^(?:exec )?(?:\S*\/)?(?:sleep|pause|true|echo|tail|exit|trap|wait)\b/;
const ASKED = /\s(?:-V|--version|-h|--help)$/;

type Pods = {
  object: Manifest;
  marked: Parameters<Choice["isChosen"]>[0];
  key?: string | undefined;
};

function podsOf(object: Manifest): Pods[] {
  if ((HELD.test(object.kind) && isOwn(object)) || !podSpecOf(object)) return [];
  const { metadata } = object;
  const { template } = (object as StatefulSet).spec;
  const marks = object.kind === "Pod" ? metadata : { ...template.metadata };
  const notes = [metadata, marks as Manifest["metadata"]].map(({ annotations }) => annotations);
  const key = notes.flatMap((own) => own?.[PUBLIC_KEY] ?? [])[0]?.toLowerCase();
  return [{ object, marked: { metadata, spec: { template: { metadata: marks } } }, key }];
}

/** What is chosen as validators are, and is no set. */
export function unheldIn(manifests: readonly Manifest[], { isChosen }: Choice): Manifest[] {
  return manifests
    .flatMap(podsOf)
    .filter(({ marked }) => isChosen(marked))
    .map(({ object }) => object);
}

/**
 * Validators that are pods of something else than a StatefulSet: their rollout cannot hold them.
 */
export function checkUnheld(
  manifests: readonly Manifest[],
  { choice, voters }: { choice: Choice; voters: readonly { id: string }[] },
): Finding[] {
  return manifests.flatMap(podsOf).flatMap(({ object, marked, key }): Finding[] => {
    if (key && voters.some(({ id }) => id === key)) return [unheld(error, object, key)];
    const workload = workloadOf(object);
    const isNode = workload !== undefined && runsNode(workload) && !idles(workload);
    return !key && isNode && choice.isChosen(marked) ? [unheld(warning, object)] : [];
  });
}

function idles(workload: Workload): boolean {
  const nothing = new Files([]);
  return workload.pod.containers.every((container) => {
    const { steps } = startOf(workload, container, nothing);
    const lines = steps.map(({ words }) => words.join(" "));
    const isTold = lineOf(container).length > 0;
    return isTold && lines.every((line) => IDLE.test(line) || ASKED.test(line));
  });
}

function unheld(level: typeof error, object: Manifest, key?: string): Finding {
  const { kind, apiVersion = "" } = object;
  const what = isOwn(object) ? kind : `${kind} of ${apiVersion}`;
  const whose = key ? `It runs the validator ${shortened(key)}` : "It is chosen as a validator";
  const how =
    kind === "Deployment"
      ? "starts its next pod before the last one is gone, and two sign with one key"
      : "replaces its pods when it likes, or never";
  const why =
    `${whose} and is no StatefulSet of Kubernetes: a ${what} ` +
    `${how}, and no rollout waits for its vote.`;
  const next = key
    ? "Make it a StatefulSet of one replica, with the same claim and key."
    : 'Make it a StatefulSet, or say more narrowly with "validators" which sets run them.';
  return level("validator-unheld", nameOf(object), why, next);
}
