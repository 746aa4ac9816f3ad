/** Makes a document of a line: what it is about comes from the container's labels, the rest from the line itself. */

/** Told by `register`, once: the stack, which of its services write JSON or name statements of SQL, and the slow log. */
var settings = { stack: "", json: Object.create(null), sql: Object.create(null), slow: undefined };

/** A line's own time counts if it is no further than this from Docker's. */
var mostSkewMs = 5 * 60 * 1000;

/** Longest text that is derived from a line's other keys. */
var mostDetails = 8192;

/** Filebeat calls it once. */
function register(params) {
  settings.stack = params.stack;
  settings.slow = params.slow;
  ["json", "sql"].forEach(function (list) {
    for (var i = 0; i < params[list].length; i++) settings[list][params[list][i]] = true;
  });
}

/** Filebeat calls it for every line. */
function process(event) {
  var path = String(event.Get("log.file.path"));
  var attrs = event.Get("docker.attrs") || attrsOfSlowLog(path);
  if (!attrs || attrs["medassist.stack"] !== settings.stack) {
    event.Cancel();
    return;
  }
  var line = {
    text: String(event.Get("message") || ""),
    cut: String(event.Get("log.flags") || "").indexOf("truncated") >= 0,
    service: attrs["medassist.service"],
    slow: settings.slow !== undefined && path === settings.slow.path,
    collected: event.Get("@timestamp").Format("2006-01-02T15:04:05.000000000Z"),
  };
  var container = line.slow ? undefined : path.split("/").slice(-2)[0].slice(0, 12);
  var about = {
    stack: settings.stack,
    service: line.service,
    container: container,
    role: attrs["medassist.role"],
    network: networksOf(attrs["medassist.networks"]),
    stream: event.Get("stream"),
    collected: line.collected,
  };
  var offset = event.Get("log.offset");
  ["agent", "docker", "ecs", "host", "input", "log", "stream", "tags"].forEach(function (key) {
    event.Delete(key);
  });
  putAll(event, about);
  // Whatever goes wrong from here on, the raw text is not in the event any more.
  event.Put("message", "[withheld: the pipeline could not read this line]");
  var document;
  try {
    document = documentOf(line);
  } catch (_error) {
    document = { level: "error", parse_error: "json" };
  }
  if (document === undefined) {
    event.Cancel();
    return;
  }
  // File, place in it, and time: whatever is read twice is refused the second time.
  var stamp = line.slow && document.time ? String(document.time) : line.collected.replace(/\D/g, "");
  event.Put("@metadata._id", (container || "slow") + "-" + stamp + "-" + offset);
  if (document.time !== undefined) event.Put("@timestamp", new Date(document.time));
  delete document.time;
  putAll(event, document);
}

function networksOf(label) {
  return label ? label.split(",") : [];
}

function putAll(event, values) {
  for (var key in values) {
    if (values[key] !== undefined) event.Put(key, values[key]);
  }
}

