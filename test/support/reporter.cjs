// Mocha's own `spec` for people and `json` for scripts/testing/runPart.ts, in one run.
const { reporters } = require("mocha");

module.exports = class SpecAndJson {
  constructor(runner, options) {
    new reporters.Spec(runner, options);
    this.json = new reporters.JSON(runner, options);
  }

  done(failures, callback) {
    if (this.json.done) this.json.done(failures, callback);
    else callback(failures);
  }
};
