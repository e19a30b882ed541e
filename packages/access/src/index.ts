export {
  type PolicyDocument,
  type PolicyStatement,
  policyDocument,
  type Statement,
} from "./policy.ts";
