/** What every image must have, and that its offline build is the version that is pinned. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { builtRepository, planImage } from "../../components/platform/docker/imagePlan";
import { type ImageName, imageNames, imageNamesFrom, images, upstreamReference } from "../../configs/images";
import { imageBench, loaderCapabilities } from "./support";

const upstream = (Object.keys(images) as ImageName[]).flatMap((name) => {
  const image = images[name];
  return image.kind === "upstream" ? [{ name, ...image }] : [];
});
/** Upstream's image is the program alone: nobody may give it files. */
const withoutShell: readonly ImageName[] = ["nginxExporter"];

describe("every image", function () {
  this.timeout(300_000);
  const loaded = upstream.filter((i) => i.offline !== undefined && !withoutShell.includes(i.name)).map((i) => i.name);
  const { once, volume } = imageBench(loaded);

  for (const name of loaded) {
    it(`${name}: has what the config loader uses, for root with three capabilities`, () => {
      const script = [
        "set -e; cd /v; mkdir -p releases/a releases/b .staging; echo one > .staging/f; cp .staging/f releases/a/f",
        "ln -sfn releases/a current; ln -sfn releases/b current.new; mv -T current.new current",
        "test $(readlink current) = releases/b; sha256sum releases/a/f; chown -R 4242:4242 releases; chmod 0400 releases/a/f",
        "find releases -mindepth 1 -maxdepth 1 ! -name b -exec rm -rf {} +; rm -rf .staging; test ! -e releases/a",
      ].join("\n");
      const options = ["--user", "0:0", ...loaderCapabilities, "-v", `${volume()}:/v`, "--entrypoint", "sh"];
      const result = once(name, options, ["-c", script]);
      expect(result, result.output).to.have.property("status", 0);
      expect(result.stdout).to.match(/^2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806 /);
    });
  }
});

describe("pins of images", () => {
  it("name an exact version, and a digest where one is known", () => {
    for (const image of upstream) {
      expect(image.tag, image.name).to.match(/^v?\d+\.\d+\.\d+(-|$)/);
      if (image.digest !== undefined) expect(image.digest, image.name).to.match(/^sha256:[0-9a-f]{64}$/);
      const expected = image.digest === undefined ? "" : `@${image.digest}`;
      expect(upstreamReference(image)).to.equal(`${image.repository}:${image.tag}${expected}`);
    }
  });

  it("are those of the Go modules that are built here", () => {
    const modules: Partial<Record<ImageName, string>> = {
      prometheus: "github.com/prometheus/prometheus",
      alertmanager: "github.com/prometheus/alertmanager",
      pushgateway: "github.com/prometheus/pushgateway",
      nodeExporter: "github.com/prometheus/node_exporter",
      blackboxExporter: "github.com/prometheus/blackbox_exporter",
      nginxExporter: "github.com/nginx/nginx-prometheus-exporter",
      elasticsearchExporter: "github.com/prometheus-community/elasticsearch_exporter",
    };
    for (const { name, tag, offline } of upstream) {
      const module = modules[name];
      if (module === undefined) continue;
      const goMod = readFileSync(`${offline}/go.mod`, "utf8");
      const version = new RegExp(`^(?:require |\\t)${module} v(\\S+)$`, "m").exec(goMod)?.[1];
      // Prometheus calls its 3.15.0 v0.315.0 as a module, since a major version would have to stand in every path.
      const released = version?.replace(/^0\.(\d)0?(\d+)\.(\d+)$/, name === "prometheus" ? "$1.$2.$3" : "$&");
      expect(released, name).to.equal(tag.replace(/^v/, ""));
    }
  });

  it("are those of the jars that are built here", () => {
    const { tag, offline } = upstream.find(({ name }) => name === "elasticsearch") ?? expect.fail();
    const [pom, jars, descriptor] = ["pom.xml", "jars.sha256", "plugin/plugin-descriptor.properties"].map((file) =>
      readFileSync(`${offline}/${file}`, "utf8"),
    );
    expect(pom).to.include(`<elasticsearch.version>${tag}</elasticsearch.version>`);
    expect(jars).to.match(new RegExp(`^[0-9a-f]{64}  lib/elasticsearch-${tag.replaceAll(".", "\\.")}\\.jar$`, "m"));
    expect(descriptor).to.include(`\nelasticsearch.version=${tag}\n`);
  });

  it("that cannot be built here say so, and are left out where there is no registry", () => {
    expect(imageNamesFrom("registry")).to.include("grafana");
    expect(imageNames).not.to.include("grafana");
    expect(() => planImage("grafana", "offline")).to.throw(/grafana cannot be built here/);
    expect(planImage("grafana", "registry")).to.include({ kind: "pull" });
  });

  it("get names that Docker takes", () => {
    expect(builtRepository("nodeExporter")).to.equal("medassist/node-exporter");
    for (const name of imageNames) expect(builtRepository(name)).to.match(/^medassist\/[a-z-]+$/);
  });
});
