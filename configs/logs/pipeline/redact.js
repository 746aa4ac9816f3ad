/**
 * Takes personal data out of texts, whatever the text is about.
 *
 * Filebeat runs this in goja: ECMAScript 5.1, and regular expressions without look-around, so that they stay linear.
 * There `replace` is several times as quick as `exec`, and its offsets count bytes: they are not used.
 */

/** Words as a set that has no inherited keys. */
function setOf(words) {
  var set = Object.create(null);
  words.split(" ").forEach(function (word) {
    set[word] = true;
  });
  return set;
}

/** Keys whose value is the name of a person; compared in lower case and without `-` and `_`. */
var nameKeys = setOf(
  "patient patientname patientfirstname patientlastname name firstname lastname fullname surname givenname familyname " +
    "middlename maidenname birthname displayname nom prenom prénom prenoms prénoms nomcomplet nomusage nomnaissance " +
    "nompatient prenompatient doctor doctorname practitioner medecin médecin nommedecin"
);

/** Under these a `name` is that of a machine or program. */
var impersonal = setOf("service process thread host node cluster container image event agent log ecs file os queue");

function isNameKey(key, parent) {
  var plain = key.toLowerCase().replace(/[-_]/g, "");
  return nameKeys[plain] === true && !(plain === "name" && impersonal[parent] === true);
}

/** `patient=…` and `nom : Durand` in a text; `name=` alone is too common among programs to mean a person. */
var namesInText =
  /\b((?:patient|doctor)(?:[_-]?(?:first[_-]?|last[_-]?)?name)?|(?:first|last|full|given|family|maiden|birth|display)[_-]?name|surname|nom(?:[_-](?:complet|usage|naissance|patient|medecin))?|pr[eé]noms?|practitioner|m[eé]decin)("?\s*[=:]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&"')\]}]+(?: [^\s,;&"')\]}]+){0,3})/gi;

