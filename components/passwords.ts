import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/** Letters and digits, so that a password needs no quoting in SQL, ACL or URL; 32 of them are about 190 bits. */
const length = 32;

/** Makes a component's passwords: each is its own, and a new one when the stack's `secretsEpoch` is raised. */
export function password(name: string, epoch: number, parent: pulumi.Resource): random.RandomPassword {
  return new random.RandomPassword(
    `${name}-password`,
    { length, special: false, keepers: { epoch: String(epoch) } },
    { parent },
  );
}
