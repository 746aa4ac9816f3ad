/** Name of the Pulumi project, and the namespace of its settings. */
export const projectName = "medassist";
