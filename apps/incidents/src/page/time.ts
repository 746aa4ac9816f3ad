/** Moments and durations as people read them. */
import type { Language } from "./language";

/** `2026-11-25 04:22:33Z` */
export function moment(time: number): string {
  return new Date(time).toISOString().replace("T", " ").replace(/\.\d+/, "");
}

/** Two units at most, rounded down: `3 d 4 h`, `12 min`, `7 s`. @param milliseconds below 0 counts as 0 */
export function duration(milliseconds: number, language: Language): string {
  const total = Math.max(0, Math.floor(milliseconds / 1000));
  const days = language === "fr" ? "j" : "d";
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(total / 86_400), days],
    [Math.floor(total / 3600) % 24, "h"],
    [Math.floor(total / 60) % 60, "min"],
    [total % 60, "s"],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first === -1) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

/** With a tenth below a minute: `4.2 s`, in French `4,2 s`. */
export function preciseDuration(milliseconds: number, language: Language): string {
  if (milliseconds >= 60_000) return duration(milliseconds, language);
  const text = (Math.max(0, milliseconds) / 1000).toFixed(1);
  return `${language === "fr" ? text.replace(".", ",") : text} s`;
}

/** A ratio as a percentage with one digit: `99.2 %`, cut off so that what is not whole never reads 100 %. */
export function percent(ratio: number, language: Language): string {
  if (!Number.isFinite(ratio)) return "?";
  const text = (Math.floor(ratio * 1000 + 1e-9) / 10).toFixed(1);
  return language === "fr" ? `${text.replace(".", ",")}\u00a0%` : `${text}%`;
}