/** Everything that the line itself says; nothing where it says nothing. */
function documentOf(line) {
  var kinds = {};
  var text = line.text.replace(/[\r\n]+$/, "");
  if (text.indexOf("\n\n") >= 0) text = text.replace(/\n\n+/g, "\n");
  // What was cut in the middle could be half of a number that nobody recognises any more.
  if (line.cut) text = text.replace(/[^\s,;"]{0,80}$/, "");
  if (!/\S/.test(text)) return undefined;

  if (line.slow) return withKinds(slowDocument(text, line, kinds), kinds);
  var dockerTime = Date.parse(line.collected.slice(0, 23) + "Z");
  var looksLikeJson = text.charAt(0) === "{";
  var object = looksLikeJson && !line.cut ? parseObject(text) : undefined;
  var document;
  if (object) {
    document = fromRecord(object, cleanerFor(text, kinds), line);
  } else {
    var clean = redact(settings.sql[line.service] ? redactStatement(text, kinds) : text, kinds);
    document = fromRecord(readText(clean, dockerTime), asIs, line);
    if (settings.json[line.service] && looksLikeJson) document.parse_error = "json";
  }
  setTime(document, dockerTime);
  if (text.indexOf("\uFFFD") >= 0 && !document.parse_error) document.parse_error = "encoding";
  if (line.cut) {
    document.truncated = true;
    document.parse_error = "too_long";
  }
  return withKinds(document, kinds);
}

/** There is no engine's time that an entry's own could be held against. */
function slowDocument(text, line, kinds) {
  var record = readSlowEntry(text, kinds);
  return record && fromRecord(record, asIs, line);
}

function withKinds(document, kinds) {
  var found = Object.keys(kinds);
  if (document && found.length > 0) document.redacted = found;
  return document;
}

function parseObject(text) {
  try {
    var value = JSON.parse(text);
    return Array.isArray(value) ? undefined : value;
  } catch (_error) {
    return undefined;
  }
}

function asIs(value) {
  return value;
}

/** How the values of a parsed line are cleaned: at a glance over the whole line, most of them need little. */
function cleanerFor(text, kinds) {
  var glance = text.indexOf("\\") < 0 && redactAnywhere(text, {}) === text;
  return function (value, key) {
    if (!glance || typeof value === "object" || isNameKey(key, "")) return redactValue(value, key, "", kinds, 0);
    return typeof value === "string" ? redactNames(value, kinds) : value;
  };
}

/** Programs' other words for the fields. */
var synonyms = (function () {
  var names = {
    time: "@timestamp timestamp time ts t",
    level: "level severity lvl log.level",
    message: "message msg",
    logger: "logger component log.logger",
    request_id: "request_id requestId",
    trace_id: "trace_id traceId traceID trace.id",
    "error.type": "error.type",
    "error.stack": "error.stack error.stack_trace stacktrace",
    "error.message": "error.message",
  };
  var bySynonym = Object.create(null);
  Object.keys(names).forEach(function (name) {
    names[name].split(" ").forEach(function (synonym) {
      bySynonym[synonym] = name;
    });
  });
  "instance method endpoint status duration duration_ms remote_addr server termination retries canary stack service error log"
    .split(" ")
    .forEach(function (name) {
      bySynonym[name] = name;
    });
  return bySynonym;
})();

/** What these keys say is about a request or a statement only in a line about one: an alert has a `status` too. */
var ofRequests = setOf("method endpoint status duration duration_ms remote_addr server termination retries");

/** The document of a record: a line in JSON, or what was read out of a text. */
function fromRecord(record, clean, line) {
  var document = {};
  var extra = {};
  var isRequest = record.method !== undefined || line.slow;
  var more = 0;
  function keep(key, value) {
    extra[safeKey(key)] = value;
    more++;
  }
  function take(name, key, raw) {
    if (name === "time") {
      var time = timeOf(raw);
      if (time !== undefined && document.time === undefined) document.time = time;
      else keep(key, clean(raw, key));
    } else if (name === "level") {
      var level = levelOf(raw);
      if (level) document.level = level;
      else keep(key, clean(raw, key));
    } else if (name === "stack" || name === "service") {
      var own = name === "stack" ? settings.stack : line.service;
      if (raw !== own) keep(key, clean(raw, key));
    } else if (name === "duration_ms") {
      document.duration = typeof raw === "number" ? raw / 1000 : clean(raw, key);
    } else if (raw !== "-") {
      document[name] = clean(raw, key);
    }
  }
  for (var key in record) {
    var raw = record[key];
    if (raw === null || raw === undefined || raw === "") continue;
    var name = ofRequests[key] && !isRequest ? undefined : synonyms[key];
    if (name === "error" || name === "log") {
      takeGroup(name, raw, take, keep, clean);
    } else if (name) {
      take(name, key, raw);
    } else {
      keep(safeKey(clean(key, "")), clean(raw, key));
    }
  }
  return finish(document, extra, more);
}

/** `{"error": {"type": …, "stack": […]}}`, and `{"log": {"level": …}}` of the Elastic programs. */
function takeGroup(group, value, take, keep, clean) {
  if (typeof value !== "object" || Array.isArray(value)) {
    keep(group, clean(value, group));
    return;
  }
  for (var key in value) {
    var inner = value[key];
    var name = synonyms[group + "." + key];
    if (inner === null || inner === "") continue;
    if (name) take(name, key, Array.isArray(inner) ? inner.join("\n") : inner);
    else keep(group + "." + clean(key, ""), clean(inner, key));
  }
}

/** What follows from the fields together. */
function finish(document, extra, more) {
  var type = document["error.type"];
  var stack = document["error.stack"];
  var reason = document["error.message"];
  delete document["error.type"];
  delete document["error.stack"];
  delete document["error.message"];
  if (type !== undefined || stack !== undefined) {
    document.error = {};
    if (type !== undefined) document.error.type = type;
    if (stack !== undefined) document.error.stack = stack;
  }
  if (document.message === undefined && document.method !== undefined) {
    document.message = document.method + " " + document.endpoint + " " + document.status;
  }
  if (document.message === undefined) document.message = "";
  if (reason !== undefined) document.message += (document.message === "" ? "" : ": ") + reason;
  // An access log has one level for all; HAProxy's -1 is a request that had no answer.
  if (document.status >= 500 && document.level === "info") document.level = "error";
  if (document.duration < 0) delete document.duration;
  if (more > 0) {
    document.extra = extra;
    document.details = detailsOf(extra, "").join(" ").slice(0, mostDetails);
  }
  return document;
}

/** The other keys as words, so that a search finds them: `code=7 peer.host=redis`. */
function detailsOf(value, path) {
  if (typeof value !== "object" || value === null) return [path + "=" + value];
  var parts = [];
  for (var key in value) parts = parts.concat(detailsOf(value[key], path === "" ? key : path + "." + key));
  return parts;
}

/** The line's time or, where its clock is wrong, Docker's, which the event has already. */
function setTime(document, dockerTime) {
  if (document.time === undefined) return;
  var skew = document.time - dockerTime;
  if (Math.abs(skew) <= mostSkewMs) return;
  document.clock_skew = skew / 1000;
  delete document.time;
}
