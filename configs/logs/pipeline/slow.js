/** Reads the database's slow log, a file of its own: an entry is an event that begins with `# User@Host`. */

var slowAccount = /^# User@Host: ([^[\s]+)\[[^\]]*\] @ +[^[]*\[([^\]]*)\]/;
var slowTimes = /\n# Query_time: ([\d.]+) +Lock_time: ([\d.]+) +Rows_sent: (\d+) +Rows_examined: (\d+)/;
var slowStatement = /\nSET timestamp=(\d+)(?:\.\d+)?;\n([\s\S]+)$/;

/** What stands in the labels of a container, for a file that is none's. */
function attrsOfSlowLog(path) {
  return settings.slow && path === settings.slow.path
    ? {
        "medassist.stack": settings.stack,
        "medassist.service": settings.slow.service,
        "medassist.role": "service",
        "medassist.networks": "medassist",
      }
    : null;
}

/**
 * The entry as a record with its literals taken out. Nothing for what the server writes when it opens the file; words
 * instead of an entry that is not whole, since then nobody knows where its literals begin.
 */
function readSlowEntry(text, kinds) {
  if (!/^# User@Host: /.test(text)) return undefined;
  var account = slowAccount.exec(text);
  var times = slowTimes.exec(text);
  var statement = slowStatement.exec(text);
  if (!account || !times || !statement) return { message: "[withheld: an entry of the slow log that is not whole]" };
  // The next entry's time may stand at the end of this one.
  var sql = statement[2].replace(/\n# Time: [^\n]*\s*$/, "").replace(/\s+$/, "");
  return {
    // It begins at the time that it sets.
    time: Math.round((Number(statement[1]) + Number(times[1])) * 1000),
    level: "warn",
    logger: "slow",
    message: redact(redactStatement(sql, kinds), kinds),
    duration: Number(times[1]),
    remote_addr: account[2],
    user: account[1],
    lock_time: Number(times[2]),
    rows_sent: Number(times[3]),
    rows_examined: Number(times[4]),
  };
}