/** A person's name at the beginning of a value: quoted, or words that begin with a capital. */
var properName = /^(?:["'].*["']|[A-ZÀ-ÖØ-Þ][^\s]*(?: [A-ZÀ-ÖØ-Þ][^\s]*)*)/;

var email = /[^\s@<>()[\]{},;:"'\\=|/&?]+(?:@|%40)[A-Za-z0-9À-ɏ-]+(?:\.[A-Za-z0-9À-ɏ-]+)*\.[A-Za-zÀ-ɏ]{2,}/g;

/** Digits with at most one kind of separator between them, nine characters or more: numbers of every kind, dates too. */
var numbers = /[+(]{0,2}\b\d[\d .()/-]{7,}\d\b/g;

/** French social security number of somebody born in Corsica: the only ones that hold a letter. */
var corsicanNir = /\b([1-478][ .-]?\d\d[ .-]?\d\d[ .-]?)2([ABab])([ .-]?\d{3}[ .-]?\d{3}[ .-]?)(\d\d)\b/g;

var corsica = ["2A", "2B", "2a", "2b"];

/** Sex, year, month (or 20 to 99 where it is not known), and the rest; the key tells it from any other 15 digits. */
var nirForm = /^[1-478]\d\d(?:0[1-9]|1[0-2]|[2-9]\d)\d{10}$/;

/** Visa, Mastercard, Mir, American Express, Discover, UnionPay, JCB, Diners, Maestro, with their lengths. */
var cardForm =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720|220[0-4])\d{12}|3[47]\d{13}|(?:6011|65\d\d|64[4-9]\d|62\d\d|35(?:2[89]|[3-8]\d))\d{12,15}|3(?:0[0-59]|[689]\d)\d{11}|(?:50|5[6-8]|6[37])\d{11,17})$/;

var cardGroups = setOf("4,4,4,4 4,4,4,4,3 4,6,5 4,6,4");

/** Groups of a French number of ten digits, by what stands between them. */
var phoneGroups = {
  " ": setOf("2,2,2,2,2 4,2,2,2 4,3,3 2,4,4 2,2,2,4 4,6 2,8"),
  ".": setOf("2,2,2,2,2 4,2,2,2"),
  "-": setOf("2,2,2,2,2 4,2,2,2 4,6 2,8"),
  "/": setOf("2,2,2,2,2"),
};

/** Dialled as 00 and the country: France and overseas, its neighbours, the Maghreb, North America. */
var dialledAbroad = /^00(?:33|32|34|39|41|44|49|351|352|212|213|216|262|590|594|596|1)/;

/**
 * The text without e-mail addresses, phone numbers, card numbers, social security numbers and named people.
 * @param kinds gets a key for each kind that was found
 */
function redact(text, kinds) {
  return redactNames(redactAnywhere(text, kinds), kinds);
}

/** What is recognised by itself, without a word beside it. */
function redactAnywhere(text, kinds) {
  var clean = redactNumbers(text, kinds);
  if (clean.indexOf("@") < 0 && clean.indexOf("%40") < 0) return clean;
  return clean.replace(email, function () {
    return found(kinds, "email");
  });
}

function redactNames(text, kinds) {
  if (text.indexOf("=") < 0 && text.indexOf(":") < 0) return text;
  return text.replace(namesInText, function (_all, key, sign, value) {
    var name = properName;
    if (!name.test(value)) {
      // A word without a capital after a colon is a sentence: "nom: required".
      if (sign.indexOf(":") >= 0) return key + sign + redactNames(value, kinds);
      name = /^\S+/;
    }
    var rest = value.replace(name, "");
    return key + sign + found(kinds, "name") + redactNames(rest, kinds);
  });
}

function redactNumbers(text, kinds) {
  var clean = text;
  if (
    corsica.some(function (letter) {
      return text.indexOf(letter) >= 0;
    })
  ) {
    clean = clean.replace(corsicanNir, function (all, birth, letter, rest, key) {
      var body = (birth + (letter === "A" || letter === "a" ? "19" : "18") + rest).replace(/\D/g, "");
      return hasKey(body, key) ? found(kinds, "nir") : all;
    });
  }
  return clean.replace(numbers, function (run) {
    return run.replace(/\D/g, "").length < 9 ? run : redactRun(run, kinds);
  });
}

/** One run of groups of digits: each of its groups may begin a number of a person's. */
function redactRun(run, kinds) {
  var gaps = []; // gaps[i] stands before groups[i]
  var groups = [];
  run.replace(/(\D*)(\d+)/g, function (_all, gap, group) {
    gaps.push(gap);
    groups.push(group);
    return "";
  });
  var clean = "";
  var i = 0;
  while (i < groups.length) {
    var end = endOfNir(groups, gaps, i);
    var kind = "nir";
    if (end === 0) {
      end = endOfCard(groups, gaps, i);
      kind = "card";
    }
    if (end === 0) {
      end = endOfPhone(groups, gaps, i);
      kind = "phone";
    }
    if (end === 0) {
      clean += gaps[i] + groups[i];
      i++;
    } else {
      clean += gaps[i].replace(/[(+]+$/, "") + found(kinds, kind);
      i = end;
    }
  }
  return clean;
}

/** The digits after a decimal point belong to a measured value. */
function isFraction(gaps, i) {
  return i > 0 && gaps[i] === ".";
}

/** Index after the groups that are a social security number, or 0. */
function endOfNir(groups, gaps, start) {
  if (isFraction(gaps, start)) return 0;
  var digits = groups[start];
  var i = start + 1;
  while (digits.length < 15 && i < groups.length && /^[ .-]$/.test(gaps[i])) digits += groups[i++];
  return nirForm.test(digits) && hasKey(digits.slice(0, 13), digits.slice(13)) ? i : 0;
}

function hasKey(body, key) {
  return 97 - (Number(body) % 97) === Number(key);
}

/** Index after the groups that are a card's number, or 0. */
function endOfCard(groups, gaps, start) {
  if (groups[start].length >= 13) return !isFraction(gaps, start) && isCard(groups[start]) ? start + 1 : 0;
  var lengths = String(groups[start].length);
  var digits = groups[start];
  var longest = 0;
  for (var i = start + 1; i < groups.length && /^[ -]$/.test(gaps[i]) && gaps[i] === gaps[start + 1]; i++) {
    digits += groups[i];
    lengths += "," + groups[i].length;
    if (digits.length > 19) break;
    if (cardGroups[lengths] && isCard(digits)) longest = i + 1;
  }
  return longest;
}

function isCard(digits) {
  if (!cardForm.test(digits)) return false;
  var sum = 0;
  for (var i = 0; i < digits.length; i++) {
    var digit = Number(digits.charAt(digits.length - 1 - i));
    if (i % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}

/** Index after the groups that are a phone number, or 0. */
function endOfPhone(groups, gaps, start) {
  var first = groups[start];
  if (/\+$/.test(gaps[start])) return endOfInternational(groups, gaps, start, 15);
  if (/^00/.test(first)) {
    // Parts of a UUID have eight, four or twelve digits.
    if (isFraction(gaps, start) || (start > 0 && gaps[start] === "-")) return 0;
    if ((first.length === 4 || first.length === 8) && gaps[start + 1] === "-") return 0;
    if (first.length === 12 && !/^00(?:32|352)/.test(first)) return 0;
    var end = endOfInternational(groups, gaps, start, 17);
    return end > 0 && dialledAbroad.test(groups.slice(start, end).join("")) ? end : 0;
  }
  if (!/^0[1-9]/.test(first)) return 0;
  if (first.length === 10) return isFraction(gaps, start) ? 0 : start + 1;
  var gap = gaps[start + 1];
  if (gap === undefined || phoneGroups[gap] === undefined) return 0;
  // A date or a version goes on beyond ten digits in the same manner; what blanks part may be several things.
  if (gap !== " " && start > 0 && gaps[start] === gap) return 0;
  var lengths = String(first.length);
  var count = first.length;
  for (var i = start + 1; i < groups.length && gaps[i] === gap && count < 10; i++) {
    count += groups[i].length;
    lengths += "," + groups[i].length;
    if (count === 10) return phoneGroups[gap][lengths] && (gap === " " || gaps[i + 1] !== gap) ? i + 1 : 0;
  }
  return 0;
}

/** As many groups as an international number may have digits; at least nine, or it is a difference of two values. */
function endOfInternational(groups, gaps, start, most) {
  var count = groups[start].length;
  // France's own numbers end after eleven digits, whatever follows.
  var limit = /^33/.test(groups[start]) ? 11 : /^0033/.test(groups[start]) ? 13 : most;
  var i = start + 1;
  while (i < groups.length && /^(?:[ .\-/]|\)[ .-]?|[ .-]?\()$/.test(gaps[i])) {
    if (/\($/.test(gaps[i]) && groups[i] === "0") limit++;
    if (count + groups[i].length > limit) break;
    count += groups[i++].length;
  }
  return count >= 9 && count <= limit ? i : 0;
}

function found(kinds, kind) {
  kinds[kind] = true;
  return "[" + kind + "]";
}

/** A value of a document with everything personal taken out of it, at any depth; a key may be personal as well. */
function redactValue(value, key, parent, kinds, depth) {
  if (value === null || value === undefined || typeof value === "boolean") return value;
  if (isNameKey(key, parent) && typeof value !== "object") return value === "" ? value : found(kinds, "name");
  if (typeof value === "string") return redact(value, kinds);
  if (typeof value === "number") {
    // A number is written out by its program, so it has no groups: only long ones can be a card's or a person's.
    var written = Math.abs(value) >= 1e12 ? String(value) : "";
    var clean = written === "" ? "" : redactNumbers(written, kinds);
    return clean === written ? value : clean;
  }
  if (depth > 8) return "[too deep]";
  if (Array.isArray(value)) {
    return value.map(function (item) {
      return redactValue(item, key, parent, kinds, depth + 1);
    });
  }
  var copy = {};
  Object.keys(value).forEach(function (inner) {
    copy[safeKey(redact(inner, kinds))] = redactValue(value[inner], inner, key, kinds, depth + 1);
  });
  return copy;
}

function safeKey(key) {
  return key === "__proto__" ? "proto" : key;
}

var sqlString = /'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)/g;
var sqlNumber = /\b(?:0x[0-9A-Fa-f]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\b/g;
var sqlList = /\(\s*\?(?:\s*,\s*\?)+\s*\)/g;
var statement =
  /^([\s\S]*?)(\b(?:SELECT|INSERT|REPLACE|UPDATE|DELETE|CALL|SET|WITH|LOAD|EXECUTE|PREPARE|select|insert|replace|update|delete|call|set|with)\s[\s\S]*)$/;

/** A database's line with `?` for every literal of the statement in it; a literal that does not end takes all of the rest. */
function redactStatement(text, kinds) {
  return text.replace(statement, function (_all, head, sql) {
    var clean = sql.replace(sqlString, "?").replace(sqlNumber, "?").replace(sqlList, "(?)");
    if (clean !== sql) kinds.slow_log = true;
    return head + clean;
  });
}
