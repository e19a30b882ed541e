import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const SET = `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: held
spec:
  serviceName: held
  replicas: 1
  selector: { matchLabels: { app: held } }
  updateStrategy:
    type: RollingUpdate
    {{- if hasKey .Values "partition" }}
    rollingUpdate: { partition: {{ .Values.partition }} }
    {{- end }}
  template:
    metadata: { labels: { app: held } }
    spec:
      containers: [{ name: main, image: "registry.example/web:{{ .Values.tag }}" }]
`;

const SCHEMA = {
  $schema: "https://json-schema.org/draft-07/schema#",
  type: "object",
  additionalProperties: false,
  required: ["tag"],
  properties: {
    global: {},
    tag: { type: "string" },
    partition: { type: "integer", minimum: 0 },
  },
};

/** A chart of one StatefulSet whose partition is rendered when there is a value for it. */
export async function writeChart(folder: string): Promise<string> {
  const chart = join(folder, "held");
  await mkdir(join(chart, "templates"), { recursive: true });
  const meta = "apiVersion: v2\nname: held\nversion: 0.1.0\n";
  await writeFile(join(chart, "Chart.yaml"), meta);
  await writeFile(join(chart, "values.yaml"), 'tag: "1"\n');
  await writeFile(join(chart, "values.schema.json"), JSON.stringify(SCHEMA));
  await writeFile(join(chart, "templates", "set.yaml"), SET);
  return chart;
}

const FOUND = `apiVersion: v1
kind: ConfigMap
metadata: { name: found }
data:
  value: {{ (lookup "v1" "ConfigMap" .Release.Namespace "there").data | toJson | quote }}
`;

/** A chart that looks up a ConfigMap \`there\`, and renders what is in it. */
export async function writeLookingChart(folder: string): Promise<string> {
  const chart = join(folder, "looking");
  await mkdir(join(chart, "templates"), { recursive: true });
  const meta = "apiVersion: v2\nname: looking\nversion: 0.1.0\n";
  await writeFile(join(chart, "Chart.yaml"), meta);
  await writeFile(join(chart, "templates", "found.yaml"), FOUND);
  return chart;
}
