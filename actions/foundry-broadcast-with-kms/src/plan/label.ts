import type { Address, Hex } from "@playbook/evm";
import { AbiCoder, type FunctionFragment, formatUnits, type ParamType } from "ethers";
import { type Artifacts, type Contract, createdBy } from "./artifact.ts";
import { selectorOf } from "./selector.ts";

/** The names of what a chain has, as far as the plan knows them; addresses in lower case. */
export type Names = Map<string, string>;

/** Longer bytes are cut in the middle: a person compares ends, and the plan holds them all. */
const SHOWN_BYTES = 36;
const SHOWN_SALT = 8;

export type Vocabulary = {
  artifacts: Artifacts;
  names: Names;
  /** What the release's other chains have, by the chain's name: cross-chain contracts name it. */
  elsewhere?: ReadonlyMap<string, Names>;
  /** The chain's native token. */
  token: { symbol: string; decimals: number };
  /** In the arguments of a function about roles, zero is the role of administrators. */
  aboutRoles?: boolean;
};

/** `new Vault(0x…, 5)`, with salt for CREATE2; the arguments as far as the build knows them. */
export function labelOfCreate(
  code: Hex,
  { value, salt, name }: { value: bigint; salt?: Hex; name?: string | undefined },
  vocabulary: Vocabulary,
): string {
  const made = createdBy(code, vocabulary.artifacts);
  const title = made?.contract.name ?? name ?? "an unknown contract";
  const options = [
    ...(salt === undefined ? [] : [`salt: ${shortBytes(salt, SHOWN_SALT)}`]),
    ...(value > 0n ? [`value: ${amount(value, vocabulary)}`] : []),
  ];
  const args = made && decode(made.contract.constructorInputs, made.arguments, vocabulary);
  return `new ${title}${options.length > 0 ? `{${options.join(", ")}}` : ""}(${args ?? "…"})`;
}

/** `Vault.grantRole(MINTER_ROLE, 0x…)`; the selector where nothing knows the function. */
export function labelOfCall(
  to: Address,
  data: Hex,
  value: bigint,
  vocabulary: Vocabulary,
  hint: string | null = null,
): string {
  const options = value > 0n ? `{value: ${amount(value, vocabulary)}}` : "";
  const target = vocabulary.names.get(to.toLowerCase());
  const selector = selectorOf(data);
  if (selector === undefined) return `${target ?? to}.receive${options}()`;

  const known = findFunction(selector, target, vocabulary.artifacts, hint);
  if (!known) return `${target ?? to}.${selector}${options}(…)`;

  const args = decode(known.inputs, `0x${data.slice(10)}`, {
    ...vocabulary,
    aboutRoles: /role/i.test(known.name),
  });
  return `${target ?? to}.${known.name}${options}(${args ?? "…"})`;
}

export function labelOfTransfer(to: Address, value: bigint, vocabulary: Vocabulary): string {
  const target = vocabulary.names.get(to.toLowerCase());
  return `send ${amount(value, vocabulary)} to ${target ?? to}`;
}

/** A proxy answers to the functions of what is behind it: `Vault (proxy)` is found as `Vault`. */
function findFunction(
  selector: Hex,
  target: string | undefined,
  { contracts }: Artifacts,
  hint: string | null,
): FunctionFragment | undefined {
  const having = contracts.filter(({ functions }) => functions.has(selector));
  const named = having.find(({ name }) => name === bare(target));
  const hinted = having.find((c) => c.functions.get(selector)?.format("sighash") === hint);
  return (named ?? hinted ?? having[0])?.functions.get(selector);
}

