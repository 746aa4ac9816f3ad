import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renderPipeline } from "../configs/filebeat";

const folder = join(__dirname, "..", "configs", "logs", "pipeline");

/** What Filebeat makes of a line: the program that it is given. */
export const pipelineText = renderPipeline((part) => readFileSync(join(folder, part), "utf8"));
