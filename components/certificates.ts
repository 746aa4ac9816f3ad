import type * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { days } from "../configs/units";
import type { SecretText } from "./platform/spec";

export interface ServerCertificate {
  /** Certificate of the authority that signed it: who trusts this, trusts the server. PEM. */
  readonly authority: pulumi.Output<string>;
  /** PEM. */
  readonly certificate: pulumi.Output<string>;
  /** PEM, PKCS #8. */
  readonly key: SecretText;
}

/** An `up` within this time before the end renews the certificate. */
const renewal = days(90);
const serverLife = days(365);
const authorityLife = days(3650);

const hours = (life: typeof renewal): number => life.seconds / 3600;
const ellipticKey = { algorithm: "ECDSA", ecdsaCurve: "P256" } as const;

/**
 * A certificate for a server that only this stack's own programs talk to, by an authority of its own.
 * @param names host names that it is valid for, beside 127.0.0.1
 */
export function serverCertificate(name: string, names: readonly string[], parent: pulumi.Resource): ServerCertificate {
  const authorityKey = new tls.PrivateKey(`${name}-authority-key`, ellipticKey, { parent });
  const authority = new tls.SelfSignedCert(
    `${name}-authority`,
    {
      privateKeyPem: authorityKey.privateKeyPem,
      subject: { commonName: `MedAssist ${name} authority` },
      isCaCertificate: true,
      allowedUses: ["cert_signing", "crl_signing"],
      validityPeriodHours: hours(authorityLife),
      earlyRenewalHours: hours(serverLife.plus(renewal)),
    },
    { parent },
  );
  const key = new tls.PrivateKey(`${name}-key`, ellipticKey, { parent });
  const request = new tls.CertRequest(
    `${name}-request`,
    {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName: names[0] ?? name },
      dnsNames: [...names],
      ipAddresses: ["127.0.0.1"],
    },
    { parent },
  );
  const certificate = new tls.LocallySignedCert(
    `${name}-certificate`,
    {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: authorityKey.privateKeyPem,
      caCertPem: authority.certPem,
      allowedUses: ["server_auth", "digital_signature", "key_encipherment"],
      validityPeriodHours: hours(serverLife),
      earlyRenewalHours: hours(renewal),
    },
    { parent },
  );
  return { authority: authority.certPem, certificate: certificate.certPem, key: key.privateKeyPemPkcs8 };
}