function bare(name: string | undefined): string | undefined {
  return name?.replace(/#\d+$/, "").replace(/ \(proxy\)$/, "");
}

function decode(
  inputs: readonly ParamType[],
  data: Hex,
  vocabulary: Vocabulary,
): string | undefined {
  try {
    const values = AbiCoder.defaultAbiCoder().decode(inputs, data);
    return inputs.map((input, index) => show(input, values[index], vocabulary)).join(", ");
  } catch {
    return undefined;
  }
}

function show(type: ParamType, value: unknown, vocabulary: Vocabulary): string {
  if (type.arrayChildren) {
    const items = [...(value as unknown[])];
    const child = type.arrayChildren;
    return `[${items.map((item) => show(child, item, vocabulary)).join(", ")}]`;
  }
  if (type.components) {
    const items = [...(value as unknown[])];
    const shown = type.components.map((part, index) => show(part, items[index], vocabulary));
    return `(${shown.join(", ")})`;
  }
  if (type.type === "string") return JSON.stringify(value);
  if (type.type === "address") return nameOf(value as Address, vocabulary);
  if (type.type === "bytes32") return roleOf(value as Hex, vocabulary);
  if (type.type === "bytes4") return functionName(value as Hex, vocabulary);
  if (type.type === "bytes") return nested(value as Hex, vocabulary);
  return typeof value === "bigint" ? wholeNumber(value) : String(value);
}

/** Nobody counts 21 zeros: `1000e18`, exactly and as Solidity takes it. */
function wholeNumber(value: bigint): string {
  if (value === 2n ** 256n - 1n) return "type(uint256).max";
  const long = value >= 10n ** 15n && value % 10n ** 12n === 0n;
  return long ? `${formatUnits(value, 18).replace(/\.0$/, "")}e18` : String(value);
}

function nameOf(address: Address, vocabulary: Vocabulary): string {
  return knownAs(address, vocabulary) ?? address;
}

/** Its name here, or `Verifier@beta` for what stands at that address on another chain only. */
function knownAs(address: Address, { names, elsewhere = new Map() }: Vocabulary) {
  const key = address.toLowerCase();
  const own = names.get(key);
  if (own !== undefined) return own;
  const others = [...elsewhere].filter(([, known]) => known.has(key));
  const [name, ...more] = new Set(others.map(([, known]) => known.get(key)));
  if (name === undefined || more.length > 0) return undefined;
  return `${name}@${others.map(([chain]) => chain).join("/")}`;
}

function roleOf(value: Hex, vocabulary: Vocabulary): string {
  const { artifacts, aboutRoles } = vocabulary;
  if (aboutRoles && /^0x0{64}$/.test(value)) return "DEFAULT_ADMIN_ROLE";
  const role = artifacts.roles.get(value.toLowerCase());
  return role ?? padded(value, vocabulary) ?? shortBytes(value);
}

/** Messages between chains have addresses as 32 bytes. */
function padded(value: Hex, vocabulary: Vocabulary): string | undefined {
  if (!/^0x0{24}/.test(value)) return undefined;
  const name = knownAs(`0x${value.slice(26)}` as Address, vocabulary);
  return name && `bytes32(${name})`;
}

/** Permissions are given by selector; a name says more where the build has only one for it. */
function functionName(selector: Hex, { artifacts: { contracts } }: Vocabulary): string {
  const found = contracts.map(({ functions }) => functions.get(selector)?.name);
  const [name, ...others] = new Set(found.filter((one) => one !== undefined));
  return name && others.length === 0 ? name : selector;
}

/** Bytes that are a call themselves: an initialisation, a call within a batch. */
function nested(value: Hex, vocabulary: Vocabulary): string {
  const selector = selectorOf(value);
  const known = selector && findFunction(selector, undefined, vocabulary.artifacts, null);
  const args = known && decode(known.inputs, `0x${value.slice(10)}`, vocabulary);
  return known && args !== undefined ? `${known.name}(${args})` : shortBytes(value);
}

function shortBytes(value: Hex, shown = SHOWN_BYTES): string {
  const length = (value.length - 2) / 2;
  if (/^0x0{64}$/.test(value)) return "0x0";
  if (length <= shown) return value;
  if (length === 32) return `${value.slice(0, 10)}…${value.slice(-8)}`;
  return `${value.slice(0, 10)}…${value.slice(-8)} (${length} bytes)`;
}

function amount(value: bigint, { token }: Vocabulary): string {
  const small = value < 10n ** BigInt(Math.max(0, token.decimals - 9));
  const units = formatUnits(value, token.decimals).replace(/\.0$/, "");
  return small ? `${value} wei` : `${units} ${token.symbol}`;
}

/** What to call a contract that was just created, unlike any other name on its chain. */
export function nameCreated(
  code: Hex,
  address: Address,
  forges: string | undefined,
  { artifacts, names }: Vocabulary,
): string | null {
  const made = createdBy(code, artifacts);
  const behind = made && implementationBehind(made.contract, made.arguments, names);
  const name = behind ? `${bare(behind)} (proxy)` : (made?.contract.name ?? forges ?? null);
  if (name === null) return null;
  names.set(address.toLowerCase(), numbered(name, names));
  return behind ? (made?.contract.name ?? null) : name;
}

/** `Vault#2` for the second of a name, as in the manifest. */
function numbered(name: string, names: Names): string {
  const taken = new Set(names.values());
  let free = name;
  for (let count = 2; taken.has(free); count += 1) free = `${name}#${count}`;
  return free;
}

/** Proxies of every make take their implementation first, but those of a beacon the beacon. */
function implementationBehind(contract: Contract, args: Hex, names: Names): string | undefined {
  const { name, constructorInputs } = contract;
  if (!/Proxy$/.test(name) || /^Beacon/.test(name)) return undefined;
  if (constructorInputs[0]?.type !== "address") return undefined;
  return names.get(`0x${args.slice(26, 66)}`);
}
