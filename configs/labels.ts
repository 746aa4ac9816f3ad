/** Labels by which everything of a stack is found on its engine: by `npm run status`, and by the recovery of a killed `up`. */
export const labelKeys = {
  stack: "medassist.stack",
  service: "medassist.service",
  /** service, loader or job. */
  role: "medassist.role",
  /** Names of its networks, in the order of the alphabet, with commas between. */
  networks: "medassist.networks",
  /** Followed by the name of a set of files: the fingerprint of the release that the container was started on. */
  files: "medassist.files",
} as const;

/** Those that the engine writes beside every line of a container's log (json-file's option `labels`). */
export const logLabels = [labelKeys.stack, labelKeys.service, labelKeys.role, labelKeys.networks] as const;
