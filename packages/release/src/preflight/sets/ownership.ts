import { isPending, lastGood, type ManagedFields, type Revision } from "@playbook/kube";
import { error, type Finding, warning } from "../finding.ts";
import { type Manifest, nameOf, type StatefulSet } from "../manifest.ts";
import { isIn } from "../namespaces.ts";

/** Helm's own marks: it refuses to take in what has others, or none. */
export const OF_RELEASE = "meta.helm.sh/release-name";
const OF_NAMESPACE = "meta.helm.sh/release-namespace";
const MANAGED = "app.kubernetes.io/managed-by";

/** Helm's name among those who have set fields: its program's, which may have a version in it. */
const HELM = /helm/i;

export type ReleaseName = { release: string; namespace: string };

type Marks = { labels?: Record<string, string>; annotations?: Record<string, string> };

export function isOfRelease({ annotations }: Marks, { release, namespace }: ReleaseName): boolean {
  const place = annotations?.[OF_NAMESPACE];
  return annotations?.[OF_RELEASE] === release && (place === undefined || place === namespace);
}

/** Whether Helm has set a field of a set's spec, and takes it back when it renders it no more. */
export function isHelms(live: StatefulSet, field: string): boolean {
  const { managedFields } = live.metadata as { managedFields?: ManagedFields[] };
  if (!managedFields) return true;
  return managedFields
    .filter(({ manager }) => HELM.test(manager))
    .some(({ fieldsV1 }) => {
      const { "f:spec": spec = {} } = (fieldsV1 ?? {}) as { "f:spec"?: object };
      return `f:${field}` in spec;
    });
}

/** Kinds that are looked at for whose they are, by what the API calls them. */
const PLURAL: Record<string, string> = {
  StatefulSet: "statefulset",
  ConfigMap: "configmap",
  PodDisruptionBudget: "poddisruptionbudget",
};

const keyOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;

/**
 * What is there under a name that Helm is to make, and is not the release's: its upgrade would be
 * refused. `current` is what the release has already, of which Helm asks no marks.
 */
export function checkOwners(
  rendered: readonly Manifest[],
  live: readonly Manifest[],
  current: readonly Manifest[],
  name: ReleaseName,
): Finding[] {
  const known = new Set(current.map(keyOf));
  const wanted = new Set(rendered.filter((one) => isMade(one, name)).map(keyOf));
  return live
    .filter((one) => wanted.has(keyOf(one)) && !known.has(keyOf(one)))
    .filter(({ metadata }) => !isMarked(metadata, name))
    .map((one) => notHelms(one, name));
}

/** Hooks are made anew each time, whoever they are. */
function isMade(one: Manifest, { namespace }: ReleaseName): boolean {
  return isIn(one, namespace) && one.metadata.annotations?.["helm.sh/hook"] === undefined;
}

function isMarked(metadata: Marks, { release, namespace }: ReleaseName): boolean {
  const { labels, annotations } = metadata;
  return (
    labels?.[MANAGED] === "Helm" &&
    annotations?.[OF_RELEASE] === release &&
    annotations?.[OF_NAMESPACE] === namespace
  );
}

function notHelms(one: Manifest, { release, namespace }: ReleaseName): Finding {
  const { kind, metadata } = one;
  const owner = metadata.annotations?.[OF_RELEASE];
  const whose = owner ? `It is release ${owner}'s` : "It was made without Helm";
  const object = `${PLURAL[kind]} ${metadata.name} --namespace ${namespace}`;
  const adopt =
    `Where it is to be this release's: kubectl label ${object} ${MANAGED}=Helm --overwrite; ` +
    `kubectl annotate ${object} ${OF_RELEASE}=${release} ${OF_NAMESPACE}=${namespace} ` +
    "--overwrite. The same goes for services and all else of these names. Pods stay as they are.";
  return error(
    "not-helms",
    nameOf(one),
    `${whose}, and the chart renders one of that name: Helm would refuse to take it over.`,
    owner ? `Render another name, or another namespace. ${adopt}` : adopt,
  );
}

/** What a Helm that is under way, or has died, means for who comes after it. */
export function checkPending(revisions: readonly Revision[]): Finding[] {
  const newest = revisions.at(-1);
  if (newest?.status === "uninstalling") return [halfUninstalled(newest)];
  if (!newest || !isPending(newest)) return [];
  const good = lastGood([...revisions])?.revision;
  const back = good ? `a way back leads to revision ${good}` : "there is no revision to go back to";
  const why =
    `It is ${newest.status}: a Helm is at work there, or has ` +
    "died, and Helm refuses all others.";
  const next =
    "Nothing has to be done: `apply` waits until that Helm is done or has to be dead, marks the " +
    `revision as failed and goes on; ${back}.`;
  return [warning("release-pending", `Revision ${newest.revision}`, why, next)];
}

function halfUninstalled({ revision }: Revision): Finding {
  return error(
    "release-uninstalling",
    `Revision ${revision}`,
    "Somebody's `helm uninstall` is under way, or has died on its way: part of what the release " +
      "made may be gone, and Helm takes it for a release that is not there any more.",
    "Where the chain is to stay: see that no uninstall runs, then delete that revision's record " +
      `(label owner=helm, version=${revision}) where there is one before it; this run makes what ` +
      "is missing. Else let `helm uninstall` end. The chart's volumes and keys stay either way.",
  );
}
