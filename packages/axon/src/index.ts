export { type Ask, AxonChain, leaderOf, setOf, timingOf } from "./chain.ts";
export {
  type ChainSpec,
  HARDFORKS,
  type HardforkName,
  isChainSpec,
  readChainSpec,
} from "./chain-spec.ts";
export { checkChainSpec, checkConfig, checkTogether, type Finding } from "./check.ts";
export { type Config, readConfig } from "./config.ts";
export { verifierList, type Weights } from "./fragment.ts";
export { genesisDifferences } from "./genesis.ts";
export {
  appendMetadata,
  type Build,
  type Call,
  digestOf,
  type EcdsaSignature,
  type Epoch,
  METADATA_CONTRACT,
  type Member,
  readBuild,
  signed,
  updateValidatorList,
} from "./governance.ts";
export { keyShown } from "./greeting.ts";
export {
  type Hardfork,
  type Hardforks,
  type Herald,
  readHardforks,
  readHerald,
} from "./hardforks.ts";
export type { Hex } from "./hex.ts";
export {
  addressOf,
  generateKeyPair,
  isBlsPublicKey,
  isPublicKey,
  type KeyPair,
  type PublicHalf,
  peerIdOf,
  publicHalfFrom,
  publicHalfOf,
  publicKeysOf,
} from "./keys.ts";
export { type Metadata, metadataAt, readMetadata, type Validator } from "./metadata.ts";
export { podKeys } from "./pod-keys.ts";
export { isSigned, type Proof, readProof, votersOf } from "./proof.ts";
export type { Read } from "./toml.ts";
