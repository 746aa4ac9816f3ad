import { expect } from "chai";
import { isStalePid, starterOf } from "../../scripts/setup/daemon";
import { installCommand, notInstalled } from "../../scripts/setup/debian";
import { classifySilence, explain } from "../../scripts/setup/engine";

const socket = "unix:///var/run/docker.sock";

describe("an engine that does not answer", () => {
  it("is told from a missing permission", () => {
    const denied =
      "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock";
    expect(classifySilence(socket, denied)).to.deep.equal({ state: "denied", host: socket });
    expect(classifySilence(socket, "Cannot connect to the Docker daemon")).to.include({ state: "silent", local: true });
  });

  it("is started only at the standard socket of this machine", () => {
    for (const host of ["tcp://10.0.0.1:2376", "ssh://far", "unix:///home/a/.docker/desktop/docker.sock"]) {
      expect(classifySilence(host, "refused"), host).to.include({ state: "silent", local: false });
    }
  });

  it("is explained with where it was looked for and what to do", () => {
    const error = explain({ state: "silent", host: "tcp://far:1", local: false, detail: "refused" });
    expect(error.message).to.contain("tcp://far:1").and.to.contain("refused").and.to.contain("unset DOCKER_HOST");
    expect(explain({ state: "denied", host: socket }).message).to.contain("usermod -aG docker");
  });
});

describe("a pid file", () => {
  const nameOf = (pid: number): string | undefined => ({ 10: "dockerd", 11: "bash" })[pid];

  it("is stale when no process of that name lives", () => {
    expect(isStalePid("10\n", "dockerd", nameOf)).to.equal(false);
    expect(isStalePid("11", "dockerd", nameOf), "the id went to another program").to.equal(true);
    expect(isStalePid("12", "dockerd", nameOf)).to.equal(true);
    for (const content of ["", "x", "-10", "0"])
      expect(
        isStalePid(content, "dockerd", () => "dockerd"),
        content,
      ).to.equal(true);
  });
});

describe("starting the engine", () => {
  const starter = (...paths: string[]): string => starterOf((path) => paths.includes(path));

  it("uses the init system that runs, and none where there is none", () => {
    expect(starter("/run/systemd/system", "/etc/init.d/docker")).to.equal("systemd");
    expect(starter("/run/initctl", "/etc/init.d/docker")).to.equal("service");
    expect(starter("/run/openrc")).to.equal("none");
    expect(starter("/etc/init.d/docker")).to.equal("none");
  });
});

describe("Debian packages", () => {
  it("are missing unless dpkg reports them as installed", () => {
    const lines = "iptables installed\ndocker.io config-files\n";
    expect(notInstalled(["iptables", "docker.io", "iproute2"], lines)).to.deep.equal(["docker.io", "iproute2"]);
    expect(notInstalled(["iptables"], "")).to.deep.equal(["iptables"]);
  });

  it("come with the command for somebody who is not root", () => {
    expect(installCommand(["a", "b"])).to.match(/^sudo apt-get update && sudo apt-get install .* a b$/);
  });
});
