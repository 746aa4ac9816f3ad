/** Reads what programs write as text: when it was, how bad it is, and the message itself. */

/** Every program's words for the five levels. */
var levels = (function () {
  var words = {
    debug: "debug trace verbose dbg fine d",
    info: "info information informational notice note system log i",
    warn: "warn warning w",
    error: "error err severe crit alert e",
    fatal: "fatal critical emerg emergency panic dpanic f",
  };
  var byWord = Object.create(null);
  Object.keys(words).forEach(function (level) {
    words[level].split(" ").forEach(function (word) {
      byWord[word] = level;
    });
  });
  return byWord;
})();

function levelOf(word) {
  return typeof word === "string" ? levels[word.toLowerCase()] : undefined;
}

var months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
var isoTime =
  /^(\d{4})[-/](\d\d)[-/](\d\d)[T ] ?(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?$/;

/**
 * Milliseconds since 1970, if it is a time. One that names no zone is UTC, as the containers are; the clock rule finds
 * out one that is not.
 */
function timeOf(value) {
  if (typeof value === "number") {
    // Seconds, milliseconds, microseconds or nanoseconds, by the size of today's values; less is something else.
    if (value < 1e9) return undefined;
    return Math.round(value < 1e11 ? value * 1000 : value < 1e14 ? value : value < 1e17 ? value / 1e3 : value / 1e6);
  }
  if (typeof value !== "string") return undefined;
  if (value.length === 24 && value.charAt(23) === "Z") {
    var time = Date.parse(value);
    if (time > 0) return time;
  }
  var m = isoTime.exec(value);
  if (!m) return undefined;
  var ms = Date.UTC(+m[1], +m[2] - 1, +m[3], +m[4], +m[5], +m[6], m[7] ? Number((m[7] + "00").slice(0, 3)) : 0);
  var zone = m[8];
  if (!zone || zone === "Z" || zone === "UTC") return ms;
  var minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return zone.charAt(0) === "-" ? ms + minutes * 60000 : ms - minutes * 60000;
}

var redisLevels = { ".": "debug", "-": "info", "*": "info", "#": "warn" };

/**
 * Forms of lines, by their first character. A form takes the match, the record that it fills, and Docker's time in
 * milliseconds; what it leaves unsaid stays so.
 */
var forms = {
  digit: [
    // Redis: 1:M 25 Nov 2026 07:31:00.123 * Ready to accept connections
    [
      /^\d+:[XCSM] (\d\d) ([A-Z][a-z][a-z]) (\d{4}) (\d\d:\d\d:\d\d\.\d{3}) ([.*#-]) ([\s\S]*)$/,
      function (m, record) {
        var month = months.indexOf(m[2]) + 1;
        record.time = timeOf(m[3] + "-" + (month < 10 ? "0" + month : month) + "-" + m[1] + "T" + m[4] + "Z");
        record.level = redisLevels[m[5]];
        record.message = m[6];
      },
    ],
    // MySQL: 2026-11-25T07:31:00.123456Z 0 [System] [MY-010931] [Server] ready; MariaDB: 2026-11-25  7:31:00 0 [Note] ready
    [
      /^(\d{4}-\d\d-\d\d[T ] ?\d{1,2}:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?) (?:\d+ )?\[(\w+)\] ([\s\S]*)$/,
      function (m, record) {
        record.time = timeOf(m[1]);
        record.level = levelOf(m[2]);
        record.message = m[3];
      },
    ],
    // Nginx: 2026/11/25 07:31:00 [error] 12#12: *34 connect() failed
    [
      /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[(\w+)\] ([\s\S]*)$/,
      function (m, record) {
        record.time = timeOf(m[1]);
        record.level = levelOf(m[2]);
        record.message = m[3];
      },
    ],
    // zap on a console: 2026-11-25T07:31:00.123Z<tab>info<tab>service@v1/service.go:12<tab>Starting
    [
      /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d{4}))\t(\w+)\t([\s\S]*)$/,
      function (m, record) {
        record.time = timeOf(m[1]);
        record.level = levelOf(m[2]);
        record.message = m[3].replace(/\t/g, " ");
      },
    ],
    // Go's own: 2026/11/25 07:31:00 message; and whatever else begins with a time
    [
      /^(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?):? ([\s\S]*)$/,
      function (m, record) {
        record.time = timeOf(m[1]);
        record.message = m[2];
      },
    ],
  ],
  bracket: [
    // Elasticsearch and Kibana: [2026-11-25T07:31:00,123][INFO ][o.e.n.Node] [name] started
    [
      /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.,]\d{3}(?:Z|[+-]\d\d:\d\d)?)\]\[(\w+) *\]\[([^\]]*)\] ?([\s\S]*)$/,
      function (m, record) {
        record.time = timeOf(m[1]);
        record.level = levelOf(m[2]);
        record.logger = m[3].replace(/ +$/, "");
        record.message = m[4];
      },
    ],
    // gunicorn: [2026-11-25 07:31:00 +0000] [12] [INFO] Booting worker
    [
      /^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})\] \[\d+\] \[(\w+)\] ([\s\S]*)$/,
      function (m, record) {
        record.time = timeOf(m[1]);
        record.level = levelOf(m[2]);
        record.message = m[3];
      },
    ],
    // HAProxy: [NOTICE]   (1) : New worker (8) forked
    [
      /^\[(NOTICE|WARNING|ALERT|DIAG)\] +\(\d+\) : ([\s\S]*)$/,
      function (m, record) {
        record.level = m[1] === "DIAG" ? "debug" : levelOf(m[1]);
        record.message = m[2];
      },
    ],
  ],
  other: [
    // klog: I1125 07:31:00.123456       1 main.go:12] Starting; it leaves the year out
    [
      /^([IWEF])(\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d+) +\d+ [^\]]+\] ([\s\S]*)$/,
      function (m, record, dockerTime) {
        var year = new Date(dockerTime).getUTCFullYear();
        record.time = timeOf(year + "-" + m[2] + "-" + m[3] + "T" + m[4]);
        record.level = levelOf(m[1]);
        record.message = m[5];
      },
    ],
    // Python's logging without a form: WARNING:root:text
    [
      /^(DEBUG|INFO|WARNING|ERROR|CRITICAL):([\w.]+):([\s\S]*)$/,
      function (m, record) {
        record.level = levelOf(m[1]);
        record.logger = m[2];
        record.message = m[3];
      },
    ],
    // HAProxy of its servers: Server api/api2 is DOWN, reason: Layer4 connection problem
    [
      /^(?:Server|Backup Server|Proxy|Health check for server|backend|Stopping|Loading) [\s\S]*$/,
      function (m, record) {
        record.level = / is DOWN|has no server| going DOWN/.test(m[0]) ? "warn" : "info";
      },
    ],
    // Go when it gives up
    [
      /^(?:panic|fatal error): [\s\S]*$/,
      function (_m, record) {
        record.level = "fatal";
      },
    ],
  ],
};

