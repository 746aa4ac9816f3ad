/** Pulumi's mocks, and a recording of everything that the program declares. */
import * as pulumi from "@pulumi/pulumi";

export interface Recorded {
  readonly type: string;
  readonly name: string;
  /** Inputs with secrets unwrapped. */
  readonly inputs: Record<string, unknown>;
  /** Names of inputs that arrived as secrets, at any depth below. */
  readonly secretInputs: readonly string[];
}

const secretSignature = "4dabf18193072939515e22adb298388d";

/** What an engine would answer. */
const computed: Readonly<Record<string, (name: string) => Record<string, unknown>>> = {
  "docker:index/remoteImage:RemoteImage": (name) => ({ imageId: `sha256:${name}`, repoDigest: "" }),
  "docker:index/container:Container": () => ({ exitCode: 0, containerLogs: "", networkDatas: [] }),
  "docker:index/network:Network": () => ({ ipamConfigs: [{ subnet: "172.30.0.0/16", gateway: "172.30.0.1" }] }),
  // Letters and digits, and another one for each name.
  "random:index/randomPassword:RandomPassword": (name) => ({
    result: `${name.replace(/[^a-z]/g, "")}S3cretS3cretS3cret`.slice(0, 32),
    bcryptHash: `$2a$10$${name}`,
  }),
  "tls:index/privateKey:PrivateKey": (name) => ({
    privateKeyPem: `key ${name} S3cret`,
    privateKeyPemPkcs8: `key ${name} S3cret`,
  }),
  "tls:index/selfSignedCert:SelfSignedCert": (name) => ({ certPem: `certificate ${name}` }),
  "tls:index/certRequest:CertRequest": (name) => ({ certRequestPem: `request ${name}` }),
  "tls:index/locallySignedCert:LocallySignedCert": (name) => ({ certPem: `certificate ${name}` }),
};

/**
 * Runs the program at `module` under mocks.
 * @param config settings by key, with the namespace
 */
export async function declare(
  module: string,
  config: Readonly<Record<string, string>>,
  stack = "unit",
): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        if (!type.startsWith("medassist:")) {
          const plain = unwrap(inputs) as Record<string, unknown>;
          recorded.push({
            type,
            name,
            inputs: plain,
            secretInputs: Object.keys(inputs).filter((key) => hasSecret(inputs[key])),
          });
        }
        return { id: `${name}-id`, state: { ...inputs, ...computed[type]?.(name) } };
      },
      call: ({ token }) => {
        throw new Error(`the program must not ask the engine while it declares: ${token}`);
      },
    },
    "medassist",
    stack,
    true,
  );
  pulumi.runtime.setAllConfig({ ...config });
  for (const path of Object.keys(require.cache)) if (!path.includes("node_modules")) delete require.cache[path];
  // Not import(): the module is to run again for every set of settings.
  const { stackTraceLimit } = Error;
  try {
    require(module);
  } finally {
    Error.stackTraceLimit = stackTraceLimit; // the program switches traces off
  }
  await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs(); // left out of the typings only
  return recorded;
}

function hasSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasSecret);
  if (typeof value !== "object" || value === null) return false;
  return secretSignature in value || Object.values(value).some(hasSecret);
}

function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  if (secretSignature in value) return unwrap((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}

/** The recorded resources of one kind: "Container", "Volume", … */
export const ofKind = (recorded: readonly Recorded[], kind: string): Recorded[] =>
  recorded.filter((r) => r.type.endsWith(`:${kind}`));
