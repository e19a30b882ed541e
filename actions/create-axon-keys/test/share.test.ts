import { generateKeyPair, publicHalfOf } from "@playbook/axon";
import { wantedSet } from "../../change-axon-validators/src/wanted.ts";
import { share } from "../src/share.ts";

const validator = {
  ...{ name: "a", roleArn: "arn:aws:iam::111122223333:role/axon-a" },
  ...publicHalfOf(generateKeyPair()),
};

test.each([
  [1, 1],
  [5, 3],
  [1_000_000, 1],
])("whoever changes the set is told of the weights %d and %d", async (propose, vote) => {
  const weights = { proposeWeight: propose, voteWeight: vote };
  const { validators, values } = await share([validator], weights, undefined);

  for (const text of [validators, values]) {
    expect(JSON.parse(text)).toMatchObject([{ address: validator.address }]);
    expect(wantedSet.parse(text)).toEqual([
      expect.objectContaining({
        ...{ pub_key: validator.publicKey, propose_weight: propose, vote_weight: vote },
      }),
    ]);
  }
});
