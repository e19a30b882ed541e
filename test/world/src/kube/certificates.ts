import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { program } from "../../../../scripts/programs.ts";

export type Certificates = {
  /** The cluster's own authority, in PEM. */
  ca: string;
  key: string;
  cert: string;
  paths: { ca: string; key: string; cert: string };
};

const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** An authority, and the one certificate by it that all servers of the cluster show. */
export async function makeCertificates(dir: string): Promise<Certificates> {
  const paths = {
    ca: join(dir, "ca.pem"),
    key: join(dir, "server.key"),
    cert: join(dir, "server.pem"),
  };
  const caKey = join(dir, "ca.key");
  await openssl([
    ...["req", "-x509", ...CURVE, "-subj", "/CN=kubernetes", "-days", "2"],
    ...["-keyout", caKey, "-out", paths.ca],
  ]);
  await openssl([
    ...["req", "-x509", ...CURVE, "-subj", "/CN=kube-apiserver", "-days", "2"],
    ...["-CA", paths.ca, "-CAkey", caKey, "-addext", `subjectAltName=${NAMES.join(",")}`],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
    ...["-keyout", paths.key, "-out", paths.cert],
  ]);
  const [ca, key, cert] = await Promise.all(
    [paths.ca, paths.key, paths.cert].map((path) => readFile(path, "utf8")),
  );
  return { ca, key, cert, paths } as Certificates;
}

const NAMES = [
  "IP:127.0.0.1",
  "DNS:localhost",
  "DNS:kubernetes",
  "DNS:kubernetes.default",
  "DNS:kubernetes.default.svc",
  "DNS:kubernetes.default.svc.cluster.local",
];

function openssl(args: string[]) {
  return promisify(execFile)(program("openssl"), args);
}
