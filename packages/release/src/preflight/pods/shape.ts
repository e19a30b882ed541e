import { z } from "zod";

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** What of a list is as it has to be; the API server refuses the rest, and Helm with it. */
function listOf<Item extends z.ZodType>(item: Item) {
  const good = (value: unknown) => item.safeParse(value).success;
  const sound = (value: unknown) => {
    if (value === undefined) return undefined;
    return Array.isArray(value) ? value.filter(good) : [];
  };
  return z.preprocess(sound, z.array(item).optional());
}

/** Leaves out what is no record. */
function recordOf<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.looseObject(shape).optional().catch(undefined);
}

const part = recordOf({
  name: text.optional(),
  secretName: text.optional(),
  items: listOf(z.looseObject({ key: text, path: text.optional() })),
});

const reference = recordOf({ name: text.optional(), key: text.optional() });

const hook = recordOf({ exec: recordOf({ command: listOf(text) }) });

const container = z.looseObject({
  name: text.default(""),
  image: text.optional(),
  workingDir: text.optional(),
  command: listOf(text),
  args: listOf(text),
  env: listOf(
    z.looseObject({
      name: text,
      value: text.optional().catch(undefined),
      valueFrom: recordOf({ secretKeyRef: reference, configMapKeyRef: reference }),
    }),
  ),
  envFrom: listOf(z.looseObject({ secretRef: reference, configMapRef: reference })),
  volumeMounts: listOf(
    z.looseObject({ name: text, mountPath: text, subPath: text.optional().catch(undefined) }),
  ),
  lifecycle: recordOf({ postStart: hook, preStop: hook }),
  securityContext: recordOf({}),
  livenessProbe: hook,
  readinessProbe: hook,
  startupProbe: hook,
  resources: recordOf({ requests: recordOf({}), limits: recordOf({}) }),
});

const volume = z.looseObject({
  name: text,
  configMap: part,
  secret: part,
  persistentVolumeClaim: recordOf({ claimName: text.optional() }),
  csi: recordOf({ volumeAttributes: recordOf({ secretProviderClass: text.optional() }) }),
  projected: recordOf({ sources: listOf(z.looseObject({ secret: part, configMap: part })) }),
});

const pod = z.looseObject({
  containers: listOf(container),
  initContainers: listOf(container),
  volumes: listOf(volume),
});

const claims = listOf(z.looseObject({ metadata: z.looseObject({ name: text }) }));

/** The parts of a pod that are judged, as they have to be. */
export function soundPod(written: object): object {
  return without(pod.parse(written));
}

/** The templates of claims that have a name. */
export function soundClaims(written: unknown): unknown[] | undefined {
  return claims.parse(written);
}

/** What was left out is not there. */
function without(value: unknown): never {
  if (Array.isArray(value)) return value.map(without) as never;
  if (typeof value !== "object" || value === null) return value as never;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, without(item)])) as never;
}
