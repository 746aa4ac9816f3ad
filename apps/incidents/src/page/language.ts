/** Which language the page speaks. */
export const languages = ["fr", "en"] as const;
export type Language = (typeof languages)[number];

export function isLanguage(value: unknown): value is Language {
  return languages.some((language) => language === value);
}

/**
 * What was chosen, else the first that the reader prefers and the page speaks, else French.
 * @param acceptLanguage such as `de, en-GB;q=0.8`
 */
export function pickLanguage(chosen: string | null, acceptLanguage: string): Language {
  if (isLanguage(chosen)) return chosen;
  const wanted = acceptLanguage.split(",").map((entry, index) => {
    const [tag = "", ...parameters] = entry.split(";").map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
    return { language: tag.toLowerCase().split("-")[0], weight: Number(weight) || 0, index };
  });
  wanted.sort((a, b) => b.weight - a.weight || a.index - b.index);
  return (
    wanted
      .filter(({ weight }) => weight > 0)
      .map(({ language }) => language)
      .find(isLanguage) ?? "fr"
  );
}