var logfmt = /^(?:time|ts|t|level|lvl|caller|logger|msg)=\S/;
var logfmtPair = /([A-Za-z_][\w./-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)/g;
var escapes = { n: "\n", t: "\t", r: "\r" };

/** The pairs of a line of logfmt, as Prometheus and most programs in Go write it. */
function readLogfmt(text) {
  var pairs = {};
  text.replace(logfmtPair, function (_all, key, value) {
    pairs[safeKey(key)] =
      value.charAt(0) === '"'
        ? value.slice(1, -1).replace(/\\(.)/g, function (_escape, letter) {
            return escapes[letter] || letter;
          })
        : value;
    return "";
  });
  return pairs;
}

var traceOfPython = /(?:^|\n)Traceback \(most recent call last\):/;
var traceOfOthers = /\n\s+at \S/;
var exception = /^([A-Za-z_][\w.$]*)(?:: [\s\S]*)?$/;

/** A stack trace of Python, Java or Node as a record, or nothing. */
function readTrace(text) {
  var python = traceOfPython.test(text);
  if (!python && !traceOfOthers.test(text)) return undefined;
  var lines = text.split("\n").filter(function (line) {
    return /\S/.test(line);
  });
  // Python tells last what it was, the others first.
  var what = python ? lines[lines.length - 1] : lines[0];
  var kind = exception.exec(what);
  return {
    level: "error",
    message: what,
    "error.stack": text,
    "error.type": kind && (python || /(?:Error|Exception)$/.test(kind[1])) ? kind[1] : undefined,
  };
}

/** A line of text as a record of the keys that a line in JSON would have; one in no known form is its message. */
function readText(text, dockerTime) {
  var trace = readTrace(text);
  if (trace) return trace;
  if (logfmt.test(text)) {
    var pairs = readLogfmt(text);
    return pairs;
  }
  var first = text.charAt(0);
  var candidates = first >= "0" && first <= "9" ? forms.digit : first === "[" ? forms.bracket : forms.other;
  for (var i = 0; i < candidates.length; i++) {
    var match = candidates[i][0].exec(text);
    if (match) {
      var record = { message: text };
      candidates[i][1](match, record, dockerTime);
      return record;
    }
  }
  return { message: text };
}
