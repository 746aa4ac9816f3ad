import { expect } from "chai";
import { flatten, includes, indexMatches, roleMatches, templateMatches, userMatches } from "../src/compare";
import { desired } from "./samples";

const role = desired.roles.reading ?? expect.fail("no role");
const [user] = desired.users;
const template = desired.streams[0]?.template ?? expect.fail("no stream");

/** A role as Elasticsearch tells it back. */
const told = (given: object = {}): Record<string, unknown> => ({
  cluster: [],
  indices: [
    {
      names: ["refused", "lines"],
      privileges: ["view_index_metadata", "read"],
      allow_restricted_indices: false,
    },
  ],
  applications: [{ application: "kibana-.kibana", privileges: ["read"], resources: ["*"] }],
  run_as: [],
  metadata: {},
  transient_metadata: { enabled: true },
  ...given,
});
const [rights] = told().indices as [object];

describe("comparing", () => {
  it("takes a role as Elasticsearch spells it", () => {
    expect(roleMatches(role, told())).to.equal(true);
  });

  for (const [what, change] of Object.entries({
    "more of the cluster": { cluster: ["monitor"] },
    "another privilege": { indices: [{ ...rights, privileges: ["read", "write"] }] },
    "more indices": { indices: [rights, { names: ["*"], privileges: ["read"], allow_restricted_indices: false }] },
    "fewer indices": { indices: [] },
    "restricted indices": { indices: [{ ...rights, allow_restricted_indices: true }] },
    "a filter of documents": { indices: [{ ...rights, query: "{}" }] },
    "fewer applications": { applications: [] },
    "the right to be somebody else": { run_as: ["boss"] },
    "rights in general": { global: { profile: { write: { applications: ["*"] } } } },
  }))
    it(`finds a role with ${what}`, () => expect(roleMatches(role, told(change))).to.equal(false));

  it("finds users with other roles, and disabled ones", () => {
    if (!user) return expect.fail("no user");
    expect(userMatches(user, { roles: ["appender"], enabled: true, full_name: "x" })).to.equal(true);
    expect(userMatches(user, { roles: ["appender", "superuser"], enabled: true })).to.equal(false);
    expect(userMatches(user, { roles: ["appender"], enabled: false })).to.equal(false);
  });

  it("takes a template as Elasticsearch spells it, and finds every change", () => {
    const spelled = {
      index_patterns: ["lines"],
      priority: 500,
      composed_of: [],
      data_stream: { hidden: false, allow_custom_routing: false },
      created_date_millis: 1,
      template: {
        settings: { index: { refresh_interval: "1s", number_of_shards: "1" } },
        mappings: { properties: { "@timestamp": { type: "date" } }, dynamic: "false" },
      },
    };
    expect(templateMatches(template, spelled)).to.equal(true);
    const { template: inner } = spelled;
    for (const change of [
      { index_patterns: ["lines", "more"] },
      { priority: 1 },
      { composed_of: ["x"] },
      { data_stream: undefined },
      { template: { ...inner, settings: { index: { refresh_interval: "1s" } } } },
      { template: { ...inner, settings: { index: { ...inner.settings.index, "lifecycle.name": "x" } } } },
      { template: { ...inner, mappings: { ...inner.mappings, dynamic: "true" } } },
      { template: { ...inner, aliases: { x: {} } } },
      { template: { ...inner, lifecycle: { enabled: true } } },
    ])
      expect(templateMatches(template, { ...spelled, ...change }), JSON.stringify(change)).to.equal(false);
  });

  it("takes an index that has more than the template says, and not one that has it otherwise", () => {
    const settings = { index: { refresh_interval: "1s", number_of_shards: "1", uuid: "x" } };
    const mappings = {
      dynamic: "false",
      _data_stream_timestamp: { enabled: true },
      properties: { "@timestamp": { type: "date" }, more: { type: "keyword" } },
    };
    expect(indexMatches(template, settings, mappings)).to.equal(true);
    expect(indexMatches(template, { index: { ...settings.index, refresh_interval: "-1" } }, mappings)).to.equal(false);
    expect(indexMatches(template, settings, { ...mappings, properties: {} })).to.equal(false);
    expect(indexMatches(template, undefined, undefined)).to.equal(false);
  });

  it("flattens settings whichever way they are nested", () => {
    const flat = { "a.b.c": '"1"', "a.d": '["x"]' };
    expect(flatten({ a: { "b.c": 1, d: ["x"] } })).to.deep.equal(flat);
    expect(flatten({ "a.b": { c: "1" }, "a.d": ["x"] })).to.deep.equal(flat);
    expect(includes({ a: 1, b: { c: "2", d: 3 } }, { b: { c: 2 } })).to.equal(true);
    expect(includes({ a: 1 }, { a: { b: 1 } })).to.equal(false);
  });
});
