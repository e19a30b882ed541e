import { announcementOf, newestPlace } from "../src/index.ts";

const place = { name: "one", region: "us-east-1" };
const [own, other] = ["s3://one/us-east-1", "s3://one/us-east-1/2"];

test.each<[string, string[], object]>([
  ["nothing was announced", [], { isAnnounced: false }],
  ["another place was", [other], { isAnnounced: false }],
  ["it was announced last", [other, own], { isAnnounced: true }],
  ["another place was announced after it", [own, other], { isAnnounced: false, elsewhere: other }],
  ["a folder of some machine was", [own, "file:///checkpoints"], { isAnnounced: true }],
  ["a folder in a folder of Google's was", [own, "gs://two/a/b/c"], { isAnnounced: true }],
  [
    "a bucket of Google's was",
    [own, "gs://two/a"],
    { isAnnounced: false, elsewhere: "gs://two/a" },
  ],
])("what is said of a place when %s", (_, locations, sight) => {
  expect(announcementOf(place, locations)).toEqual(sight);
});

test("relayers look at no place that only its own machine has", () => {
  expect(newestPlace(["file:///checkpoints", "nonsense"])).toBeUndefined();
});
